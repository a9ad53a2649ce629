/** Where a time limit is over before a retry within it can have had its attempts. */
import type { RequestFault } from "../../errors.ts";
import { type Check, checkOf } from "../../schemas/json/check.ts";
import type { Json, JsonObject } from "../../schemas/json/json.ts";
import { Duration, secondsOf } from "../definition/durations.ts";
import { Retry } from "../definition/retry.ts";
import { handlersIn, type Loc, listsIn, type StepList, stepsIn } from "./reading/lists.ts";

const durationSchema: Check<typeof Duration> = checkOf(Duration);
const retrySchema: Check<typeof Retry> = checkOf(Retry);

/** @param lists the steps that the time limit is for */
export function timeWarnings(timeout: Json | undefined, loc: Loc, lists: readonly StepList[]): RequestFault[] {
  if (!durationSchema.Check(timeout)) return [];
  const seconds = Math.max(0, ...lists.map(longestRetry));
  if (seconds <= secondsOf(timeout)) return [];
  const msg = `A retry within takes ${Math.round(seconds * 100) / 100} s or more until its last attempt`;
  return [{ loc: [...loc, "timeout"], msg, type: "timeout_shorter_than_retry" }];
}

/** The most that a retry of these steps waits, if all its waits are as short as can be, in seconds. */
function longestRetry(list: StepList): number {
  let longest = 0;
  for (const { step } of stepsIn(list)) {
    const within = [...listsIn(step.type, step.config, []), ...handlersIn(step, [])];
    longest = Math.max(longest, ...retriesOf(step).map(leastWait), ...within.map(longestRetry));
  }
  return longest;
}

function retriesOf({ retry }: JsonObject): Retry[] {
  const several = Array.isArray(retry) ? retry : [retry];
  return several.filter((one) => retrySchema.Check(one));
}

/** Mirrors the waits of src/engine/steps/deciding/retry.ts. */
function leastWait(retry: Retry): number {
  const { max_attempts = 3, initial_interval = 1, multiplier = 2, max_interval = 60, jitter = 0.5 } = retry;
  let sum = 0;
  for (let attempt = 1; attempt < max_attempts; attempt++) {
    sum += Math.min(secondsOf(max_interval), secondsOf(initial_interval) * multiplier ** (attempt - 1)) * (1 - jitter);
  }
  return Math.min(sum, secondsOf(retry.max_elapsed ?? sum));
}
