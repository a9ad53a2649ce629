import type { States, StepState } from "../../shared/drawing/states.ts";
import { stepAt } from "../../shared/drawing/step-at.ts";
import type { DrawnStep } from "../../shared/drawing/steps.ts";
import type { Problem } from "../../shared/editor/json-editor.tsx";

/** The steps that have something wrong, with the first of it. */
export function statesOfProblems(steps: readonly DrawnStep[], problems: readonly Problem[]): States {
  const states = new Map<string, StepState>();
  for (const { loc, message, isWarning } of problems) {
    const step = stepAt(steps, [...loc]);
    if (step === null || states.has(step.path)) continue;
    states.set(step.path, { status: isWarning ? "warning" : "fault", counts: null, says: message });
  }
  return states;
}
