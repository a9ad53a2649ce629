import { describeFailure } from "../../../step-failures.ts";
import type { StepNode } from "../../plan/plan.ts";
import type { BlockState } from "../../state/state.ts";
import { beginEntry } from "../recording/outcome.ts";
import { decideChild } from "./child.ts";
import { resolveConfig, unfit } from "./config.ts";
import type { Asked, Decision } from "./decision.ts";
import { failed, timedOut } from "./failing.ts";
import { decideWait } from "./wait.ts";

/** What a step that holds no others has to do, now that its attempt may begin or go on. */
export function decideStep(block: BlockState, node: StepNode, asked: Asked): Decision {
  const { now, meter } = asked;
  const { stepType: type, timeout } = node;
  const { current } = block;
  if (type === undefined) return failed(block, describeFailure("type_unknown", { type: JSON.stringify(node.type) }));
  const { connector } = type;
  if (connector.kind === "signal") return decideWait(block, node, { ...type, connector }, asked);
  if (connector.kind === "child") return decideChild(block, node, { ...type, connector }, asked);
  const wakeAt = current === null || current.isRetrying ? null : current.wakeAt;
  // Asked again and again while others go on: what it needs then is not resolved each time.
  if (connector.kind === "wait" && wakeAt !== null && now < wakeAt) return { kind: "wait", wakeAt };
  const config = resolveConfig(node.config, block.scope, type, meter);
  if ("error" in config) return failed(block, config);

  if (connector.kind !== "wait") {
    const hasBegun = current !== null;
    return { kind: "execute", block, path: block.path, hasBegun, connector, config: config.value, timeout };
  }
  try {
    const isBegin = wakeAt === null;
    // An attempt whose time was over began no later than so; one that was not waited for something nearer.
    const beganAt = isBegin ? now : wakeAt - (timeout ?? 0);
    const milliseconds = isBegin || timeout !== null ? connector.milliseconds(config.value, beganAt) : 0;
    if (typeof milliseconds !== "number") return failed(block, unfit(milliseconds));
    const isShort = timeout !== null && timeout < milliseconds;
    if (isBegin) return { kind: "record", entry: beginEntry(block, now, now + (isShort ? timeout : milliseconds)) };
    const outcome = isShort ? timedOut(timeout) : { output: connector.output(config.value) };
    return { kind: "settle", block, outcome };
  } catch (unexpected) {
    return { ...failed(block, describeFailure("unexpected", { type: node.type })), unexpected };
  }
}
