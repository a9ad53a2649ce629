import type { Cancel } from "../../../schemas/control/control.ts";
import { isObject } from "../../../schemas/json/json.ts";
import { CANCELLED } from "../../../schemas/log/interrupted.ts";
import type { LogEntry } from "../../../schemas/log/log.ts";
import type { StepResult } from "../../../schemas/runs/run.ts";
import type { FailedOutcome } from "../../entries.ts";
import type { BlockState, RunState } from "../../state/state.ts";
import { skippedEntry } from "../recording/outcome.ts";
import type { Decision } from "./decision.ts";

/** Why a step is called off. */
type Reason = Pick<FailedOutcome, "code" | "error" | "details">;

/** What the entries say of a run that is cancelled and not undone. */
const NOT_UNDONE = { compensate: false };

/** The entry that skips the innermost step of a list that has begun; null where none has. */
export function cancelEntry(list: BlockState, reason: Reason, now: number): LogEntry | null {
  if (list.current === null) return null;
  for (const body of list.current.bodies ?? []) {
    const entry = cancelEntry(body, reason, now);
    if (entry !== null) return entry;
  }
  return skippedEntry(list, now, { ...reason, output: null });
}

/** The entry that skips what a run has under way, at last the step at its top that it is at: then the run is halted. */
export function haltEntry(root: BlockState, reason: Reason, now: number): LogEntry {
  return cancelEntry(root, reason, now) ?? skippedEntry(root, now, { ...reason, output: null });
}

/** What there is to do about a request to cancel a run; null once its log has it, and for one whose end is known. */
export function decideCancel(state: RunState, cancel: Cancel, now: number): Decision | null {
  const { root, undoing, undoable, halted, succeeded } = state;
  const reason = cancel.compensates ? CANCELLED : { ...CANCELLED, details: NOT_UNDONE };
  if (undoing !== null && !cancel.compensates) {
    const entry = undoing.current === null ? null : cancelEntry(undoing, reason, now);
    return entry === null ? null : { kind: "record", entry };
  }
  const isOver = root.position === root.plan.nodes.length || (root.result !== null && "error" in root.result);
  if (isOver || halted !== null || root.error !== null || succeeded !== null) return null;
  if (root.current === null && (undoable.length === 0 || !cancel.compensates)) {
    return { kind: "end", status: "cancelled", error: CANCELLED.error };
  }
  return { kind: "record", entry: haltEntry(root, reason, now) };
}

/** Whether a result is that of a step that was called off since its run was cancelled. */
export function isOfCancel({ error }: StepResult): boolean {
  return error === CANCELLED.error;
}

/** Whether it says that nothing is undone any more. */
export function forbidsUndoing({ error_details }: StepResult): boolean {
  const details = error_details?.details;
  return error_details?.code === CANCELLED.code && isObject(details) && details.compensate === false;
}
