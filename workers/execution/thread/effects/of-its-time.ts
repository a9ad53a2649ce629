import { blockOf, type RunState } from "../../../../src/engine/state/state.ts";
import type { LogEntry } from "../../../../src/schemas/log/log.ts";

/** Whether an entry that was recorded would be another if it were decided again: then it has to be stored before an effect starts. */
export function isOfItsTime([path, { status, error }, wakeAt, taken]: LogEntry, state: RunState): boolean {
  if (wakeAt !== null || taken !== undefined) return true;
  // Only the time tells which branch was first, and in which order steps succeeded that are undone.
  if (state.undoing !== null || (status === "skipped" && error !== null)) return true;
  // The time of a step around it may be over by then, and nobody would know that it had begun.
  return status === "running" && error === null && isTimed(path, state);
}

/** Whether a step around the one at a path has a time. */
function isTimed(path: string, state: RunState): boolean {
  const [, holder] = /^(.*?)(?:~\d+)?\/[^/]*\/[^/]*$/.exec(path) ?? [];
  if (holder === undefined) return false;
  return (blockOf(state, holder)?.current?.deadline ?? null) !== null || isTimed(holder, state);
}
