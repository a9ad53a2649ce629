import { isObject } from "../../../schemas/json/json.ts";
import { variableFaults } from "../faults/variable-faults.ts";
import type { Findings } from "../findings.ts";
import type { StepList } from "./lists.ts";
import type { Reading } from "./reading.ts";
import type { Scope } from "./scope.ts";

/** Reads what a list has beside its steps, and leaves the scope at its end. */
export function readList(list: StepList, scope: Scope, reading: Reading, findings: Findings): void {
  const { vars, while: before, until, output } = list.list;
  const { loc, isShared } = list;
  // A value that is no object is reported by the schema.
  if (isObject(vars)) {
    const at = [...loc, "vars"];
    findings.refuse(...variableFaults(vars, at));
    reading.value(vars, at, isShared === true ? (scope.outer ?? scope) : scope);
    scope.declare(Object.keys(vars));
  }
  // Of a loop: one is tested before its steps, the other after them.
  reading.condition(before, [...loc, "while"], scope);
  scope.moveToEnd();
  reading.condition(until, [...loc, "until"], scope);
  if (output !== undefined) reading.value(output, [...loc, "output"], scope);
}
