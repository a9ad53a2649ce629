import { shortened } from "../../errors.ts";
import { Budget } from "../../language/expressions/cost.ts";
import { describeFailure } from "../../step-failures.ts";
import type { FailedOutcome } from "../entries.ts";
import type { Condition } from "../plan/plan.ts";
import type { Meter, Scope } from "./scope.ts";

const MAX_SHOWN = 200;

/**
 * Whether a condition holds, or the failure of its step, which no retry is for: it would be the same again.
 *
 * @param budget what it may cost, with others that have the same
 */
export function testCondition(
  condition: Condition,
  scope: Scope,
  meter: Meter,
  budget = new Budget(),
): { value: boolean } | FailedOutcome {
  const before = budget.spent;
  const tested = condition.test(scope, budget);
  meter.units += budget.spent - before;
  if (!("error" in tested)) return tested;
  const expression = shortened(condition.text, MAX_SHOWN);
  return { ...describeFailure("expression_failed", { expression, error: tested.error }), output: null, isFinal: true };
}
