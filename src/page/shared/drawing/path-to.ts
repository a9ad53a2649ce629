import type { DrawnStep } from "./steps.ts";

/** The steps from the top to the one with this path, which is the last; none where there is no such step. */
export function pathTo(steps: readonly DrawnStep[], path: string): DrawnStep[] {
  for (const step of steps) {
    if (step.path === path) return [step];
    if (!path.startsWith(`${step.path}/`)) continue;
    const within = [...step.lists, ...step.handlers].flatMap((list) => list.steps);
    return [step, ...pathTo(within, path)];
  }
  return [];
}
