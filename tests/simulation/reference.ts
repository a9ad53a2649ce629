/**
 * The language as one reads it: no log, no time, no thread. What steps come to is known from the definition alone, but for
 * which branch is first; it says what may be, and the simulation holds every run against it.
 */

import type { Step } from "../../src/language/workflow.ts";
import type { StepResult } from "../../src/schemas/run.ts";
import { listsIn } from "./workloads.ts";

/** Whether steps that follow one another all succeed. */
export function succeeds(steps: readonly Step[]): boolean {
  return steps.every(stepSucceeds);
}

function stepSucceeds(step: Step): boolean {
  const lists = listsIn(step);
  if (lists.length === 0) return step.config.fails !== true && JSON.stringify(step.config) !== '{"value":"${nowhere}"}';
  const branches = lists.map(({ steps }) => succeeds(steps));
  if (step.config.join === "all_settled") return true;
  return step.config.join === "any" ? branches.some(Boolean) : branches.every(Boolean);
}

/**
 * What of a run's results can't be. A step that began has ended, as it must; one is skipped, or began no more, only where
 * something before it failed, or its branch was not needed.
 *
 * @param isCalledOff whether a container around the steps may have ended before them
 */
export function outcomeFaults(
  steps: readonly Step[],
  above: string,
  results: Record<string, StepResult>,
  isCalledOff = false,
): string[] {
  const faults: string[] = [];
  for (const step of steps) {
    const address = `${above}${step.name}`;
    const status = results[address]?.status;
    const must = stepSucceeds(step) ? "success" : "failed";
    const isRight = status === must || (isCalledOff && (status === undefined || status === "skipped"));
    if (!isRight) faults.push(`${address} is ${status} in place of ${must}`);
    const lists = listsIn(step);
    const outcomes = lists.map((list) => succeeds(list.steps));
    const endsEarly = step.config.join === "any" ? outcomes.some(Boolean) : outcomes.some((outcome) => !outcome);
    const mayEndEarly = lists.length > 1 && step.config.join !== "all_settled" && endsEarly;
    for (const list of lists) {
      const isLeft = isCalledOff || mayEndEarly;
      faults.push(...outcomeFaults(list.steps, `${address}.${list.above}`, results, isLeft));
    }
    // Nothing comes behind a step that fails.
    if (must === "failed") break;
  }
  return faults;
}
