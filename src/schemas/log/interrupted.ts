import { isoTime } from "../../clock.ts";
import { describeFailure } from "../../step-failures.ts";
import type { StepResult } from "../runs/run.ts";
import type { LogEntry } from "./log.ts";

/** Why a run ended in the middle of its steps. */
export type Interruption = Pick<ReturnType<typeof describeFailure>, "code" | "error">;

export const CANCELLED: Interruption = describeFailure("run_cancelled", {});

/**
 * A log whose run ended at a time while steps of it were under way: these failed with it, or were skipped by a cancel.
 *
 * @param now milliseconds since the epoch
 */
export function interrupted(entries: readonly LogEntry[], reason: Interruption, now: number): LogEntry[] {
  return entries.map((entry): LogEntry => {
    const [path, { status, step_name, started_at, type, path: shown, attempts, tried_at }] = entry;
    if (status !== "running") return entry;
    const at = isoTime(now);
    const isCancelled = reason === CANCELLED;
    const result: StepResult = {
      step_name,
      status: isCancelled ? "skipped" : "failed",
      started_at: started_at ?? at,
      completed_at: at,
      output: null,
      error: reason.error,
    };
    if (type !== undefined) result.type = type;
    if (shown !== undefined) result.path = shown;
    if (attempts !== undefined) result.attempts = attempts;
    if (tried_at !== undefined) result.tried_at = tried_at;
    // A failed step of a plain definition has the six fields alone.
    if (isCancelled || type !== undefined || attempts !== undefined) {
      const { code, error: message } = reason;
      const place = { step: step_name, path, attempts: attempts ?? 1, at };
      result.error_details = { code, message, ...place, details: null, cause: null };
    }
    return [path, result, null];
  });
}
