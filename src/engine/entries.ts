/** Entries of a run's log. */
import { isoTime } from "../clock.ts";
import { shortened } from "../errors.ts";
import type { Json, JsonObject } from "../schemas/json/json.ts";
import type { LogEntry } from "../schemas/log/log.ts";
import type { StepResult } from "../schemas/runs/run.ts";

/** Characters of a step's error, which the run and its event repeat. */
export const MAX_ERROR = 4096;

/** How a step's attempt ended. A failure has a code, by which a retry can tell it from others. */
export type StepOutcome = { output: Json; details?: JsonObject } | FailedOutcome;

export interface FailedOutcome {
  /** One of FailureCode, or an author's own word. */
  code: string;
  error: string;
  /** The output that a failed attempt left; null for none. */
  output: Json;
  details?: Json;
  /** No retry is for it. */
  isFinal?: true;
}

/** Fields of a result that only some steps have. */
export type ResultExtras = Pick<
  StepResult,
  "type" | "path" | "attempts" | "tried_at" | "error_details" | "handled" | "details"
>;

/** The entry for a step that begins now, or sleeps until a time (milliseconds). */
export function startedEntry(
  path: string,
  name: string,
  now: number,
  wakeAt: number | null,
  extras?: ResultExtras,
): LogEntry {
  const result: StepResult = {
    step_name: name,
    status: "running",
    started_at: isoTime(now),
    completed_at: null,
    output: null,
    error: null,
  };
  return [path, extras === undefined ? result : Object.assign(result, extras), wakeAt];
}

/** The entry for a step that ended. */
export function endedEntry(
  path: string,
  name: string,
  startedAt: string,
  now: number,
  outcome: StepOutcome,
  extras?: ResultExtras,
): LogEntry {
  const error = "error" in outcome ? outcome.error : null;
  const endedAt = isoTime(now);
  const result: StepResult = {
    step_name: name,
    status: error === null ? "success" : "failed",
    started_at: startedAt,
    // A clock may be set back meanwhile. Times of this form are in order as texts are.
    completed_at: endedAt < startedAt ? startedAt : endedAt,
    output: outcome.output,
    error: error === null ? null : shortened(error, MAX_ERROR),
  };
  return [path, extras === undefined ? result : Object.assign(result, extras), null];
}
