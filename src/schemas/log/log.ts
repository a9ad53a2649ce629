import { LOOP } from "../../language/definition/control.ts";
import type { Json } from "../json/json.ts";
import type { StepResult } from "../runs/run.ts";
import { undoes } from "../runs/summary.ts";

/**
 * An entry of a run's log: a step, addressed by its path in the definition (`"2"`), began, is asleep until a time, or
 * ended. The last entry of a path is its state. `taken`: the `seq` of what the step took from the inbox of its run.
 */
export type LogEntry = [path: string, result: StepResult, wakeAt: number | null, taken?: number];

/** In place of a path, of an entry that says from when to when its run stood still. It is no step. */
export const PAUSED = "paused";

/**
 * Whether entries tell more than the results of the run that they end: they have an attempt that failed and was followed by
 * another, or by a handler, or steps that waited and are too many for the results. All else is in these: when a step began and ended, how
 * often it was tried, and what the last attempt came to.
 */
export function tellMore(entries: LogEntry[]): boolean {
  const areMany = entries.length > MAX_NESTED_RESULTS;
  return entries.some(
    ([path, { status, error }, wakeAt]) =>
      status === "running" && (error !== null || (areMany && wakeAt !== null && path.includes("/"))),
  );
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
 * @param dropped how many entries within steps at the top are not given any more, by the paths of these
 */
export function stepResultsText(
  entries: Iterable<LogEntry>,
  outputs?: ReadonlyMap<Json, string>,
  dropped: ReadonlyMap<string, number> = NONE,
): string {
  const results = new Map<string, StepResult>();
  const omitted: Omitted = { steps: new Map(dropped), compensations: new Map() };
  const shown = ofLastIterations(ofLastAttempts([...entries]), omitted);
  for (const [path, result] of shown) if (isOfStep(path)) results.set(result.step_name, result);
  if (results.size > MAX_NESTED_RESULTS) omit(results, omitted);
  if (omitted.steps.size > 0) sayOmitted(results, shown, omitted);
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

/** Has the steps at the top say how much is left out within them. */
function sayOmitted(results: Map<string, StepResult>, shown: LogEntry[], omitted: Omitted): void {
  const names = new Map(shown.flatMap(([path, { step_name }]) => (path.includes("/") ? [] : [[path, step_name]])));
  for (const [path, steps_omitted] of omitted.steps) {
    const result = results.get(names.get(path) ?? "");
    const compensations_omitted = omitted.compensations.get(path);
    if (result === undefined) continue;
    const counts = { steps_omitted, ...(compensations_omitted !== undefined && { compensations_omitted }) };
    results.set(result.step_name, { ...result, ...counts });
  }
}

/** Nested results of a run that are kept. */
export const MAX_NESTED_RESULTS = 1000;

const NONE: ReadonlyMap<string, number> = new Map();

/** Iterations of a loop whose steps are shown: its last. */
export const SHOWN_ITERATIONS = 10;

/** How many results are left out within each step at the top, by its path, and how many of these are compensations that succeeded. */
interface Omitted {
  steps: Map<string, number>;
  compensations: Map<string, number>;
}

/** Keeps so many of the nested results: compensations that failed first, then what else did, then the youngest; counts the others. */
function omit(results: Map<string, StepResult>, omitted: Omitted): void {
  const nested = [...results.values()].filter(({ path }) => path?.includes("/")).reverse();
  const rankOf = ({ path = "", status }: StepResult) => (status !== "failed" ? 2 : undoes(path) ? 0 : 1);
  const inOrder = nested.toSorted((one, other) => rankOf(one) - rankOf(other));
  for (const result of inOrder.slice(MAX_NESTED_RESULTS)) {
    results.delete(result.step_name);
    leaveOut(omitted, result.path ?? "", result);
  }
}

/** One more result is left out, within a step at the top. */
function leaveOut({ steps, compensations }: Omitted, path: string, { status }: StepResult): void {
  const [top = ""] = path.split(/[/~]/, 1);
  steps.set(top, (steps.get(top) ?? 0) + 1);
  if (undoes(path) && status === "success") compensations.set(top, (compensations.get(top) ?? 0) + 1);
}

/** Without the steps of iterations of loops before the last ones, which are counted. What could not be undone stays. */
function ofLastIterations(entries: LogEntry[], omitted: Omitted): LogEntry[] {
  if (!entries.some(([, { type }]) => type === LOOP)) return entries;
  const last = new Map(entries.flatMap(([path, { type }]) => (type === LOOP ? [[path, 0]] : [])));
  const iterationsOf = (path: string): [loop: string, iteration: number][] => {
    const segments = path.split("/");
    return segments.flatMap((segment, at): [string, number][] => {
      const loop = segments.slice(0, at).join("/").replace(/~\d+$/, "");
      return at % 2 === 1 && /^\d/.test(segment) && last.has(loop) ? [[loop, Number(segment)]] : [];
    });
  };
  const inIterations = entries.map((entry) => ({ entry, iterations: iterationsOf(entry[0]) }));
  for (const { iterations } of inIterations) {
    for (const [loop, iteration] of iterations) last.set(loop, Math.max(last.get(loop) ?? 0, iteration));
  }
  return inIterations.flatMap(({ entry, iterations }) => {
    const [path, result] = entry;
    const isShown =
      (undoes(path) && result.status === "failed") ||
      iterations.every(([loop, iteration]) => iteration > (last.get(loop) ?? 0) - SHOWN_ITERATIONS);
    if (!isShown) leaveOut(omitted, path, result);
    return isShown ? [entry] : [];
  });
}

/** Whether an entry is that of a step. Others have a word in place of a path. */
export function isOfStep(path: string): boolean {
  return path.charCodeAt(0) <= NINE;
}

const NINE = "9".charCodeAt(0);

/** Without the entries of steps whose container has begun another attempt: that has other paths, and the same names. */
export function ofLastAttempts(entries: LogEntry[]): LogEntry[] {
  if (!entries.some(([path]) => path.includes("~"))) return entries;
  const attempts = new Map(entries.map(([path, { attempts = 1 }]) => [path, attempts]));
  return entries.filter(([path]) => {
    const segments = path.split("/");
    // What undoes a step of an earlier attempt is no part of that.
    if (undoes(path)) return true;
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
function extrasText(result: StepResult): string {
  const { type, path, attempts, tried_at, error_details, handled, details, steps_omitted, compensations_omitted } =
    result;
  let text = "";
  if (type !== undefined) text += `,"type":${JSON.stringify(type)}`;
  if (path !== undefined) text += `,"path":${JSON.stringify(path)}`;
  if (attempts !== undefined) text += `,"attempts":${attempts}`;
  if (tried_at !== undefined) text += `,"tried_at":"${tried_at}"`;
  if (error_details !== undefined) text += `,"error_details":${JSON.stringify(error_details)}`;
  if (handled !== undefined) text += `,"handled":${handled}`;
  if (steps_omitted !== undefined) text += `,"steps_omitted":${steps_omitted}`;
  if (compensations_omitted !== undefined) text += `,"compensations_omitted":${compensations_omitted}`;
  if (details !== undefined) text += `,"details":${JSON.stringify(details)}`;
  return text;
}

function timeText(time: string | null): string {
  return time === null ? "null" : `"${time}"`;
}
