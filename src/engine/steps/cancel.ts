import type { LogEntry } from "../../schemas/log.ts";
import type { FailedOutcome } from "../entries.ts";
import type { BlockState } from "../state/state.ts";
import { skippedEntry } from "./outcome.ts";

/** The entry that skips the innermost step of a list that has begun; null where none has. */
export function cancelEntry(
  list: BlockState,
  reason: Pick<FailedOutcome, "code" | "error">,
  now: number,
): LogEntry | null {
  if (list.current === null) return null;
  for (const body of list.current.bodies ?? []) {
    const entry = cancelEntry(body, reason, now);
    if (entry !== null) return entry;
  }
  return skippedEntry(list, now, { ...reason, output: null });
}

/** The entry that skips what a run has under way, at last the step at its top that it is at: then the run is halted. */
export function haltEntry(root: BlockState, reason: Pick<FailedOutcome, "code" | "error">, now: number): LogEntry {
  return cancelEntry(root, reason, now) ?? skippedEntry(root, now, { ...reason, output: null });
}
