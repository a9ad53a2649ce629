import { secondsOf } from "../../src/language/definition/durations.ts";
import type { Step } from "../../src/language/definition/step.ts";
import type { StepResult } from "../../src/schemas/runs/run.ts";
import { omittedAt } from "./reference/omitted.ts";
import { goesOn } from "./reference/results.ts";
import { handlersOf, type List, listsRun, loopOf } from "./steps.ts";

/** How far the times of two processes may be apart, which learn the time of the database from its answers; milliseconds. */
const SKEW = 20;

/**
 * What is wrong with when the steps of a list began and ended: each begins after the one before it has ended, those that a
 * step holds begin and end within it, no delay ends early, and nothing begins behind a step that did not succeed.
 */
export function orderFaults(steps: readonly Step[], above: string, results: Record<string, StepResult>): string[] {
  const faults: string[] = [];
  let before = 0;
  let isOver = false;
  for (const step of steps) {
    const address = `${above}${step.name}`;
    const result = results[address];
    if (result === undefined) {
      if (omittedAt(address, results) === 0) isOver = true;
      continue;
    }
    if (isOver) faults.push(`${address} began behind a step that did not succeed`);
    const started = Date.parse(result.started_at ?? "");
    const ended = Date.parse(result.completed_at ?? "");
    if (!(started >= before - SKEW)) faults.push(`${address} began before the step before it ended`);
    if (!(ended >= started - SKEW)) faults.push(`${address} did not end after it began`);
    const { timeout } = step;
    const isTimedOut = result.error_details?.code === "timeout" && result.error_details.step === address;
    if (timeout !== undefined && isTimedOut && ended - started < secondsOf(timeout) * 1000 - SKEW) {
      faults.push(`${address} was over before its time`);
    }
    const { duration } = step.config ?? {};
    if (typeof duration === "number" && result.status === "success" && ended - started < duration * 1000 - SKEW) {
      faults.push(`${address} ended early`);
    }
    const ran = listsRun(step, address, results);
    faults.push(...orderOfIterations(step, address, ran, results));
    for (const list of [...ran, ...ranHandlers(step, address, results)]) {
      faults.push(...orderFaults(list.steps, `${address}${list.above}`, results));
      for (const nested of list.steps) {
        const inner = results[`${address}${list.above}${nested.name}`];
        if (inner === undefined) continue;
        const [begun, over] = [Date.parse(inner.started_at ?? ""), Date.parse(inner.completed_at ?? "")];
        const isWithin = begun >= started - SKEW && over <= ended + SKEW;
        if (!isWithin) faults.push(`${inner.step_name} did not begin and end within ${address}`);
      }
    }
    if (!goesOn(result)) isOver = true;
    before = ended;
  }
  return faults;
}

/** Each iteration of a loop begins when the one before it is over, and its interval. */
function orderOfIterations(step: Step, address: string, ran: List[], results: Record<string, StepResult>): string[] {
  const loop = loopOf(step);
  if (loop === null) return [];
  const timesOf = ({ above, steps }: List) =>
    steps.flatMap(({ name }) => {
      const { started_at, completed_at } = results[`${address}${above}${name}`] ?? {};
      return started_at && completed_at ? [{ began: Date.parse(started_at), ended: Date.parse(completed_at) }] : [];
    });
  return ran.flatMap((list, index) => {
    const before = ran[index - 1];
    if (before === undefined) return [];
    const ended = Math.max(...timesOf(before).map((times) => times.ended));
    const began = Math.min(...timesOf(list).map((times) => times.began));
    const isEarly = began < ended + secondsOf(loop.interval ?? 0) * 1000 - SKEW;
    return isEarly ? [`${address}[${index}] began before its time`] : [];
  });
}

/** Of the handlers of a step the one that ran; their steps may have the same names. */
function ranHandlers(step: Step, address: string, results: Record<string, StepResult>): List[] {
  return handlersOf(step).filter(({ above, steps }, index) => {
    const path = results[`${address}${above}${steps[0]?.name}`]?.path ?? "";
    return path.endsWith(`/c${index}/0`);
  });
}
