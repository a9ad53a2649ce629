/** The faults in the names of steps, branches and cases. */
import type { RequestFault } from "../../../errors.ts";
import { FORBIDDEN_KEYS, type Json } from "../../../schemas/json/json.ts";
import { DEFAULT_CASE } from "../../definition/containers.ts";
import type { Loc, StepList } from "../reading/lists.ts";
import type { Scope } from "../reading/scope.ts";

/** @param scope where the step stands */
export function stepNameFaults(name: Json | undefined, loc: Loc, scope: Scope): RequestFault[] {
  if (typeof name !== "string") return [];
  if (name === "payload") {
    return wrong(loc, "A step can't be named payload: placeholders reach the trigger's payload by that name");
  }
  if (FORBIDDEN_KEYS.has(name)) return wrong(loc, "__proto__, constructor and prototype can't be step names");
  if (scope.isTaken(name)) return wrong(loc, `The step name ${JSON.stringify(name)} is taken by an earlier step`);
  if (!scope.isVisibleAround(name)) return [];
  const msg = `The step name ${JSON.stringify(name)} would hide what has that name and is visible here`;
  return wrong(loc, msg, "name_hides");
}

/**
 * Of a branch, or of a case.
 *
 * @param names those of the lists before it; its own is added
 */
export function listNameFaults({ list, loc }: StepList, names: Set<string>): RequestFault[] {
  const { name } = list;
  if (typeof name !== "string") return [];
  const word = "if" in list ? "case" : "branch";
  const at = [...loc, "name"];
  const faults: RequestFault[] = [];
  if (names.has(name)) {
    faults.push(...wrong(at, `The ${word} name ${JSON.stringify(name)} is taken`, "branch_taken"));
  }
  if (FORBIDDEN_KEYS.has(name)) {
    faults.push(...wrong(at, `__proto__, constructor and prototype can't be ${word} names`));
  }
  if (word === "case" && name === DEFAULT_CASE) {
    const msg = "A case can't be named default: that is the one behind all cases";
    faults.push(...wrong(at, msg, "reserved_name"));
  }
  names.add(name);
  return faults;
}

function wrong(loc: Loc, msg: string, type = "value_error"): RequestFault[] {
  return [{ loc, msg, type }];
}
