/** The faults in a condition: an expression that has to give true or false, from what can be reached where it stands. */
import type { RequestFault } from "../../errors.ts";
import type { Json } from "../../schemas/json.ts";
import { compileExpression } from "../expressions/compile.ts";
import type { Loc } from "./lists.ts";

/** What a condition may read. */
export interface Readable {
  /** Whether there is a step of that name. */
  isReached(name: string): boolean;
  /** Whether it is in a handler, which has an `error`. */
  isHandler: boolean;
}

export function conditionFaults(condition: Json | undefined, loc: Loc, readable: Readable): RequestFault[] {
  // What is no text is reported by the schema.
  if (typeof condition !== "string") return [];
  const compiled = compileExpression(condition);
  if ("faults" in compiled) {
    return compiled.faults.map(({ type, message: msg, offset, length }) => ({
      loc,
      msg,
      type,
      ctx: { offset, length },
    }));
  }
  const faults = compiled.references.flatMap(({ name, step, offset, length }): RequestFault[] => {
    const missing = missingOf(name, step, readable);
    if (missing === null) return [];
    return [{ loc, msg: `There is no ${missing} here`, type: "reference_unknown", ctx: { offset, length } }];
  });
  if (compiled.gives === "other") {
    const ctx = { offset: 0, length: condition.length };
    faults.push({ loc, msg: "It should give true or false", type: "not_a_condition", ctx });
  }
  return faults;
}

/** The name of what a reference leads to and is not there; null where it is. */
function missingOf(name: string, step: string | null, { isReached, isHandler }: Readable): string | null {
  if (name === "payload" || isReached(name) || (name === "error" && isHandler)) return null;
  if (name !== "steps") return name;
  return step === null || isReached(step) ? null : `step ${JSON.stringify(step)}`;
}
