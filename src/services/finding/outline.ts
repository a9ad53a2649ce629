/** A run's steps without those within maps and loops, which are counted; and those that have yet to begin. */
import { LOOP, MAP } from "../../language/definition/control.ts";
import { isObject, type Json } from "../../schemas/json/json.ts";
import type { OutlineStep } from "../../schemas/lists/step-query.ts";
import { type KeptStep, stepText } from "./kept-steps.ts";
import { iterationIn, placeOf } from "./step-order.ts";

/** The steps at the top of a definition that have yet to begin. @param kept those that have begun */
export function pendingSteps(definition: readonly Json[], kept: readonly KeptStep[]): KeptStep[] {
  const begun = new Set(kept.map(({ result }) => result.step_name));
  return definition.flatMap((step, index) =>
    isObject(step) && typeof step.name === "string" && !begun.has(step.name)
      ? [pendingStep(step, step.name, index)]
      : [],
  );
}

function pendingStep({ type }: { type?: Json }, name: string, index: number): KeptStep {
  const nothing = { started_at: null, completed_at: null, output: null, error: null };
  const result = { step_name: name, status: "pending" as const, ...nothing };
  const path = String(index);
  return { path, place: placeOf(path), result: typeof type === "string" ? { ...result, type } : result };
}

/** @param steps in order */
export function outlineOf(steps: KeptStep[]): OutlineStep[] {
  const outline: OutlineStep[] = [];
  /** The map or loop that steps are within, and its path. */
  let around: { path: string; within: NonNullable<OutlineStep["within"]> } | null = null;
  for (const step of steps) {
    const { path, result } = step;
    if (around !== null && iterationIn(around.path, path) !== null) {
      if (result.status !== "pending") around.within[result.status]++;
      continue;
    }
    around = null;
    if (result.type === MAP || result.type === LOOP) {
      around = { path, within: { running: 0, success: 0, failed: 0, skipped: 0 } };
      outline.push({ ...stepText(step), within: around.within });
    } else outline.push(stepText(step));
  }
  return outline;
}
