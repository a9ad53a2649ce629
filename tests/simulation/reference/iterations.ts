/** How often simulated loops repeat their steps, and what of their results can't be. */
import type { LoopConfig } from "../../../src/language/definition/loop.ts";
import type { Step } from "../../../src/language/definition/step.ts";
import type { StepResult } from "../../../src/schemas/runs/run.ts";
import { type List, listsRun } from "../steps.ts";

/** Iterations where none of them fails, and what ends the loop then; null for its limit, at which it fails. */
export function iterationsOf({ while: before, until, max_iterations, on_limit }: LoopConfig): {
  count: number;
  ended: string | null;
} {
  const [, word = ""] = /^iteration\.index (?:<|>=) (\d+)$/.exec(before ?? until ?? "") ?? [];
  const wanted = Number(word) + (until === undefined ? 0 : 1);
  if (wanted <= max_iterations) return { count: wanted, ended: until === undefined ? "while" : "until" };
  return { count: max_iterations, ended: on_limit === "continue" ? "limit" : null };
}

interface LoopRan {
  step: Step;
  loop: LoopConfig;
  address: string;
  result: StepResult | undefined;
  /** A step of it ended the run. */
  isCut: boolean;
}

/**
 * What is wrong with which iterations of a loop there are, and with its own result if that is shown.
 *
 * @param isWhole whether the steps of an iteration all let it go on
 * @param isOver whether the loop may have ended before it was done
 */
export function iterationFaults(
  { step, loop, address, result, isCut }: LoopRan,
  results: Record<string, StepResult>,
  isWhole: (list: List) => boolean,
  isOver: boolean,
): string[] {
  const ran = listsRun(step, address, results);
  const { count, ended } = iterationsOf(loop);
  const faults: string[] = [];
  if (ran.slice(0, -1).some((list) => !isWhole(list)))
    faults.push(`${address} went on behind an iteration that failed`);
  const last = ran.at(-1);
  const isDone = last === undefined || isWhole(last);
  if (ran.length > count) faults.push(`${address} has ${ran.length} iterations, not ${count}`);
  if (isDone && !isOver && !isCut && ran.length < count) faults.push(`${address} has no iteration ${ran.length}`);
  const details = isCut ? { iteration: ran.length - 1 } : { iterations: count, ended };
  if (result?.status === "success" && !Bun.deepEquals(result.details, details)) {
    faults.push(`${address} says ${JSON.stringify(result.details)}, not ${JSON.stringify(details)}`);
  }
  faults.push(...valueFaults(address, ran, results));
  return faults;
}

/** How many iterations of a map may fail. */
export function mayFail({ items, max_failures = 0 }: { items: unknown[]; max_failures?: number | string }): number {
  if (typeof max_failures === "number") return max_failures;
  return Math.floor((items.length * Number.parseFloat(max_failures)) / 100);
}

/** What is wrong with what a map says of its iterations. @param isWhole as above */
export function itemFaults(
  {
    map: { items },
    ran,
    address,
    result,
  }: { map: { items: unknown[] }; ran: List[]; address: string; result: StepResult | undefined },
  results: Record<string, StepResult>,
  isWhole: (list: List) => boolean,
): string[] {
  const faults = valueFaults(address, ran, results);
  if (result?.status !== "success") return faults;
  const failed = ran.filter((list) => !isWhole(list));
  const { output, details } = result;
  const { failures: _, ...counted } = details ?? {};
  const counts = { items: items.length, succeeded: items.length - failed.length, failed: failed.length };
  if (ran.length !== items.length) faults.push(`${address} succeeded with ${ran.length} of ${items.length}`);
  if (!Bun.deepEquals(counted, counts)) {
    faults.push(`${address} says ${JSON.stringify(details)}, not ${JSON.stringify(counts)}`);
  }
  const gave = Array.isArray(output) ? output.filter((one) => one !== null).length : -1;
  if (gave !== items.length - failed.length) faults.push(`${address} gave ${JSON.stringify(output)}`);
  return faults;
}

/** Steps that say which iteration they are of say that one, and those that count have come as far. */
function valueFaults(address: string, ran: List[], results: Record<string, StepResult>): string[] {
  return ran.flatMap(({ above, steps }) =>
    steps.flatMap(({ name }) => {
      const output = JSON.stringify(results[`${address}${above}${name}`]?.output ?? null);
      const at = /^\{"type":"transform","value":\{"at":(\d+)/.exec(output)?.[1];
      const count = /^\{"count":(\d+)\}$/.exec(output)?.[1];
      const shown = at ?? (count === undefined ? undefined : Number(count) - 1);
      return shown === undefined || above === `[${shown}].` ? [] : [`${address}${above}${name} gave ${output}`];
    }),
  );
}
