/** Pauses: the times of a run stand still meanwhile. Called by `record` alone. */
import type { Node } from "../../plan/plan.ts";
import type { BlockState, RunState } from "../../state/state.ts";

/** A run stood still for so many milliseconds: all that it waits for comes so much later. */
export function shiftTimes(state: RunState, milliseconds: number): void {
  if (state.deadline !== null) state.deadline += milliseconds;
  shift(state.root, milliseconds);
  if (state.undoing !== null) shift(state.undoing, milliseconds);
}

function shift({ plan, position, current }: BlockState, milliseconds: number): void {
  const node = plan.nodes[position];
  if (current === null || node === undefined) return;
  if (current.deadline !== null) current.deadline += milliseconds;
  if (current.wakeAt !== null && (current.isRetrying || !isOfTheClock(node))) current.wakeAt += milliseconds;
  for (const body of current.bodies ?? []) shift(body, milliseconds);
}

/** Whether a step waits for a time of the day, which comes when it comes. */
function isOfTheClock(node: Node): boolean {
  const { config } = node.kind === "step" ? node : { config: null };
  return typeof config === "object" && config !== null && !Array.isArray(config) && config.until !== undefined;
}
