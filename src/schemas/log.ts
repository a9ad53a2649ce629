import type { Json } from "./json.ts";
import type { StepResult } from "./run.ts";

/**
 * An entry of a run's log: a step, addressed by its path in the definition (`"2"`), began, is asleep until a time, or
 * ended. The last entry of a path is its state. `taken`: the `seq` of what the step took from the inbox of its run.
 */
export type LogEntry = [path: string, result: StepResult, wakeAt: number | null, taken?: number];

/**
 * Whether entries tell more than the results of the run that they end: they have an attempt that failed and was followed by
 * another, or by a handler. All else is in the results: when a step began and ended, how often it was tried, and what the last attempt came to.
 */
export function tellMore(entries: LogEntry[]): boolean {
  return entries.some(([, { status, error }]) => status === "running" && error !== null);
}

/** The entries of a log's JSON text. */
export function parseLog(text: string): LogEntry[] {
  const entries: LogEntry[] = text === "[]" ? [] : JSON.parse(text);
  return entries;
}

/** Joins two logs given as JSON text. */
export function joinLogs(first: string, second: string): string {
  if (first === "[]") return second;
  return second === "[]" ? first : `${first.slice(0, -1)},${second.slice(1)}`;
}

/**
 * The JSON text of `step_results`, in the order in which the steps began. Text, because an object would put a step
 * named "2" before one named "b". Joined from its parts: a run's end costs a fifth of what serializing each result does.
 *
 * @param outputs the JSON text of outputs, where it is known already
 */
export function stepResultsText(entries: Iterable<LogEntry>, outputs?: ReadonlyMap<Json, string>): string {
  const results = new Map<string, StepResult>();
  for (const [, result] of ofLastAttempts([...entries])) results.set(result.step_name, result);
  if (results.size > MAX_NESTED_RESULTS) omit(results);
  let text = "";
  for (const result of results.values()) {
    const name = JSON.stringify(result.step_name);
    const output = outputs?.get(result.output) ?? JSON.stringify(result.output);
    const times = `"started_at":${timeText(result.started_at)},"completed_at":${timeText(result.completed_at)}`;
    const error = result.error === null ? "null" : JSON.stringify(result.error);
    text += `${text === "" ? "" : ","}${name}:{"step_name":${name},"status":"${result.status}",${times},"output":${output},"error":${error}${extrasText(result)}}`;
  }
  return `{${text}}`;
}

/** Nested results of a run that are kept. */
export const MAX_NESTED_RESULTS = 1000;

/** Keeps so many of the nested results, those that failed first, then the youngest; containers at the top say how many are gone. */
function omit(results: Map<string, StepResult>): void {
  const nested = [...results].filter(([, { path }]) => path?.includes("/")).reverse();
  const isFailed = ([, { status }]: [string, StepResult]) => status === "failed";
  const inOrder = [...nested.filter(isFailed), ...nested.filter((one) => !isFailed(one))];
  const omitted = new Map<string, number>();
  for (const [address, { path = "" }] of inOrder.slice(MAX_NESTED_RESULTS)) {
    results.delete(address);
    const [top = ""] = path.split(/[/~]/, 1);
    omitted.set(top, (omitted.get(top) ?? 0) + 1);
  }
  for (const [address, result] of results) {
    const steps_omitted = omitted.get(result.path ?? "");
    if (steps_omitted !== undefined) results.set(address, { ...result, steps_omitted });
  }
}

/** How many nested results a JSON text of step results says are left out, and how many steps failed though the run went on. */
export function countsIn(text: string): { omitted: number; failed: number } {
  const counts = { omitted: 0, failed: 0 };
  // An output may hold the words as well.
  if (!text.includes('"steps_omitted"') && !text.includes('"handled"')) return counts;
  const results: Record<string, StepResult> = JSON.parse(text);
  for (const { steps_omitted = 0, handled } of Object.values(results)) {
    counts.omitted += steps_omitted;
    if (handled === true) counts.failed++;
  }
  return counts;
}

/** Without the entries of steps whose container has begun another attempt: that has other paths, and the same names. */
function ofLastAttempts(entries: LogEntry[]): LogEntry[] {
  if (!entries.some(([path]) => path.includes("~"))) return entries;
  const attempts = new Map(entries.map(([path, { attempts = 1 }]) => [path, attempts]));
  return entries.filter(([path]) => {
    const segments = path.split("/");
    // Containers and lists take turns; the last segment is the step itself.
    for (let at = 0; at < segments.length - 1; at += 2) {
      // A step has one handler, whatever the number of its attempts.
      if (segments[at + 1]?.startsWith("c")) continue;
      const [index = "", attempt = "1"] = (segments[at] ?? "").split("~");
      const container = [...segments.slice(0, at), index].join("/");
      if ((attempts.get(container) ?? 1) !== Number(attempt)) return false;
    }
    return true;
  });
}

/** The fields that few results have. */
function extrasText({ type, path, attempts, error_details, handled, details, steps_omitted }: StepResult): string {
  let text = "";
  if (type !== undefined) text += `,"type":${JSON.stringify(type)}`;
  if (path !== undefined) text += `,"path":${JSON.stringify(path)}`;
  if (attempts !== undefined) text += `,"attempts":${attempts}`;
  if (error_details !== undefined) text += `,"error_details":${JSON.stringify(error_details)}`;
  if (handled !== undefined) text += `,"handled":${handled}`;
  if (steps_omitted !== undefined) text += `,"steps_omitted":${steps_omitted}`;
  if (details !== undefined) text += `,"details":${JSON.stringify(details)}`;
  return text;
}

function timeText(time: string | null): string {
  return time === null ? "null" : `"${time}"`;
}
