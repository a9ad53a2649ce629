import type { ScheduleSettings } from "../../schemas/schedule.ts";
import { secondsOf } from "../definition/durations.ts";
import { sha256 } from "../expressions/functions/digest.ts";
import { parseTimestamp } from "../expressions/values/moments.ts";
import { CronPattern } from "./cron.ts";
import { zoneOf } from "./zone.ts";

/** When a schedule ticks. Times are milliseconds since the epoch. */
export interface Timing {
  /** The first tick after a moment; null where none comes any more. */
  next(after: number): number | null;
  /** When a tick fires: later by its part of the jitter. */
  dueAt(tick: number): number;
  jitterMilliseconds: number;
}

/** The timing of settings that were checked; `id` tells the jitter of one schedule from that of others. */
export function timingOf(settings: ScheduleSettings, id: string, createdAt: number): Timing {
  const { starts_at, ends_at, jitter = 0 } = settings;
  const [start, end] = [starts_at, ends_at].map((text) => (text === undefined ? null : (momentOf(text) ?? null)));
  const ticks = ticksOf(settings, start ?? createdAt);
  const jitterMilliseconds = Math.floor(secondsOf(jitter) * 1000);
  return {
    next(after) {
      const tick = ticks(start == null ? after : Math.max(after, start - 1));
      return tick === null || (end != null && tick >= end) ? null : tick;
    },
    dueAt: (tick) => (jitterMilliseconds === 0 ? tick : tick + (hashOf(`${id} ${tick}`) % jitterMilliseconds)),
    jitterMilliseconds,
  };
}

function ticksOf(
  { cron, every = 1, timezone = "UTC" }: ScheduleSettings,
  anchor: number,
): (after: number) => number | null {
  if (cron === undefined) {
    const period = Math.ceil(secondsOf(every) * 1000);
    return (after) => anchor + (Math.floor((after - anchor) / period) + 1) * period;
  }
  const zone = zoneOf(timezone);
  const pattern = zone === null ? { fault: "" } : CronPattern.parse(cron, zone);
  return (after) => ("fault" in pattern ? null : pattern.next(after));
}

/** A time of ISO 8601 with its offset in milliseconds since the epoch; null for any other text. */
export function momentOf(text: string): number | null {
  try {
    return Number(parseTimestamp(text).nanoseconds / 1_000_000n);
  } catch {
    return null;
  }
}

function hashOf(text: string): number {
  return Number.parseInt(sha256(new TextEncoder().encode(text)).slice(0, 12), 16);
}

/** The first `most` ticks after a moment, and before another: those behind are not looked for. */
export function nextTicks({ next }: Timing, after: number, most: number, before = Number.POSITIVE_INFINITY): number[] {
  const ticks: number[] = [];
  for (let tick = next(after); tick !== null && tick < before; tick = next(tick)) {
    ticks.push(tick);
    if (ticks.length === most) break;
  }
  return ticks;
}

const SHORTEST_SPAN = 60_000;

/** The last `most` ticks after a moment and up to another: only these are gone through, and a few before. */
export function lastTicks(timing: Timing, after: number, to: number, most: number): number[] {
  if (most === 0) return [];
  for (let span = SHORTEST_SPAN; ; span *= 8) {
    const from = Math.max(after, to - span);
    const ticks: number[] = [];
    for (let tick = timing.next(from); tick !== null && tick <= to; tick = timing.next(tick)) ticks.push(tick);
    if (from === after || ticks.length >= most) return ticks.slice(-most);
  }
}
