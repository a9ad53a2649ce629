import { describeFailure } from "../../step-failures.ts";
import { verdictOfBody } from "../constructs/block.ts";
import { sentenceOf } from "../constructs/bodies.ts";
import type { Verdict } from "../constructs/construct.ts";
import { CONSTRUCTS } from "../constructs/index.ts";
import type { ContainerNode } from "../plan/plan.ts";
import type { BlockState, Handler, RunState, StepState } from "../state/state.ts";
import { cancelEntry } from "./cancel.ts";
import type { Decision, UnderWay } from "./decision.ts";
import { beginEntry } from "./outcome.ts";
import { decideStep, timedOut } from "./step.ts";

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
  if (current !== null && current.handler !== null)
    return decideHandler(block, current, current.handler, now, underWay);
  return node.kind === "container" ? decideContainer(block, node, now, underWay) : decideStep(block, node, now);
}

function decideContainer(block: BlockState, node: ContainerNode, now: number, underWay: UnderWay): Decision {
  const { bodies, wakeAt: deadline } = block.current ?? { bodies: null, wakeAt: null };
  if (bodies === null) {
    const timeout = node.timeout === null ? null : now + node.timeout;
    return { kind: "record", entry: beginEntry(block, now, timeout) };
  }
  const construct = CONSTRUCTS[node.type];
  const verdict = construct.verdict(node, bodies, now) ?? timeoutVerdict(node, deadline, now);
  if (verdict === null) return sooner(decideBodies(construct.next(node, bodies), now, underWay), deadline);
  const { outcome, inner, callsOff } = verdict;
  if (callsOff !== null) {
    for (const body of bodies) {
      const entry = cancelEntry(body, callsOff, now);
      if (entry !== null) return { kind: "record", entry };
    }
  }
  return { kind: "settle", block, outcome, inner };
}

/** Of a container whose attempt has a time that is over; null for others. */
function timeoutVerdict({ timeout, address }: ContainerNode, deadline: number | null, now: number): Verdict | null {
  if (deadline === null || timeout === null || now < deadline) return null;
  return {
    outcome: timedOut(timeout),
    inner: null,
    callsOff: describeFailure("cancelled_by_timeout", { step: JSON.stringify(address) }),
  };
}

function decideHandler(
  block: BlockState,
  { bodies }: StepState,
  { failure }: Handler,
  now: number,
  underWay: UnderWay,
): Decision {
  const [body] = bodies ?? [];
  if (body === undefined) return { kind: "wait", wakeAt: null };
  const verdict = verdictOfBody(body);
  if (verdict === null) return decideBlock(body, now, underWay);
  const { outcome, inner } = verdict;
  const isLeft = !("error" in outcome) && body.plan.output === undefined;
  return { kind: "settle", block, outcome: isLeft ? { output: failure.output } : outcome, inner };
}

/** The first thing to do in any of them, or how long none has any. */
function decideBodies(bodies: readonly BlockState[], now: number, underWay: UnderWay): Decision {
  let wakeAt: number | null = null;
  for (const body of bodies) {
    const decision = decideBlock(body, now, underWay);
    if (decision.kind !== "wait") return decision;
    wakeAt = earlier(wakeAt, decision.wakeAt);
  }
  return { kind: "wait", wakeAt };
}

/** A wait ends at a deadline. */
function sooner(decision: Decision, deadline: number | null): Decision {
  return decision.kind === "wait" ? { kind: "wait", wakeAt: earlier(decision.wakeAt, deadline) } : decision;
}

function earlier(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.min(one, other);
}
