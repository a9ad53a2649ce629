/** The faults in the variables of a list, and in what sets them. */
import type { RequestFault } from "../../../errors.ts";
import { FORBIDDEN_KEYS, isObject, type JsonObject } from "../../../schemas/json/json.ts";
import { SET } from "../../definition/control.ts";
import { MAX_VARIABLES, VARIABLE_NAME } from "../../definition/variables.ts";
import type { Loc } from "../reading/lists.ts";
import { unknownVariable } from "../reading/references.ts";
import type { Scope } from "../reading/scope.ts";

/** Of the variables that a list declares. */
export function variableFaults(vars: JsonObject, loc: Loc): RequestFault[] {
  const names = Object.keys(vars);
  const msg = "A variable's name has letters, digits and _, 64 at most, and does not begin with a digit";
  const faults: RequestFault[] = names
    .filter((name) => !VARIABLE_NAME.test(name) || FORBIDDEN_KEYS.has(name))
    .map((name) => ({ loc: [...loc, name], msg, type: "value_error" }));
  if (names.length <= MAX_VARIABLES) return faults;
  return [...faults, { loc, msg: `A list has at most ${MAX_VARIABLES} variables`, type: "too_long" }];
}

/** Of a step that sets variables. @param scope where it stands */
export function setFaults({ type, config }: JsonObject, loc: Loc, scope: Scope): RequestFault[] {
  if (type !== SET || !isObject(config) || !isObject(config.variables)) return [];
  return Object.keys(config.variables).flatMap((name): RequestFault[] => {
    if (scope.maySet(name)) return [];
    const at = [...loc, "config", "variables", name];
    if (!scope.hasVariable(name)) return [{ loc: at, ...unknownVariable(name) }];
    const msg = `The variable ${JSON.stringify(name)} is declared outside of this branch or iteration: others would set it at once`;
    return [{ loc: at, msg, type: "set_across_parallel" }];
  });
}
