/** What visits the elements of a list, or the keys of a map. Each visit is charged before it is made. */
import { fail } from "../cost.ts";
import type { Expr } from "../tree.ts";
import { keysOf } from "../values/equality.ts";
import { aTypeOf, isFields, isList, type List, type Value } from "../values/values.ts";
import { Absorbed, attempt, boolOf, type Frame, type Of, type Run } from "./frame.ts";

/** What visiting an element costs: a body may be long. */
function costOfElement(...parts: (Expr | null)[]): number {
  return 1 + Math.ceil(parts.reduce((sum, part) => sum + (part?.weight ?? 0), 0) / 10);
}

/** What a comprehension visits: the elements of a list, or the keys of a map. */
function elementsOf(range: Expr, run: Run): (frame: Frame) => List {
  return (frame) => {
    const value = run(frame);
    if (isList(value)) return value;
    frame.at = range;
    return isFields(value) ? keysOf(value, frame.budget) : fail(`There are no elements to visit in ${aTypeOf(value)}`);
  };
}

/** @param slot where the element is bound */
export function quantifier(expr: Of<"quantifier">, range: Run, conditionRun: Run, slot: number): Run {
  const elements = elementsOf(expr.range, range);
  const condition = boolOf(expr.condition, conditionRun);
  const cost = costOfElement(expr.condition);
  if (expr.quantifier === "exists_one") {
    return (frame) => {
      let count = 0;
      for (const element of elements(frame)) {
        frame.at = expr;
        frame.budget.spend(cost);
        frame.slots[slot] = element;
        if (condition(frame)) count++;
      }
      return count === 1;
    };
  }
  const decisive = expr.quantifier === "exists";
  return (frame) => {
    let absorbed: Absorbed | null = null;
    for (const element of elements(frame)) {
      frame.at = expr;
      frame.budget.spend(cost);
      frame.slots[slot] = element;
      const holds = attempt(condition, frame);
      if (holds === decisive) return decisive;
      if (holds instanceof Absorbed) absorbed ??= holds;
    }
    return absorbed === null ? !decisive : absorbed.rethrow(frame);
  };
}

/** `map` and `filter`. */
export function gather(
  expr: Of<"gather">,
  range: Run,
  { condition: conditionRun, result }: { condition: Run | null; result: Run | null },
  slot: number,
): Run {
  const elements = elementsOf(expr.range, range);
  const condition = expr.condition === null || conditionRun === null ? null : boolOf(expr.condition, conditionRun);
  const cost = costOfElement(expr.condition, expr.result);
  return (frame) => {
    const gathered: Value[] = [];
    for (const element of elements(frame)) {
      frame.at = expr;
      frame.budget.spend(cost);
      frame.slots[slot] = element;
      if (condition === null || condition(frame)) gathered.push(result === null ? element : result(frame));
    }
    return gathered;
  };
}
