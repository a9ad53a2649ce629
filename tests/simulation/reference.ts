/**
 * The language as one reads it: no log, no thread. How steps may end is known from the definition alone; of several ways a
 * run's results say which it was, and all that follows from it is held against them.
 */

import { BLOCK } from "../../src/language/definition/containers.ts";
import { secondsOf } from "../../src/language/definition/durations.ts";
import { matches } from "../../src/language/definition/matchers.ts";
import { CATCH_ON, type Catch, type Step } from "../../src/language/definition/step.ts";
import type { ErrorDetails, StepResult } from "../../src/schemas/run.ts";
import { handlersOf, type List, listsIn } from "./steps.ts";

/** The ways in which something may end: OK, and codes of errors. */
type Ends = ReadonlySet<string>;
export const OK = "";

type Results = Record<string, StepResult>;

/** How steps that follow one another may end. */
export function endsOf(steps: readonly Step[]): Ends {
  const ends = new Set<string>();
  for (const step of steps) {
    const own = endsOfStep(step);
    for (const end of own) if (end !== OK) ends.add(end);
    if (!own.has(OK)) return ends;
  }
  return ends.add(OK);
}

/** How a step may end for its list: OK also where its failure is handled. */
function endsOfStep(step: Step): Ends {
  const ends = new Set<string>();
  for (const end of endsOfAttempt(step)) {
    const handler = end === OK ? undefined : catchFor(step, end)?.one;
    if (handler !== undefined) for (const one of endsOf(handler.steps)) ends.add(one);
    else ends.add(step.on_error === "continue" ? OK : end);
  }
  return ends;
}

/** How the last attempt of a step may end. */
function endsOfAttempt(step: Step): Ends {
  const { type, config, timeout } = step;
  if (type === "fail") return new Set([typeof config.code === "string" ? config.code : "failed"]);
  if (type === "transform") return new Set([JSON.stringify(config) === '{"value":"${nowhere}"}' ? "expression" : OK]);
  const ends = new Set(type === "effect" ? [config.fails === true ? "failed" : OK] : endsOfLists(step));
  if (timeout === undefined || !takesTime(step)) return ends;
  if (type === "delay") return new Set([secondsOf(timeout) < Number(config.duration) ? "timeout" : OK]);
  // Anything else that takes time may take long.
  ends.add("timeout");
  if (type === BLOCK && secondsOf(timeout) < secondsOfDelays(listsIn(step)[0]?.steps ?? [])) ends.delete(OK);
  return ends;
}

function endsOfLists(step: Step): Ends {
  const branches = listsIn(step).map(({ steps }) => endsOf(steps));
  const all = new Set(branches.flatMap((ends) => [...ends]));
  if (branches.length === 0 || step.config.join === "all_settled") return new Set([OK]);
  if (step.config.join === "any") {
    const ends = new Set(branches.some((branch) => branch.has(OK)) ? [OK] : []);
    return branches.every((branch) => branch.size > 1 || !branch.has(OK)) ? ends.add("all_failed") : ends;
  }
  if (!branches.every((branch) => branch.has(OK))) all.delete(OK);
  return all;
}

/** How long the delays of a list take together where none of its steps fails. */
function secondsOfDelays(steps: readonly Step[]): number {
  const delays = steps.filter(({ type }) => type === "delay");
  return delays.reduce((sum, { config, timeout }) => {
    const duration = Number(config.duration);
    return sum + (timeout === undefined ? duration : Math.min(duration, secondsOf(timeout)));
  }, 0);
}

/** Whether time may pass while an attempt of a step is under way. */
function takesTime(step: Step): boolean {
  const passes = (inside: Step): boolean =>
    inside.retry !== undefined || takesTime(inside) || handlersOf(inside).some(({ steps }) => steps.some(passes));
  return step.type === "delay" || step.type === "effect" || listsIn(step).some(({ steps }) => steps.some(passes));
}

/** The first catch of a step that means an error; undefined where none does. */
function catchFor({ catch: catches = [] }: Step, code: string): { index: number; one: Catch } | undefined {
  const index = catches.findIndex(({ on = CATCH_ON }) => matches(on, { code, status: null }));
  const one = catches[index];
  return one && { index, one };
}

/** Whether the list of a step goes on behind it. */
export function goesOn(result: StepResult | undefined): boolean {
  return result?.status === "success" || result?.handled === true;
}

/**
 * What of a run's results can't be. A step that began has ended, in a way in which it may; one is skipped, or began no more,
 * only where something before it failed, or its branch was not needed, or the time of a step around it was over.
 *
 * @param isCalledOff whether a container around the steps may have ended before them
 * @param caught the error that they are a handler for
 */
export function outcomeFaults(
  { above, steps }: List,
  results: Results,
  isCalledOff = false,
  caught: ErrorDetails | null = null,
): string[] {
  const faults: string[] = [];
  for (const step of steps) {
    const address = `${above}${step.name}`;
    const result = results[address];
    if (result === undefined || result.status === "skipped") {
      if (!isCalledOff) faults.push(`${address} is ${result?.status}`);
      if (result === undefined) break;
    } else faults.push(...stepFaults(step, address, result, results));
    if (caught !== null) faults.push(...valueFaults(address, result, caught));
    const lists = listsIn(step);
    const outcomes = lists.map((list) => endsOf(list.steps));
    const isDecided =
      step.config.join === "any" ? (ends: Ends) => ends.has(OK) : (ends: Ends) => [...ends].some(Boolean);
    const mayEndEarly = lists.length > 1 && step.config.join !== "all_settled" && outcomes.some(isDecided);
    const isLeft = isCalledOff || mayEndEarly || isTimedOut(result, address);
    for (const list of lists) {
      const inside = { above: `${address}.${list.above}`, steps: list.steps };
      faults.push(...outcomeFaults(inside, results, isLeft));
    }
    // Nothing comes behind a step that fails.
    if (!goesOn(result)) break;
  }
  return faults;
}

/** What can't be of a step that is over, and of its handler. */
function stepFaults(step: Step, address: string, result: StepResult, results: Results): string[] {
  const { status, handled = false, error_details: error, details } = result;
  const ends = endsOfAttempt(step);
  if (status === "success") return ends.has(OK) ? [] : [`${address} succeeded`];
  if (status !== "failed") return [`${address} is ${status}`];
  // A failed step of a plain definition has no more than a sentence.
  if (error === undefined) return [...ends].some((end) => end !== OK) ? [] : [`${address} failed`];
  // The error of a step within may have a cause of its own.
  const isOfHandler = error.step === address || error.step.startsWith(`${address}.$catch.`);
  const original = error.cause === null || !isOfHandler ? error : { ...error.cause };
  if (!ends.has(original.code)) return [`${address} failed with ${original.code}, not one of ${[...ends]}`];
  const caught = catchFor(step, original.code);
  const by = caught === undefined ? "on_error" : `catch[${caught.index}]`;
  const mayGoOn = caught !== undefined || step.on_error === "continue";
  if (handled && (!mayGoOn || JSON.stringify(details) !== JSON.stringify({ handled_by: by }))) {
    return [`${address} is handled: ${JSON.stringify(details)}`];
  }
  const hasCause = error !== original;
  if (!handled && hasCause !== (caught !== undefined)) return [`${address} failed with a wrong cause`];
  if (!handled && caught === undefined && mayGoOn) return [`${address} failed and was not passed over`];
  if (caught === undefined) return [];
  const handler = { above: `${address}.$catch.`, steps: caught.one.steps };
  const last = handler.steps.find(({ name }) => !goesOn(results[`${handler.above}${name}`]));
  const isWrong = handled !== (last === undefined) && caught.one.output === undefined;
  return [
    ...outcomeFaults(handler, results, false, original),
    ...(isWrong ? [`${address} is handled: ${handled}, but its handler ended otherwise`] : []),
  ];
}

/** A handler reaches the error that it is for. */
function valueFaults(address: string, result: StepResult | undefined, caught: ErrorDetails): string[] {
  const text = JSON.stringify(result?.output ?? null);
  const code = /"caught":"(\w+)"/.exec(text)?.[1];
  return code === undefined || code === caught.code ? [] : [`${address} was told of ${code}, not of ${caught.code}`];
}

/** Whether a step's own time was over. */
function isTimedOut(result: StepResult | undefined, address: string): boolean {
  const error = result?.error_details;
  const original = error?.cause ?? error;
  return original?.code === "timeout" && original.step === address;
}
