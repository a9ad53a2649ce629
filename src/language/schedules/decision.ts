import type { SchedulePosition, ScheduleSettings, SkipReason } from "../../schemas/schedule.ts";
import { lastTicks, type Timing } from "./timing.ts";

/** A tick that is late by no more than this was not missed: whoever was to fire it was slow, or died, and another took it over. */
export const ON_TIME_MILLISECONDS = 30_000;
/** Ticks that wait for the end of a run; more are skipped. */
export const MAX_WAITING_TICKS = 1000;
/** How often it is looked whether the run is over that ticks wait for. */
export const LOOK_MILLISECONDS = 500;

/** A tick that gets no run. */
export interface Skip {
  tick: number;
  reason: SkipReason;
}

/** What is to be done with a schedule now. */
export interface Decision {
  /** The tick that gets a run; null for none. */
  tick: number | null;
  /** Where the schedule is then, and when it is to be looked at again, milliseconds since the epoch; null for never. */
  position: SchedulePosition;
  dueAt: number | null;
  /** The last tick that gets no run; null where none is skipped. */
  skipped: Skip | null;
  /** Whether the run under way is cancelled, since a tick waits for its end. */
  cancels: boolean;
}

/** @param isUnderWay whether the last run of the schedule is not over */
export function decide(
  settings: ScheduleSettings,
  timing: Timing,
  position: SchedulePosition,
  now: number,
  isUnderWay: boolean,
): Decision {
  const { overlap = "skip" } = settings;
  const arrived = arrivedTicks(settings, timing, position.nextAt, now);
  let { skipped } = arrived;
  let waiting = [...position.waiting, ...arrived.ticks];
  if (overlap === "skip" && isUnderWay) {
    skipped = skipOf(waiting.at(-1), "overlap") ?? skipped;
    waiting = [];
  }
  skipped = skipOf(waiting.slice(MAX_WAITING_TICKS).at(-1), "too_many_wait") ?? skipped;
  waiting = waiting.slice(0, MAX_WAITING_TICKS);
  const isFree = overlap === "allow" || !isUnderWay;
  const cancels = waiting.length > 0 && !isFree && overlap === "cancel_oldest";
  let { backfill } = position;
  let tick: number | null = null;
  if (isFree) {
    tick = waiting.shift() ?? null;
    if (tick === null && backfill !== null) {
      tick = backfill.next;
      const next = timing.next(tick);
      backfill = next === null || next >= backfill.to ? null : { ...backfill, next };
    }
  }
  const { nextAt } = arrived;
  const isOpen = waiting.length > 0 || backfill !== null;
  const looks = [
    ...(isOpen ? [overlap === "allow" ? now : now + LOOK_MILLISECONDS] : []),
    ...(nextAt === null ? [] : [timing.dueAt(nextAt)]),
  ];
  const dueAt = looks.length === 0 ? null : Math.min(...looks);
  return { tick, position: { nextAt, waiting, backfill }, dueAt, skipped, cancels };
}

/** The ticks whose time has come: those on time, and of those that were missed the last, as many as are made up. */
function arrivedTicks(
  { catch_up = 1 }: ScheduleSettings,
  timing: Timing,
  nextAt: number | null,
  now: number,
): { ticks: number[]; nextAt: number | null; skipped: Skip | null } {
  if (nextAt === null) return { ticks: [], nextAt, skipped: null };
  const line = now - ON_TIME_MILLISECONDS - timing.jitterMilliseconds;
  const isLate = nextAt < line;
  const ticks = isLate ? lastTicks(timing, nextAt - 1, line - 1, catch_up) : [];
  let next = isLate ? timing.next(line - 1) : nextAt;
  const isDropped = isLate && ticks[0] !== nextAt;
  while (next !== null && timing.dueAt(next) <= now && ticks.length <= MAX_WAITING_TICKS) {
    ticks.push(next);
    next = timing.next(next);
  }
  return { ticks, nextAt: next, skipped: isDropped ? { tick: nextAt, reason: "missed" } : null };
}

function skipOf(tick: number | undefined, reason: SkipReason): Skip | null {
  return tick === undefined ? null : { tick, reason };
}
