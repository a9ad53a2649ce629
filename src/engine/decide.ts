import type { EffectConnector, PureConnector, StepType } from "../connectors/index.ts";
import { shortened } from "../errors.ts";
import type { Json } from "../schemas/json.ts";
import type { LogEntry } from "../schemas/log.ts";
import type { EndedStatus, ErrorDetails } from "../schemas/run.ts";
import { wordsOf } from "../schemas/words.ts";
import { describeFailure, type FailureCode } from "../step-failures.ts";
import { branchesUnderWay, cancelEntry, sentenceOf, verdictOf } from "./container.ts";
import type { StepOutcome } from "./entries.ts";
import { beginEntry } from "./outcome.ts";
import { resolvePlaceholders } from "./placeholders.ts";
import type { ContainerNode, StepNode } from "./plan.ts";
import { placeholderFailure } from "./result.ts";
import type { BlockState, RunState } from "./state.ts";

/** The next thing that a run has to do. */
export type Decision =
  /** Record this entry and decide again. */
  | { kind: "record"; entry: LogEntry }
  /** A step's attempt ended: record its outcome and decide again. `unexpected`: an error of a connector, for the log. */
  | { kind: "settle"; block: BlockState; outcome: StepOutcome; inner?: ErrorDetails | null; unexpected?: unknown }
  /** Execute the connector with this config and record how it ended; an effect may take its time meanwhile. */
  | {
      kind: "execute";
      block: BlockState;
      path: string;
      /** It has an entry already. */
      hasBegun: boolean;
      connector: PureConnector | EffectConnector;
      config: Json;
    }
  | Waiting
  | { kind: "end"; status: EndedStatus; error: string | null };

/** Nothing to do now but to wait for effects under way, or for a time. */
interface Waiting {
  kind: "wait";
  /** When there is more to do even if no effect ends, milliseconds since the epoch; null for never. */
  wakeAt: number | null;
}

/** The paths of effects that were decided before and are not over. */
export interface UnderWay {
  has(path: string): boolean;
}

const NONE: UnderWay = new Set();

/**
 * The engine: from a state and the time to the next thing to do. Asked again after each, with the effects that are under way
 * left out, it gives all that may be done now: in the order of the definition, and a wait when there is nothing more. Pure.
 */
export function decide({ root }: RunState, now: number, underWay: UnderWay = NONE): Decision {
  if (root.error !== null) return { kind: "end", status: "failed", error: sentenceOf(root.error) };
  if (root.position === root.plan.nodes.length) return { kind: "end", status: "success", error: null };
  return decideBlock(root, now, underWay);
}

/** Of a block that is not over. */
function decideBlock(block: BlockState, now: number, underWay: UnderWay): Decision {
  const node = block.plan.nodes[block.position];
  const { current } = block;
  if (node === undefined || underWay.has(block.path)) return { kind: "wait", wakeAt: null };
  if (current?.isRetrying && current.wakeAt !== null && now < current.wakeAt) {
    return { kind: "wait", wakeAt: current.wakeAt };
  }
  return node.kind === "container" ? decideContainer(block, node, now, underWay) : decideStep(block, node, now);
}

function decideContainer(block: BlockState, node: ContainerNode, now: number, underWay: UnderWay): Decision {
  const bodies = block.current?.bodies ?? [];
  if (bodies.length === 0) return { kind: "record", entry: beginEntry(block, now, null) };
  const verdict = verdictOf(node, bodies, now);
  if (verdict === null) return decideBranches(branchesUnderWay(node, bodies), now, underWay);
  const { outcome, inner, decidedBy } = verdict;
  if (decidedBy !== null) {
    for (const body of bodies) {
      const entry = cancelEntry(body, decidedBy, now);
      if (entry !== null) return { kind: "record", entry };
    }
  }
  return { kind: "settle", block, outcome, inner };
}

/** The first thing to do in any of them, or how long none has any. */
function decideBranches(branches: readonly BlockState[], now: number, underWay: UnderWay): Decision {
  let wakeAt: number | null = null;
  for (const branch of branches) {
    const decision = decideBlock(branch, now, underWay);
    if (decision.kind !== "wait") return decision;
    if (decision.wakeAt !== null) wakeAt = Math.min(decision.wakeAt, wakeAt ?? Number.POSITIVE_INFINITY);
  }
  return { kind: "wait", wakeAt };
}

function decideStep(block: BlockState, node: StepNode, now: number): Decision {
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
  if (wakeAt !== null && now < wakeAt) return { kind: "wait", wakeAt };
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

const MAX_PLACE = 200;

/** A JSON pointer (RFC 6901) as a path with dots; a payload can make its keys as long as it likes. */
function placeOf(pointer: string): string {
  return shortened(pointer.replaceAll("/", ".").replaceAll("~1", "/").replaceAll("~0", "~"), MAX_PLACE);
}
