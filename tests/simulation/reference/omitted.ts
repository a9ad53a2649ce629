/** Results that the limit of those that are shown left out. */
import type { StepResult } from "../../../src/schemas/runs/run.ts";

/** How many results within the step at the top that an address is of are left out. */
export function omittedAt(address: string, results: Record<string, StepResult>): number {
  return results[topOf(address)]?.steps_omitted ?? 0;
}

/** Results that are taken to have been left out, and how many those are by the step at the top. */
export class Omitted {
  private readonly assumed = new Set<StepResult>();
  private readonly counts = new Map<string, number>();

  /** Whether a result was not there. */
  has(result: StepResult | undefined): boolean {
    return result !== undefined && this.assumed.has(result);
  }

  /**
   * Puts in place a result that is missing, as far as others can have been left out: of a step that did not fail, as those
   * that failed are kept.
   */
  assume(address: string, results: Record<string, StepResult>, status: "success" | "skipped"): StepResult | undefined {
    const top = topOf(address);
    const count = this.counts.get(top) ?? 0;
    if (address === top || count >= omittedAt(address, results)) return undefined;
    this.counts.set(top, count + 1);
    const result: StepResult = {
      step_name: address,
      status,
      started_at: null,
      completed_at: null,
      output: null,
      error: null,
    };
    this.assumed.add(result);
    results[address] = result;
    return result;
  }
}

/** Whether there is a result of a step, or of one within it. */
export function isShown(address: string, results: Record<string, StepResult>): boolean {
  if (results[address] !== undefined) return true;
  return Object.keys(results).some((other) => other.startsWith(`${address}.`) || other.startsWith(`${address}[`));
}

function topOf(address: string): string {
  return address.split(/[.[]/, 1)[0] ?? "";
}
