import { describeFailure } from "../../../step-failures.ts";
import { verdictOfBody } from "../../constructs/block.ts";
import type { Verdict } from "../../constructs/construct.ts";
import { CONSTRUCTS } from "../../constructs/index.ts";
import type { ContainerNode, Node } from "../../plan/plan.ts";
import { testCondition } from "../../state/conditions.ts";
import type { Meter } from "../../state/scope.ts";
import { addressOf, type BlockState, type Handler, type RunState, type StepState } from "../../state/state.ts";
import { decideEnd } from "../recording/ending.ts";
import { beginEntry, passedEntry } from "../recording/outcome.ts";
import { cancelEntry, decideCancel } from "./cancel.ts";
import type { Asked, Decision, UnderWay } from "./decision.ts";
import { timedOut } from "./failing.ts";
import { decideStep } from "./step.ts";

const NONE: UnderWay = new Set();

/**
 * The engine: from a state and the time to the next thing to do. Asked again after each, with the effects that are under way
 * left out, it gives all that may be done now: in the order of the definition, and a wait when there is nothing more. Pure,
 * but that the meter counts what expressions cost.
 */
export function decide(state: RunState, now: number, underWay: UnderWay = NONE, meter: Meter = state.meter): Decision {
  const { root, undoing, deadline, inbox, children, kept, cancel } = state;
  const asked = { now, underWay, meter, inbox, children, kept };
  const cancelled = cancel === null ? null : decideCancel(state, cancel, now);
  if (cancelled !== null) return cancelled;
  // What runs for a run that is cancelled ends before anything is undone.
  if (children.areEnding(inbox)) return { kind: "wait", wakeAt: null };
  if (undoing !== null && (cancel?.compensates ?? true)) return decideBlock(undoing, asked);
  return decideEnd(state, now) ?? sooner(decideBlock(root, asked), deadline);
}

/** Of a block that is not over. */
function decideBlock(block: BlockState, asked: Asked): Decision {
  const { now, underWay } = asked;
  const node = block.plan.nodes[block.position];
  const { current } = block;
  if (node === undefined || underWay.has(block.path)) return { kind: "wait", wakeAt: null };
  const kept = current === null && asked.kept.size > 0 ? asked.kept.get(block.path) : undefined;
  const last = kept?.at(-1);
  if (kept !== undefined && last !== undefined) return { kind: "record", entry: last, inside: kept.slice(0, -1) };
  const unmet = current === null ? decideCondition(block, node, asked) : null;
  if (unmet !== null) return unmet;
  if (current?.isRetrying && current.wakeAt !== null && now < current.wakeAt) {
    return { kind: "wait", wakeAt: current.wakeAt };
  }
  if (current !== null && current.handler !== null) return decideHandler(block, current, current.handler, asked);
  return node.kind === "container" ? decideContainer(block, node, asked) : decideStep(block, node, asked);
}

/** What is to be done with a step whose condition does not hold, or can't be told; null where it may begin. */
function decideCondition(block: BlockState, { condition }: Node, { now, meter }: Asked): Decision | null {
  if (condition === null) return null;
  const tested = testCondition(condition, block.scope, meter);
  if ("error" in tested) return { kind: "settle", block, outcome: tested };
  return tested.value ? null : { kind: "record", entry: passedEntry(block, now) };
}

function decideContainer(block: BlockState, node: ContainerNode, asked: Asked): Decision {
  const { now } = asked;
  const { current } = block;
  const bodies = current?.bodies ?? null;
  const construct = CONSTRUCTS[node.type];
  if (current === null || bodies === null) {
    const begun = construct.begin(node, block.scope, asked.meter);
    if ("error" in begun) return { kind: "settle", block, outcome: begun };
    const timeout = node.timeout === null ? null : now + node.timeout;
    return { kind: "record", entry: beginEntry(block, now, timeout, begun.details) };
  }
  const { deadline, wakeAt } = current;
  const turn = construct.verdict(node, bodies, { block, step: current, now, meter: asked.meter });
  const verdict = turn?.kind === "end" ? turn : timeoutVerdict(block, node, deadline, now);
  if (verdict === null) {
    if (turn?.kind === "next") return { kind: "record", entry: beginEntry(block, now, turn.wakeAt, turn.details) };
    const isPausing = wakeAt !== null && now < wakeAt;
    return sooner(isPausing ? { kind: "wait", wakeAt } : decideBodies(construct.next(node, bodies), asked), deadline);
  }
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
function timeoutVerdict(block: BlockState, node: ContainerNode, deadline: number | null, now: number): Verdict | null {
  if (deadline === null || node.timeout === null || now < deadline) return null;
  return {
    kind: "end",
    outcome: timedOut(node.timeout),
    inner: null,
    callsOff: describeFailure("cancelled_by_timeout", { step: JSON.stringify(addressOf(block, node)) }),
  };
}

function decideHandler(block: BlockState, { bodies }: StepState, { failure }: Handler, asked: Asked): Decision {
  const [body] = bodies ?? [];
  if (body === undefined) return { kind: "wait", wakeAt: null };
  const verdict = verdictOfBody(body);
  if (verdict === null) return decideBlock(body, asked);
  const { outcome, inner } = verdict;
  const isLeft = !("error" in outcome) && body.plan.output === undefined;
  return { kind: "settle", block, outcome: isLeft ? { output: failure.output } : outcome, inner };
}

/** The first thing to do in any of them, or how long none has any. */
function decideBodies(bodies: readonly BlockState[], asked: Asked): Decision {
  // The iteration of a map that follows one that ended is the last of up to a thousand, which need not be asked one by one.
  const newest = bodies.at(-1);
  if (newest !== undefined && newest.iteration !== null && newest.current === null && bodies.at(-2)?.current !== null) {
    const decision = decideBlock(newest, asked);
    if (decision.kind !== "wait") return decision;
  }
  let wakeAt: number | null = null;
  for (const body of bodies) {
    const decision = decideBlock(body, asked);
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
