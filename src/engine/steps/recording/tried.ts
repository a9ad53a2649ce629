/** When attempts began. */
import { isoTime } from "../../../clock.ts";
import type { ResultExtras } from "../../entries.ts";
import type { BlockState, StepState } from "../../state/state.ts";

/**
 * What the entry of an attempt says of its begin: nothing of the first, which began with its step.
 *
 * @param from when it began where no entry says so, milliseconds since the epoch
 */
export function triedAt(current: StepState | null, from: number): Pick<ResultExtras, "tried_at"> {
  if (current === null || current.failures === 0) return {};
  if (current.isRetrying) return { tried_at: isoTime(from) };
  return current.triedAt === null ? {} : { tried_at: current.triedAt };
}

/** When the attempt began that the step of a list is in, milliseconds since the epoch. @param now where it begins now */
export function begunAt({ current }: BlockState, now: number): number {
  if (current === null || current.isRetrying) return now;
  return Date.parse(current.triedAt ?? current.startedAt) || now;
}
