import { isoTime } from "../clock.ts";
import { shortened } from "../errors.ts";
import type { Json, JsonObject } from "../schemas/json.ts";
import type { LogEntry } from "../schemas/log.ts";
import type { StepResult } from "../schemas/run.ts";
import type { FailureCode } from "../step-failures.ts";

/**
 * Where a run stands, folded from its payload and its log: everything that is needed to go on. Only `record` changes
 * it, in step with the log, so that folding the log again gives the same state.
 */
export interface RunState {
  /** The last entry of every step that began, by path, in order. */
  steps: Map<string, LogEntry>;
  /** What placeholders can reach: `payload` and the output of every step that ended, by step name. */
  context: Map<string, Json>;
  /** Steps of the top level that ended in success. */
  position: number;
  /** The error of the step that failed; null while none has. */
  error: string | null;
}

/** Folds a run's log into its state. */
export function foldLog(payload: Json, log: Iterable<LogEntry>): RunState {
  const state: RunState = { steps: new Map(), context: new Map([["payload", payload]]), position: 0, error: null };
  for (const entry of log) record(state, entry);
  return state;
}

/** Takes one more entry into the state. */
export function record(state: RunState, entry: LogEntry): void {
  const [path, result] = entry;
  const before = state.steps.get(path)?.[1].status;
  state.steps.set(path, entry);
  if (result.status === "success" && before !== "success") {
    state.context.set(result.step_name, result.output);
    state.position++;
  }
  if (result.status === "failed") state.error = `Step "${result.step_name}" failed: ${result.error ?? ""}`;
}

/** Characters of a step's error, which the run and its event repeat. */
const MAX_ERROR = 4096;

/** How a step's attempt ended. A failure has a code, by which a retry can tell it from others. */
export type StepOutcome = { output: JsonObject } | { code: FailureCode; error: string; output: JsonObject | null };

/** The entry for a step that begins now, or sleeps until a time (milliseconds). */
export function startedEntry(path: string, name: string, now: number, wakeAt: number | null): LogEntry {
  const result: StepResult = {
    step_name: name,
    status: "running",
    started_at: isoTime(now),
    completed_at: null,
    output: null,
    error: null,
  };
  return [path, result, wakeAt];
}

/** The entry for a step that ended. */
export function endedEntry(path: string, name: string, startedAt: string, now: number, outcome: StepOutcome): LogEntry {
  const error = "error" in outcome ? outcome.error : null;
  const result: StepResult = {
    step_name: name,
    status: error === null ? "success" : "failed",
    started_at: startedAt,
    completed_at: isoTime(now),
    output: outcome.output,
    error: error === null ? null : shortened(error, MAX_ERROR),
  };
  return [path, result, null];
}
