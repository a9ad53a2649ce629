/** How steps may end, as it is known from the definition alone. */
import { BLOCK, SUCCEED, SWITCH } from "../../../src/language/definition/control.ts";
import { secondsOf } from "../../../src/language/definition/durations.ts";
import { matches } from "../../../src/language/definition/matchers.ts";
import { CATCH_ON, type Catch, type Step } from "../../../src/language/definition/step.ts";
import { ALONE, STRICT } from "../run-workloads.ts";
import { handlersOf, type List, listsIn, loopOf, mapOf } from "../steps.ts";
import { iterationsOf, mayFail } from "./iterations.ts";
import { mayBe } from "./truth.ts";

/** The ways in which something may end: OK, and codes of errors. */
export type Ends = ReadonlySet<string>;
export const OK = "";
/** A step ended the run, as successful: nothing catches that. */
export const EARLY = "succeed";

/** How steps may end that start runs of these workflows; of others only in success. */
const CHILD_ENDS: Record<string, string[]> = {
  failing: ["child"],
  nothing: ["child"],
  [STRICT]: ["invalid_input"],
  [ALONE]: [OK, "limit"],
};

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
  for (const end of endsUnhandled(step)) {
    if (end === EARLY) {
      ends.add(EARLY);
      continue;
    }
    const handler = end === OK ? undefined : catchFor(step, end)?.one;
    if (handler !== undefined) for (const one of endsOf(handler.steps)) ends.add(one);
    else ends.add(step.on_error === "continue" ? OK : end);
  }
  return ends;
}

/** How a step may end but for what is done about it: OK also where it does not run. */
function endsUnhandled(step: Step): Ends {
  const truths = mayBe(step.if);
  return new Set([
    ...(truths.includes(true) ? endsOfAttempt(step) : []),
    ...(truths.includes(false) ? [OK] : []),
    ...(truths.includes(null) ? ["expression"] : []),
  ]);
}

/** How the last attempt of a step may end. */
export function endsOfAttempt(step: Step): Ends {
  const { type, config = {}, timeout } = step;
  if (type === "fail") return new Set([typeof config.code === "string" ? config.code : "failed"]);
  if (type === SUCCEED) return new Set([EARLY]);
  if (type === "transform") return new Set([JSON.stringify(config) === '{"value":"${nowhere}"}' ? "expression" : OK]);
  if (type === "workflow") {
    const ended = new Set(CHILD_ENDS[String(config.workflow_id)] ?? [OK]);
    return timeout === undefined ? ended : ended.add("timeout");
  }
  if (type === "set") return new Set([OK]);
  const ends = new Set(type === "effect" ? [config.fails === true ? "failed" : OK] : endsOfLists(step));
  if (timeout === undefined || !takesTime(step)) return ends;
  if (type === "delay") return new Set([secondsOf(timeout) < Number(config.duration) ? "timeout" : OK]);
  // Anything else that takes time may take long.
  ends.add("timeout");
  if (type === BLOCK && secondsOf(timeout) < secondsOfDelays(listsIn(step)[0]?.steps ?? [])) ends.delete(OK);
  return ends;
}

function endsOfLists(step: Step): Ends {
  const loop = loopOf(step);
  if (loop !== null) {
    const { count, ended } = iterationsOf(loop);
    if (count === 0) return new Set([OK]);
    const ends = new Set(endsOf(loop.steps));
    if (ended === null && ends.delete(OK)) ends.add("loop_limit");
    return ends;
  }
  const map = mapOf(step);
  if (map !== null) return endsOfItems(map);
  if (step.type === SWITCH) return endsOfCases(listsIn(step));
  const branches = listsIn(step).map(({ steps }) => endsOf(steps));
  const all = new Set(branches.flatMap((ends) => [...ends]));
  if (branches.length === 0 || step.config?.join === "all_settled") return new Set([OK]);
  if (step.config?.join === "any") {
    const ends = new Set(branches.some((branch) => branch.has(OK)) ? [OK] : []);
    return branches.every((branch) => branch.size > 1 || !branch.has(OK)) ? ends.add("all_failed") : ends;
  }
  if (!branches.every((branch) => branch.has(OK))) all.delete(OK);
  return all;
}

function endsOfItems(map: NonNullable<ReturnType<typeof mapOf>>): Ends {
  const ends = endsOf(map.steps);
  const most = mayFail(map);
  if (map.items.length <= most || (ends.size === 1 && ends.has(OK))) return new Set([OK]);
  if (most === 0) return ends;
  return new Set(ends.has(OK) ? [OK, "too_many_failures"] : ["too_many_failures"]);
}

function endsOfCases(lists: readonly List[]): Ends {
  const ends = new Set<string>();
  for (const { condition, steps } of lists) {
    const truths = mayBe(condition);
    if (truths.includes(true)) for (const end of endsOf(steps)) ends.add(end);
    if (truths.includes(null)) ends.add("expression");
    if (!truths.includes(false)) return ends;
  }
  return ends.add(OK);
}

/** How long the delays of a list take together where none of its steps fails. */
function secondsOfDelays(steps: readonly Step[]): number {
  const delays = steps.filter(({ type, if: condition }) => type === "delay" && condition === undefined);
  return delays.reduce((sum, { config = {}, timeout }) => {
    const duration = Number(config.duration);
    return sum + (timeout === undefined ? duration : Math.min(duration, secondsOf(timeout)));
  }, 0);
}

/** Whether time may pass while an attempt of a step is under way. */
function takesTime(step: Step): boolean {
  const passes = (inside: Step): boolean =>
    inside.retry !== undefined || takesTime(inside) || handlersOf(inside).some(({ steps }) => steps.some(passes));
  const pauses = (loopOf(step)?.interval ?? 0) !== 0;
  const isSlow = pauses || ["delay", "effect", "wait", "workflow"].includes(step.type);
  return isSlow || listsIn(step).some(({ steps }) => steps.some(passes));
}

/** The first catch of a step that means an error; undefined where none does. */
export function catchFor({ catch: catches = [] }: Step, code: string): { index: number; one: Catch } | undefined {
  const index = catches.findIndex(({ on = CATCH_ON }) => matches(on, { code, status: null }));
  const one = catches[index];
  return one && { index, one };
}
