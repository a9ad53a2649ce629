/** What one result says. */
import type { StepResult } from "../../../src/schemas/runs/run.ts";

/** Whether the list of a step goes on behind it. */
export function goesOn(result: StepResult | undefined): boolean {
  if (result === undefined) return false;
  const { status, handled, error } = result;
  // What is called off has an error; what its condition skipped has none.
  return status === "success" || handled === true || (status === "skipped" && error === null);
}

/** Whether a step's own time was over. */
export function isTimedOut(result: StepResult | undefined, address: string): boolean {
  const error = result?.error_details;
  const original = error?.cause ?? error;
  return original?.code === "timeout" && original.step === address;
}
