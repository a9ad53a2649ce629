/** The faults in the retry rules of a step. */
import { type TypeCheck, TypeCompiler } from "@sinclair/typebox/compiler";
import type { RequestFault } from "../errors.ts";
import { schemaFaults } from "../schemas/faults.ts";
import type { Json } from "../schemas/json.ts";
import { STEP_FAILURES } from "../step-failures.ts";
import { MAX_RETRIES, type Matcher, Retry } from "./retry.ts";

const schema: TypeCheck<typeof Retry> = TypeCompiler.Compile(Retry);
const CODES = new Set<string>(Object.values(STEP_FAILURES).map(({ code }) => code));

/** @param isEffect whether the step acts on the world; for those the errors that are worth another attempt are known */
export function retryFaults(retry: Json, loc: (string | number)[], isEffect: boolean): RequestFault[] {
  if (retry === false) return [];
  if (!Array.isArray(retry)) return faultsOf(retry, loc, isEffect);
  if (retry.length === 0 || retry.length > MAX_RETRIES) {
    const msg = `List should have 1 to ${MAX_RETRIES} items`;
    return [{ loc, msg, type: retry.length === 0 ? "too_short" : "too_long" }];
  }
  return retry.flatMap((one, index) => faultsOf(one, [...loc, index], isEffect));
}

function faultsOf(retry: Json, loc: (string | number)[], isEffect: boolean): RequestFault[] {
  if (!schema.Check(retry)) return schemaFaults(schema.Errors(retry), loc);
  const { on } = retry;
  if (on === undefined) {
    if (isEffect) return [];
    const msg = 'Say which errors are retried, such as ["timeout"] or ["*"]: only webhooks have a default';
    return [{ loc: [...loc, "on"], msg, type: "retry_on_required" }];
  }
  return on.flatMap((matcher, index) => {
    if (isKnown(matcher)) return [];
    const msg = `There is no error code ${JSON.stringify(matcher)}; known are ${[...CODES].sort().join(", ")}`;
    return [{ loc: [...loc, "on", index], msg, type: "unknown_error_code" }];
  });
}

function isKnown(matcher: Matcher): boolean {
  return typeof matcher === "number" || matcher === "*" || /^[1-5]xx$/.test(matcher) || CODES.has(matcher);
}
