import { isoTime } from "../clock.ts";
import type { EffectConnector, PureConnector, StepType, StepTypes } from "../connectors/index.ts";
import { shortened } from "../errors.ts";
import type { Json } from "../schemas/json.ts";
import type { LogEntry } from "../schemas/log.ts";
import type { EndedStatus } from "../schemas/run.ts";
import { wordsOf } from "../schemas/words.ts";
import type { Step } from "../schemas/workflow.ts";
import { describeFailure, type FailureCode } from "../step-failures.ts";
import { PlaceholderError, resolvePlaceholders } from "./placeholders.ts";
import { endedEntry, type RunState, startedEntry } from "./state.ts";

/** What a run has to do next. */
export type Decision =
  /** Record this entry and decide again. `unexpected`: what a connector threw, for the log. */
  | { kind: "record"; entry: LogEntry; unexpected?: unknown }
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

  const fail = (failure: { code: FailureCode; error: string }): Decision & { kind: "record" } => ({
    kind: "record",
    entry: endedEntry(path, step.name, startedAt, now, { ...failure, output: null }),
  });
  const type = types.get(step.type);
  if (type === undefined) return fail(describeFailure("type_unknown", { type: JSON.stringify(step.type) }));
  const config = resolveConfig(step, state, type);
  if ("error" in config) return fail(config);

  const { connector } = type;
  if (connector.kind !== "wait") {
    return { kind: "execute", path, name: step.name, startedAt, connector, config: config.value };
  }
  const wakeAt = begun?.[2] ?? null;
  if (wakeAt !== null && now < wakeAt) return { kind: "sleep", wakeAt };
  try {
    const entry =
      wakeAt === null
        ? startedEntry(path, step.name, now, now + connector.milliseconds(config.value))
        : endedEntry(path, step.name, startedAt, now, { output: connector.output(config.value) });
    return { kind: "record", entry };
  } catch (unexpected) {
    return { ...fail(describeFailure("unexpected", { type: step.type })), unexpected };
  }
}

function resolveConfig(
  step: Step,
  state: RunState,
  { validator, connector }: StepType,
): { value: Json } | { code: FailureCode; error: string } {
  try {
    const value = resolvePlaceholders(step.config, state.context, connector.join);
    if (validator.Check(value)) return { value };
    const fault = validator.Errors(value).First();
    const msg = fault === undefined ? "Input does not fit" : wordsOf(fault).msg;
    return describeFailure("config_unfit", { place: placeOf(fault?.path ?? ""), fault: msg });
  } catch (error) {
    if (error instanceof PlaceholderError) return { code: error.code, error: error.message };
    throw error;
  }
}

const MAX_PLACE = 200;

/** A JSON pointer (RFC 6901) as a path with dots; a payload can make its keys as long as it likes. */
function placeOf(pointer: string): string {
  return shortened(pointer.replaceAll("/", ".").replaceAll("~1", "/").replaceAll("~0", "~"), MAX_PLACE);
}
