import { type Budget, COST_OF_ERROR, type Failure, fail, failureOf } from "../cost.ts";
import type { ExpressionScope } from "../scope.ts";
import type { Expr } from "../tree.ts";
import { aTypeOf, type Value } from "../values/values.ts";

/** One evaluation. */
export interface Frame {
  /** The values of bound names, the outermost first. */
  readonly slots: Value[];
  readonly scope: ExpressionScope;
  /** What names of the scope are, as far as they were looked up: a scope may make that, such as all variables around a step. */
  readonly known: Map<string, Value>;
  readonly budget: Budget;
  /** The part that works, or failed. */
  at: Expr;
}

export type Run = (frame: Frame) => Value;
export type Test = (frame: Frame) => boolean;
export type Of<Kind extends Expr["kind"]> = Expr & { kind: Kind };

/** A part that has to give a bool. */
export function boolOf(expr: Expr, run: Run): Test {
  return (frame) => {
    const value = run(frame);
    if (typeof value === "boolean") return value;
    frame.at = expr;
    return fail(`Expected a bool, not ${aTypeOf(value)}`);
  };
}

/** A failure that may not matter, and where it happened. */
export class Absorbed {
  readonly failure: Failure;
  readonly at: Expr;
  constructor(failure: Failure, at: Expr) {
    this.failure = failure;
    this.at = at;
  }

  /** It matters. */
  rethrow(frame: Frame): never {
    frame.at = this.at;
    throw this.failure;
  }
}

export function attempt(run: Test, frame: Frame): boolean | Absorbed {
  try {
    return run(frame);
  } catch (thrown) {
    const failure = failureOf(thrown);
    frame.budget.spend(COST_OF_ERROR);
    return new Absorbed(failure, frame.at);
  }
}

/** One side may decide alone, whatever the other is: also an error. */
export function logic({ operator, left, right }: Of<"logic">, leftRun: Run, rightRun: Run): Run {
  const [first, second] = [boolOf(left, leftRun), boolOf(right, rightRun)];
  const decisive = operator === "||";
  return (frame) => {
    const one = attempt(first, frame);
    if (one === decisive) return decisive;
    const other = attempt(second, frame);
    if (other === decisive) return decisive;
    if (one instanceof Absorbed) return one.rethrow(frame);
    return other instanceof Absorbed ? other.rethrow(frame) : !decisive;
  };
}
