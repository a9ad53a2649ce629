import type { JsonObject } from "../../schemas/json/json.ts";
import type { FailedOutcome } from "../entries.ts";
import { resolvePlaceholders } from "../placeholders.ts";
import { placeholderFailure } from "../result.ts";
import type { Meter, Scope } from "./scope.ts";

/** Declares variables of a list with what they begin with, which sees what is outside; gives why that can't be, or null. */
export function declare(vars: JsonObject | null, scope: Scope, meter: Meter): FailedOutcome | null {
  if (vars === null) return null;
  try {
    const values = Object.entries(vars).map(([name, value]): [string, typeof value] => [
      name,
      resolvePlaceholders(value, scope, undefined, meter),
    ]);
    scope.vars = new Map(values);
    return null;
  } catch (error) {
    return placeholderFailure(error);
  }
}
