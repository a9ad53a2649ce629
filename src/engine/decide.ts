import type { EffectConnector, PureConnector, StepType } from "../connectors/index.ts";
import { shortened } from "../errors.ts";
import type { Json } from "../schemas/json.ts";
import type { LogEntry } from "../schemas/log.ts";
import type { EndedStatus, ErrorDetails } from "../schemas/run.ts";
import { wordsOf } from "../schemas/words.ts";
import { describeFailure, type FailureCode } from "../step-failures.ts";
import { beginEntry } from "./outcome.ts";
import { PlaceholderError, resolvePlaceholders } from "./placeholders.ts";
import type { Node } from "./plan.ts";
import type { BlockState, RunState, StepError, StepOutcome } from "./state.ts";

/** What a run has to do next. */
export type Decision =
  /** Record this entry and decide again. */
  | { kind: "record"; entry: LogEntry }
  /** A step's attempt is over: record its outcome and decide again. `unexpected`: what a connector threw, for the log. */
  | { kind: "settle"; block: BlockState; outcome: StepOutcome; inner?: ErrorDetails | null; unexpected?: unknown }
  /** Execute the connector with this config and record how it ended. */
  | {
      kind: "execute";
      block: BlockState;
      path: string;
      /** It has an entry already. */
      hasBegun: boolean;
      connector: PureConnector | EffectConnector;
      config: Json;
    }
  /** Nothing before this time, milliseconds since the epoch. */
  | { kind: "sleep"; wakeAt: number }
  | { kind: "end"; status: EndedStatus; error: string | null };

/** The engine: from a state and the time to the next thing to do. Pure. */
export function decide({ root }: RunState, now: number): Decision {
  const decision = decideBlock(root, now);
  if (decision === "over") return { kind: "end", status: "success", error: null };
  if (decision === "failed") {
    return { kind: "end", status: "failed", error: sentenceOf(root.error) };
  }
  return decision;
}

type Undecided = "over" | "failed";

function decideBlock(block: BlockState, now: number): Decision | Undecided {
  if (block.error !== null) return "failed";
  const node = block.plan.nodes[block.position];
  if (node === undefined) return "over";
  const { current } = block;
  if (current?.isRetrying && current.wakeAt !== null && now < current.wakeAt) {
    return { kind: "sleep", wakeAt: current.wakeAt };
  }
  return node.kind === "block" ? decideContainer(block, now) : decideStep(block, node, now);
}

function decideContainer(block: BlockState, now: number): Decision {
  const body = block.current?.body ?? null;
  if (body === null) return { kind: "record", entry: beginEntry(block, now, null) };
  const inner = decideBlock(body, now);
  if (inner === "over") return { kind: "settle", block, outcome: resultOf(body) };
  if (inner !== "failed") return inner;
  const details = body.error?.details ?? null;
  const outcome = { code: details?.code ?? "failed", error: sentenceOf(body.error), output: null };
  return { kind: "settle", block, outcome, inner: details };
}

function sentenceOf(error: StepError | null): string {
  const { step = "", message = "" } = error ?? {};
  return `Step "${step}" failed: ${message}`;
}

/** What a block gives: its output, or the outputs of its steps by name. */
function resultOf({ plan, scope }: BlockState): StepOutcome {
  if (plan.output === undefined) return { output: Object.fromEntries(scope.names) };
  try {
    return { output: resolvePlaceholders(plan.output, scope) };
  } catch (error) {
    return { ...placeholderFailure(error), output: null };
  }
}

function decideStep(block: BlockState, node: Node & { kind: "step" }, now: number): Decision {
  const { stepType: type } = node;
  const { current } = block;
  if (type === undefined) return failed(block, describeFailure("type_unknown", { type: JSON.stringify(node.type) }));
  const config = resolveConfig(node.config, block, type);
  if ("error" in config) return failed(block, config);

  const { connector } = type;
  if (connector.kind !== "wait") {
    const hasBegun = current !== null;
    return { kind: "execute", block, path: block.path, hasBegun, connector, config: config.value };
  }
  const wakeAt = current === null || current.isRetrying ? null : current.wakeAt;
  if (wakeAt !== null && now < wakeAt) return { kind: "sleep", wakeAt };
  try {
    if (wakeAt !== null) return { kind: "settle", block, outcome: { output: connector.output(config.value) } };
    return { kind: "record", entry: beginEntry(block, now, now + connector.milliseconds(config.value)) };
  } catch (unexpected) {
    return { ...failed(block, describeFailure("unexpected", { type: node.type })), unexpected };
  }
}

function failed(block: BlockState, failure: { code: FailureCode; error: string }): Decision & { kind: "settle" } {
  return { kind: "settle", block, outcome: { ...failure, output: null } };
}

function resolveConfig(
  config: Json,
  { scope }: BlockState,
  { validator, connector }: StepType,
): { value: Json } | { code: FailureCode; error: string } {
  try {
    const value = resolvePlaceholders(config, scope, connector.join);
    if (validator.Check(value)) return { value };
    const fault = validator.Errors(value).First();
    const msg = fault === undefined ? "Input does not fit" : wordsOf(fault).msg;
    return describeFailure("config_unfit", { place: placeOf(fault?.path ?? ""), fault: msg });
  } catch (error) {
    return placeholderFailure(error);
  }
}

function placeholderFailure(error: unknown): { code: FailureCode; error: string } {
  if (error instanceof PlaceholderError) return { code: error.code, error: error.message };
  throw error;
}

const MAX_PLACE = 200;

/** A JSON pointer (RFC 6901) as a path with dots; a payload can make its keys as long as it likes. */
function placeOf(pointer: string): string {
  return shortened(pointer.replaceAll("/", ".").replaceAll("~1", "/").replaceAll("~0", "~"), MAX_PLACE);
}
