import type { DrawnStep, Loc } from "./steps.ts";

/** The innermost step that a place of the definition lies in; null of a place outside of all. */
export function stepAt(steps: readonly DrawnStep[], loc: Loc): DrawnStep | null {
  for (const step of steps) {
    if (step.loc.some((segment, index) => segment !== loc[index])) continue;
    const within = [...step.lists, ...step.handlers].flatMap((list) => list.steps);
    return stepAt(within, loc) ?? step;
  }
  return null;
}
