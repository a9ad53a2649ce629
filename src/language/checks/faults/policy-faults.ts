/** The faults in what a step says about its time, and about its failures: `timeout`, `retry`, and `on` of `catch`. */
import type { RequestFault } from "../../../errors.ts";
import { type Check, checkOf } from "../../../schemas/json/check.ts";
import { schemaFaults } from "../../../schemas/json/faults.ts";
import type { Json, JsonObject } from "../../../schemas/json/json.ts";
import { FAIL } from "../../definition/control.ts";
import { Duration, MAX_DURATION_SECONDS, secondsOf } from "../../definition/durations.ts";
import type { Matcher } from "../../definition/matchers.ts";
import { MAX_RETRIES, RETRY_SPANS, Retry } from "../../definition/retry.ts";
import { Catch } from "../../definition/step.ts";
import { CODES, mayRaise, UNCAUGHT } from "../codes.ts";
import type { Loc } from "../reading/lists.ts";

/** An effect holds a place, and a connection, for as long as it may take. */
export const MAX_EFFECT_SECONDS = 3600;

const retrySchema: Check<typeof Retry> = checkOf(Retry);
const catchSchema: Check<typeof Catch> = checkOf(Catch);
const SPANS = ["initial_interval", "max_interval", "max_elapsed"] as const;
const durationSchema: Check<typeof Duration> = checkOf(Duration);

/** @param isEffect whether the step acts on the world; for those the errors that are worth another attempt are known */
export function policyFaults(step: JsonObject, loc: Loc, isEffect: boolean): RequestFault[] {
  return [
    ...durationFaults(step.timeout, [...loc, "timeout"], isEffect ? MAX_EFFECT_SECONDS : MAX_DURATION_SECONDS),
    ...retryFaults(step, [...loc, "retry"], isEffect),
    ...catchFaults(step, loc),
  ];
}

/** Of a time that something may take. @param most in seconds */
export function durationFaults(duration: Json | undefined, loc: Loc, most = MAX_DURATION_SECONDS): RequestFault[] {
  // What is no duration is reported by the schema.
  if (!durationSchema.Check(duration)) return [];
  const seconds = secondsOf(duration);
  if (seconds > 0 && seconds <= most) return [];
  return [{ loc, msg: `Should be more than 0 and at most ${most} seconds`, type: "duration_range" }];
}

export function retryFaults(step: JsonObject, loc: Loc, isEffect: boolean): RequestFault[] {
  const { retry, type } = step;
  if (retry === undefined || retry === false) return [];
  if (type === FAIL) return [{ loc, msg: "This step fails every time", type: "retry_on_fail" }];
  if (!Array.isArray(retry)) return faultsOfRetry(retry, step, loc, isEffect);
  if (retry.length === 0 || retry.length > MAX_RETRIES) {
    const msg = `List should have 1 to ${MAX_RETRIES} items`;
    return [{ loc, msg, type: retry.length === 0 ? "too_short" : "too_long" }];
  }
  return retry.flatMap((one, index) => faultsOfRetry(one, step, [...loc, index], isEffect));
}

function faultsOfRetry(retry: Json, step: JsonObject, loc: Loc, isEffect: boolean): RequestFault[] {
  if (!retrySchema.Check(retry)) return schemaFaults(retrySchema.Errors(retry), loc);
  const { on } = retry;
  const spans = spanFaults(retry, loc);
  if (on !== undefined) return [...spans, ...matcherFaults(on, step, [...loc, "on"])];
  if (isEffect) return spans;
  const msg = 'Say which errors are retried, such as ["timeout"] or ["*"]: only webhooks and workflows have a default';
  return [...spans, { loc: [...loc, "on"], msg, type: "retry_on_required" }];
}

/** Of time spans that are written as text; numbers are held against their bounds by the schema. */
function spanFaults(retry: Retry, loc: Loc): RequestFault[] {
  return SPANS.flatMap((name) => {
    const [most, span] = [RETRY_SPANS[name], retry[name]];
    if (typeof span !== "string" || secondsOf(span) <= most) return [];
    return [{ loc: [...loc, name], msg: `Should be at most ${most} seconds`, type: "duration_range" }];
  });
}

function catchFaults(step: JsonObject, loc: Loc): RequestFault[] {
  let isAllCaught = false;
  const catches = Array.isArray(step.catch) ? step.catch : [];
  return catches.flatMap((one, index) => {
    const at = [...loc, "catch", index];
    if (!catchSchema.Check(one)) return schemaFaults(catchSchema.Errors(one), at);
    const faults = matcherFaults(one.on ?? [], step, [...at, "on"]);
    if (isAllCaught) {
      faults.push({ loc: at, msg: "A catch before this one is for every error", type: "catch_unreachable" });
    }
    isAllCaught ||= one.on === undefined || one.on.includes("*");
    return faults;
  });
}

function matcherFaults(on: readonly Matcher[], step: JsonObject, loc: Loc): RequestFault[] {
  return on.flatMap((matcher, index) => {
    if (typeof matcher === "number" || matcher === "*" || /^[1-5]xx$/.test(matcher)) return [];
    const at = { loc: [...loc, index], type: "unknown_error_code" };
    if (UNCAUGHT.has(matcher)) return [{ ...at, msg: `A run may end with ${matcher}; no step fails with it` }];
    if (CODES.has(matcher) || mayRaise(matcher, step)) return [];
    const known = [...CODES.difference(UNCAUGHT)].sort().join(", ");
    const msg = `There is no error code ${JSON.stringify(matcher)} here; known are ${known}`;
    return [{ ...at, msg: `${msg}, and those of steps of type fail within` }];
  });
}
