/** The bars of a step: one for each attempt, and for the time between them. */
import type { FailedAttempt } from "../../../../schemas/lists/step-query.ts";
import type { Told } from "../attempts/told.ts";
import type { KnownStep } from "../step-rows.ts";

export interface Bar {
  /** Milliseconds since the epoch. */
  from: number;
  to: number;
  /** What sleeps waits for a time, a signal, another run or its next attempt. */
  isAsleep: boolean;
  status: string;
  /** 1 for the first one; null of what is no attempt. */
  attempt: number | null;
}

const SLEEPING = new Set(["delay", "wait", "workflow"]);

/**
 * @param failed what attempts came to that another one followed, where it is known
 * @param now milliseconds since the epoch: where a step that is under way ends for now
 */
export function barsOf(step: KnownStep, failed: readonly FailedAttempt[], now: number): Bar[] {
  if (step.started_at === null) return [];
  const end = step.completed_at === null ? Math.max(now, Date.parse(step.started_at)) : Date.parse(step.completed_at);
  const isAsleep = SLEEPING.has(step.type ?? "");
  const bars: Bar[] = [];
  let from = Date.parse(step.started_at);
  for (const [index, { started_at, error_details, next_at }] of failed.entries()) {
    // It may have waited for longer than it was to, for a place or for a worker.
    if (index > 0 && started_at !== undefined) from = begin(bars, from, started_at);
    const to = error_details?.at === undefined ? from : Date.parse(error_details.at);
    bars.push({ from, to, isAsleep: false, status: "failed", attempt: index + 1 });
    if (next_at === undefined) return bars;
    const next = Date.parse(next_at);
    bars.push({ from: to, to: Math.min(next, end), isAsleep: true, status: "pending", attempt: null });
    if (next > end) return bars;
    from = next;
  }
  if (failed.length > 0 && step.tried_at !== undefined && step.attempts === failed.length + 1)
    from = begin(bars, from, step.tried_at);
  const attempt = failed.length > 0 ? failed.length + 1 : null;
  bars.push({ from, to: end, isAsleep, status: step.status, attempt });
  return bars;
}

/** The one of an attempt by itself; none of one that there was not. @param now as of barsOf */
export function barsOfAttempt({ type }: KnownStep, told: Told, now: number): Bar[] {
  const { status, started_at, completed_at, number } = told;
  if (status === null || started_at === null) return [];
  const from = Date.parse(started_at);
  const to = Math.max(from, completed_at === null ? now : Date.parse(completed_at));
  return [{ from, to, isAsleep: SLEEPING.has(type ?? ""), status, attempt: number }];
}

/** An attempt began at a time: what was before it slept so long. */
function begin(bars: Bar[], due: number, startedAt: string): number {
  const from = Math.max(due, Date.parse(startedAt));
  const asleep = bars.at(-1);
  if (asleep !== undefined) asleep.to = from;
  return from;
}
