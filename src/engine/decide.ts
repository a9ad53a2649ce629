import { isoTime } from "../clock.ts";
import type { EffectConnector, PureConnector, StepType, StepTypes } from "../connectors/index.ts";
import type { Json } from "../schemas/json.ts";
import type { LogEntry } from "../schemas/log.ts";
import type { EndedStatus } from "../schemas/run.ts";
import type { Step } from "../schemas/workflow.ts";
import { PlaceholderError, resolvePlaceholders } from "./placeholders.ts";
import { endedEntry, type RunState, startedEntry } from "./state.ts";

/** What a run has to do next. */
export type Decision =
  /** Record this entry and decide again. */
  | { kind: "record"; entry: LogEntry }
  /** Execute the connector with this config and record how it ended. */
  | {
      kind: "execute";
      path: string;
      name: string;
      startedAt: string;
      connector: PureConnector | EffectConnector;
      config: Json;
    }
  /** Nothing before this time, milliseconds since the epoch. */
  | { kind: "sleep"; wakeAt: number }
  | { kind: "end"; status: EndedStatus; error: string | null };

/** The engine: from a definition, a state and the time to the next thing to do. Pure. */
export function decide(steps: readonly Step[], state: RunState, now: number, types: StepTypes): Decision {
  if (state.error !== null) return { kind: "end", status: "failed", error: state.error };
  const step = steps[state.position];
  if (step === undefined) return { kind: "end", status: "success", error: null };
  const path = String(state.position);
  const begun = state.steps.get(path);
  const startedAt = begun?.[1].started_at ?? isoTime(now);

  const fail = (error: string): Decision => ({
    kind: "record",
    entry: endedEntry(path, step.name, startedAt, now, { error, output: null }),
  });
  const type = types.get(step.type);
  if (type === undefined) return fail(`There is no step type "${step.type}" here`);
  const config = resolveConfig(step, state, type);
  if ("error" in config) return fail(config.error);

  const { connector } = type;
  if (connector.kind !== "wait") {
    return { kind: "execute", path, name: step.name, startedAt, connector, config: config.value };
  }
  const wakeAt = begun?.[2] ?? null;
  if (wakeAt === null) {
    const until = now + connector.milliseconds(config.value);
    return { kind: "record", entry: startedEntry(path, step.name, now, until) };
  }
  if (now < wakeAt) return { kind: "sleep", wakeAt };
  const output = connector.output(config.value);
  return { kind: "record", entry: endedEntry(path, step.name, startedAt, now, { output }) };
}

function resolveConfig(
  step: Step,
  state: RunState,
  { validator, connector }: StepType,
): { value: Json } | { error: string } {
  try {
    const value = resolvePlaceholders(step.config, state.context, connector.join);
    if (validator.Check(value)) return { value };
    const fault = validator.Errors(value).First();
    return { error: `config${fault?.path.replaceAll("/", ".") ?? ""}: ${fault?.message ?? "does not fit"}` };
  } catch (error) {
    if (error instanceof PlaceholderError) return { error: error.message };
    throw error;
  }
}
