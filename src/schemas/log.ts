import type { StepResult } from "./run.ts";

/**
 * An entry of a run's log: a step, addressed by its path in the definition (`"2"`), began, is asleep until a time, or
 * ended. The last entry of a path is its state.
 */
export type LogEntry = [path: string, result: StepResult, wakeAt: number | null];

/** The entries of a log's JSON text. */
export function parseLog(text: string): LogEntry[] {
  const entries: LogEntry[] = text === "[]" ? [] : JSON.parse(text);
  return entries;
}

/**
 * The JSON text of `step_results`, in the order in which the steps began. Text, because an object would put a step
 * named "2" before one named "b".
 */
export function stepResultsText(entries: Iterable<LogEntry>): string {
  const results = new Map<string, StepResult>();
  for (const [path, result] of entries) results.set(path, result);
  return `{${[...results.values()].map((result) => `${JSON.stringify(result.step_name)}:${JSON.stringify(result)}`).join(",")}}`;
}
