/** The faults in a condition: an expression that has to give true or false, from what can be reached where it stands. */
import type { RequestFault } from "../../errors.ts";
import type { Json } from "../../schemas/json.ts";
import type { Loc } from "./lists.ts";
import type { Reading } from "./reading.ts";
import type { Scope } from "./scope.ts";

export function conditionFaults(
  condition: Json | undefined,
  loc: Loc,
  scope: Scope,
  { expressions, references }: Reading,
): RequestFault[] {
  // What is no text is reported by the schema.
  if (typeof condition !== "string") return [];
  const { faults, references: reads, gives } = expressions.read(condition);
  const found = faults.map(
    ({ type, message: msg, offset, length }): RequestFault => ({ loc, msg, type, ctx: { offset, length } }),
  );
  for (const read of reads) {
    const { offset, length } = read;
    const missing = references.missing(read, scope);
    if (missing !== null) found.push({ loc, ...missing, ctx: { offset, length } });
  }
  if (gives === "other") {
    const ctx = { offset: 0, length: condition.length };
    found.push({ loc, msg: "It should give true or false", type: "not_a_condition", ctx });
  }
  return found;
}
