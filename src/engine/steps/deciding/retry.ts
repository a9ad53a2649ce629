import { secondsOf } from "../../../language/definition/durations.ts";
import { type Matchable, matches } from "../../../language/definition/matchers.ts";
import { DEFAULT_ON, type Retry } from "../../../language/definition/retry.ts";
import { isObject } from "../../../schemas/json/json.ts";
import type { StepResult } from "../../../schemas/runs/run.ts";
import { hashOf } from "../../hash.ts";
import type { Node } from "../../plan/plan.ts";
import { matchableOf, type StepState } from "../../state/state.ts";

const MAX_INTERVAL_SECONDS = 24 * 60 * 60;

/** The failed attempts of a step. */
export interface Failures {
  /** When the first attempt began, milliseconds since the epoch. */
  since: number;
  /** How many of them each of the step's retries was for. */
  counts: readonly number[];
}

/** Which of a step's retries is for an error: the first that means it and has attempts left; -1 for none. */
export function retryFor(retries: readonly Retry[], counts: readonly number[], error: Matchable): number {
  return retries.findIndex(
    ({ on = DEFAULT_ON, max_attempts = 3 }, index) => matches(on, error) && (counts[index] ?? 0) + 1 < max_attempts,
  );
}

/**
 * When the next attempt begins, milliseconds since the epoch; null when that would be later than the retry allows.
 *
 * @param key what chance is drawn from, so that the same question has the same answer
 * @param retryAfter seconds that the receiver asks for; null for none
 */
export function nextAttempt(
  retry: Retry,
  index: number,
  { since, counts }: Failures,
  now: number,
  key: string,
  retryAfter: number | null,
): number | null {
  const { initial_interval = 1, multiplier = 2, max_interval = 60, jitter = 0.5, max_elapsed } = retry;
  const failed = (counts[index] ?? 0) + 1;
  const interval = Math.min(secondsOf(max_interval), secondsOf(initial_interval) * multiplier ** (failed - 1));
  const drawn = interval * (1 - jitter * (hashOf(key) / 2 ** 32));
  const seconds = Math.max(drawn, Math.min(retryAfter ?? 0, MAX_INTERVAL_SECONDS));
  const at = now + Math.ceil(seconds * 1000);
  return max_elapsed !== undefined && at > since + secondsOf(max_elapsed) * 1000 ? null : at;
}

/** When the next attempt of a step begins, milliseconds since the epoch; null for none. @param key what chance is drawn from */
export function retryTime(
  node: Node,
  current: StepState | null,
  result: StepResult,
  now: number,
  key: string,
): number | null {
  const counts = current?.counts ?? [];
  const error = matchableOf(result);
  const index = retryFor(node.retries, counts, error);
  const retry = node.retries[index];
  if (retry === undefined) return null;
  const since = Date.parse(result.started_at ?? "");
  const inside = result.error_details?.details;
  const after = isObject(inside) ? inside.retry_after : null;
  const asked = typeof after === "number" && (error.status === 429 || error.status === 503) ? after : null;
  return nextAttempt(retry, index, { since, counts }, now, key, asked);
}
