/** What must have been undone in a run that is over, and in which order. */
import type { Step } from "../../../src/language/definition/step.ts";
import type { StepResult } from "../../../src/schemas/runs/run.ts";
import { handlersOf, listsRun } from "../steps.ts";

/** How far the times of two processes may be apart; milliseconds. */
const SKEW = 20;

interface Undone {
  address: string;
  succeededAt: number;
  result: StepResult | undefined;
}

/** What is wrong with what was undone: all that succeeded, the youngest first, if the run did not; nothing if it did. */
export function compensationFaults(
  steps: readonly Step[],
  results: Record<string, StepResult>,
  isSuccess: boolean,
): string[] {
  const undone = undoneIn(steps, "", results);
  if (isSuccess) {
    const some = Object.keys(results).find((address) => address.endsWith(".$compensate"));
    return some === undefined ? [] : [`${some} was executed though the run succeeded`];
  }
  const missing = undone.filter(({ result }) => result?.completed_at == null);
  if (missing.length > 0) return missing.map(({ address }) => `${address} was not undone`);
  // A step of several attempts of what holds it is shown once.
  if (Object.values(results).some(({ path = "" }) => path.includes("~"))) return [];
  undone.sort((one, other) => other.succeededAt - one.succeededAt);
  return undone.flatMap(({ address, succeededAt, result }, index) => {
    const before = undone[index - 1];
    if (before === undefined || before.succeededAt - succeededAt <= SKEW) return [];
    const isEarly = Date.parse(result?.started_at ?? "") < Date.parse(before.result?.completed_at ?? "") - SKEW;
    return isEarly ? [`${address} was undone before ${before.address}, which succeeded later`] : [];
  });
}

function undoneIn(steps: readonly Step[], above: string, results: Record<string, StepResult>): Undone[] {
  return steps.flatMap((step) => {
    const address = `${above}${step.name}`;
    const result = results[address];
    const own: Undone[] =
      step.compensate !== undefined && result?.status === "success"
        ? [
            {
              address,
              succeededAt: Date.parse(result.completed_at ?? ""),
              result: results[`${address}.$compensate`],
            },
          ]
        : [];
    const lists = [...listsRun(step, address, results), ...handlersOf(step)];
    return [...own, ...lists.flatMap((list) => undoneIn(list.steps, `${address}${list.above}`, results))];
  });
}
