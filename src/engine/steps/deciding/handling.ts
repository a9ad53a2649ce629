import { type Matchable, matches } from "../../../language/definition/matchers.ts";
import type { CatchPlan } from "../../plan/plan.ts";

/** Which of a step's catches is for an error: the first that means it; -1 for none. */
export function catchFor(catches: readonly CatchPlan[], error: Matchable): number {
  return catches.findIndex(({ on }) => matches(on, error));
}
