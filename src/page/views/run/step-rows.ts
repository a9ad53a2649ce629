/** The steps of a run as rows of a tree: the outline is a flat list, in which paths say what is within what. */
import type { RunStep } from "../../../schemas/lists/step-query.ts";
import type { ShownStep } from "../../data/runs/outline.ts";

export type KnownStep = ShownStep | RunStep;

export interface StepRow {
  step: KnownStep;
  depth: number;
  /** Its address without that of what it is within. */
  label: string;
}

/** Rows in the order of the definition. */
export function rowsOf(steps: readonly KnownStep[]): StepRow[] {
  const around: KnownStep[] = [];
  return steps.map((step) => {
    while (around.length > 0 && !isWithin(step, around.at(-1))) around.pop();
    const label = labelOf(step, around.at(-1));
    const row = { step, depth: around.length, label };
    around.push(step);
    return row;
  });
}

/** How many steps a map or a loop holds that its outline only counts; 0 of any other step. */
export function withinOf(step: KnownStep): number {
  if (!("within" in step) || step.within === undefined) return 0;
  const { running, success, failed, skipped } = step.within;
  return running + success + failed + skipped;
}

/** Whether it failed, or holds something that did. */
export function hasFailed(step: KnownStep): boolean {
  return step.status === "failed" || ("within" in step && (step.within?.failed ?? 0) > 0);
}

function isWithin(step: KnownStep, other: KnownStep | undefined): boolean {
  return other !== undefined && step.path.startsWith(`${other.path}/`);
}

function labelOf({ address }: KnownStep, around: KnownStep | undefined): string {
  if (around === undefined || !address.startsWith(around.address)) return address;
  return address.slice(around.address.length).replace(/^\./, "");
}
