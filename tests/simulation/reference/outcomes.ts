/**
 * The language as one reads it: no log, no thread. How steps may end is known from the definition alone; of several ways a
 * run's results say which it was, and all that follows from it is held against them.
 */
import { SUCCEED, SWITCH } from "../../../src/language/definition/control.ts";
import type { LoopConfig } from "../../../src/language/definition/loop.ts";
import type { Step } from "../../../src/language/definition/step.ts";
import type { ErrorDetails, StepResult } from "../../../src/schemas/runs/run.ts";
import { iteration, type List, listsIn, listsRun, loopOf, mapOf } from "../steps.ts";
import { catchFor, EARLY, type Ends, endsOf, endsOfAttempt, OK } from "./ends.ts";
import { itemFaults, iterationFaults, iterationsOf, mayFail } from "./iterations.ts";
import { isShown, type Omitted, omittedAt } from "./omitted.ts";
import { goesOn, isTimedOut } from "./results.ts";
import { type Around, type Facts, type Truth, truthOf } from "./truth.ts";

/** A run that is over: its payload's `n`, and its results by address. */
export interface RanAs {
  n: number;
  /** Those that were left out are put in place when they are come upon. */
  results: Record<string, StepResult>;
  omitted: Omitted;
  /** Set once a step is found that ended it. */
  isOver?: boolean;
}

/** Where a list of steps stands. */
interface Place {
  /** Whether a container around it may have ended before it. */
  isCalledOff?: boolean;
  /** The error that it is a handler for. */
  caught?: ErrorDetails;
  around?: Around;
}

const NOTHING_AROUND: Around = { item: null, iteration: null };

/**
 * What of a run's results can't be. A step that began has ended, in a way in which it may; one is skipped, or began no more,
 * only where its condition does not hold, something before it failed, its branch was not needed, or the time of a step around it
 * was over.
 */
export function outcomeFaults(run: RanAs, { above, steps }: List, place: Place = {}): string[] {
  const { isCalledOff = false, caught, around = NOTHING_AROUND } = place;
  const faults: string[] = [];
  const facts: Facts = { n: run.n, around, result: (name) => run.results[`${above}${name}`] };
  for (const [index, step] of steps.entries()) {
    const address = `${above}${step.name}`;
    let result = run.results[address];
    if (run.isOver) {
      if (result !== undefined) faults.push(`${address} ran behind the end of the run`);
      continue;
    }
    const truth = truthOf(step.if, facts);
    if (result === undefined && omittedAt(address, run.results) > 0) {
      const began = () => steps.slice(index).some(({ name }) => isShown(`${above}${name}`, run.results));
      if (!isCalledOff || began())
        result = run.omitted.assume(address, run.results, truth === false ? "skipped" : "success");
    }
    const isMissing = result === undefined || (result.status === "skipped" && result.error !== null);
    if (isMissing && !isCalledOff) faults.push(`${address} is ${result?.status}`);
    if (result === undefined) break;
    if ((truth === false) !== (goesOn(result) && result.status === "skipped") && !isMissing) {
      faults.push(`${address} is ${result.status} where its condition is ${truth}`);
    }
    if (caught !== undefined) faults.push(...valueFaults(address, result, caught));
    faults.push(...insideFaults(run, step, address, { isCalledOff, facts }));
    // What was called off has not failed either, and may be left out.
    const isAsked = !isMissing && truth !== false && !(isCalledOff && run.omitted.has(result));
    if (isAsked) faults.push(...stepFaults(run, step, address, { truth, around }));
    if (step.type === SUCCEED && result.status === "success") run.isOver = true;
    // Nothing comes behind a step that fails.
    if (!goesOn(result)) break;
  }
  return faults;
}

/** Of the lists that a step holds. */
function insideFaults(
  run: RanAs,
  step: Step,
  address: string,
  { isCalledOff, facts }: { isCalledOff: boolean; facts: Facts },
): string[] {
  const { around } = facts;
  // A step that was never begun has begun nothing.
  if (truthOf(step.if, facts) !== true) return [];
  const isOmitted = run.omitted.has(run.results[address]);
  const result = isOmitted ? undefined : run.results[address];
  const lists = listsIn(step);
  const named = lists.map((list) => ({ above: `${address}${list.above}`, steps: list.steps }));
  const isOver = isCalledOff || isTimedOut(result, address);
  const isWhole = ({ above, steps }: List) =>
    steps.every(({ name }) => goesOn(run.results[`${address}${above}${name}`]));
  const map = mapOf(step);
  if (map !== null) {
    const mayEndEarly =
      result?.status !== "success" && map.items.length > mayFail(map) && [...endsOf(map.steps)].some(Boolean);
    const items = map.items.map((_, index) => ({ above: `${address}[${index}].`, steps: map.steps }));
    const faults = items.flatMap((list, item) =>
      outcomeFaults(run, list, { isCalledOff: isOver || mayEndEarly, around: { ...around, item } }),
    );
    const ran = listsRun(step, address, run.results);
    return [...faults, ...itemFaults({ map, ran, address, result }, run.results, isWhole)];
  }
  const loop = loopOf(step);
  if (loop !== null) {
    const faults = iterationsBegun(run, loop, address, isOver).flatMap(({ above, steps }, iteration) => {
      const place = { isCalledOff: isOver, around: { ...around, iteration } };
      return outcomeFaults(run, { above: `${address}${above}`, steps }, place);
    });
    // A step of it has ended the run.
    const isCut = run.isOver === true;
    return [...faults, ...iterationFaults({ step, loop, address, result, isCut }, run.results, isWhole, isOver)];
  }
  if (step.type !== SWITCH) {
    const outcomes = lists.map((list) => endsOf(list.steps));
    const { join = "all" } = step.config ?? {};
    const isDecided = join === "any" ? (ends: Ends) => ends.has(OK) : (ends: Ends) => [...ends].some(Boolean);
    const mayEndEarly = lists.length > 1 && join !== "all_settled" && outcomes.some(isDecided);
    return named.flatMap((list) => outcomeFaults(run, list, { isCalledOff: isOver || mayEndEarly, around }));
  }
  const truths = lists.map(({ condition }) => truthOf(condition, facts));
  const index = truths.findIndex((truth) => truth !== false);
  const taken =
    truths[index] === true && !(result?.status === "skipped" && result.error === null) ? named[index] : undefined;
  const others = named.filter((list) => list !== taken);
  const faults = others.flatMap(({ above, steps }) =>
    steps.flatMap(({ name }) =>
      run.results[`${above}${name}`] === undefined ? [] : [`${above}${name} was not to run`],
    ),
  );
  const shown = taken === undefined ? null : lists[index]?.condition === undefined ? "default" : index;
  if (result?.status === "success" && JSON.stringify(result.details) !== JSON.stringify({ case: shown })) {
    faults.push(`${address} took ${JSON.stringify(result.details)}, not ${shown}`);
  }
  return taken === undefined ? faults : [...faults, ...outcomeFaults(run, taken, { isCalledOff: isOver, around })];
}

/** The iterations of a loop that began: up to the last of which there is a result, or all where none is missed. */
function iterationsBegun(run: RanAs, loop: LoopConfig, address: string, isOver: boolean): List[] {
  const { count } = iterationsOf(loop);
  const result = run.results[address];
  const isWhole = result?.status === "success" || result?.error_details?.code === "loop_limit";
  const isOmitted = omittedAt(address, run.results) > 0;
  let begun = isOmitted && isWhole && !isOver ? count : 0;
  // Without an omission there is none behind one that is not there.
  for (let index = 0; index <= loop.max_iterations; index++) {
    const { above, steps } = iteration(loop.steps, index);
    const names = isOmitted ? steps : steps.slice(0, 1);
    if (names.some(({ name }) => isShown(`${address}${above}${name}`, run.results))) begun = Math.max(begun, index + 1);
  }
  return Array.from({ length: begun }, (_, index) => iteration(loop.steps, index));
}

/** What can't be of a step that is over, and of its handler. */
function stepFaults(
  run: RanAs,
  step: Step,
  address: string,
  { truth, around }: { truth: Truth; around: Around },
): string[] {
  const { status, handled = false, error_details: error, details, attempts } = run.results[address] ?? {};
  const ends = truth === null ? new Set(["expression"]) : endsOfAttempt(step);
  if (status === "success") return ends.has(OK) || ends.has(EARLY) ? [] : [`${address} succeeded`];
  if (status !== "failed") return [`${address} is ${status}`];
  // A failed step of a plain definition has no more than a sentence.
  if (error === undefined) return [...ends].some((end) => end !== OK) ? [] : [`${address} failed`];
  if (truth === null && attempts !== undefined) return [`${address} was tried again`];
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
  const faults = outcomeFaults(run, handler, { caught: original, around });
  const last = handler.steps.find(({ name }) => !goesOn(run.results[`${handler.above}${name}`]));
  const hasPassed = run.isOver === true || last === undefined;
  const isWrong = handled !== hasPassed && caught.one.output === undefined;
  return [...faults, ...(isWrong ? [`${address} is handled: ${handled}, but its handler ended otherwise`] : [])];
}

/** A handler reaches the error that it is for. */
function valueFaults(address: string, result: StepResult | undefined, caught: ErrorDetails): string[] {
  const text = JSON.stringify(result?.output ?? null);
  const code = /"caught":"(\w+)"/.exec(text)?.[1];
  return code === undefined || code === caught.code ? [] : [`${address} was told of ${code}, not of ${caught.code}`];
}
