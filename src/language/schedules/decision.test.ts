import { describe, expect, test } from "bun:test";
import type { SchedulePosition, ScheduleSettings } from "../../schemas/schedule.ts";
import { decide, LOOK_MILLISECONDS, MAX_WAITING_TICKS } from "./decision.ts";
import { timingOf } from "./timing.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Ticks are at whole minutes. */
const MINUTELY: ScheduleSettings = { every: 60 };

function decided(
  settings: ScheduleSettings,
  { now, isUnderWay = false, ...position }: Partial<SchedulePosition> & { now: number; isUnderWay?: boolean },
) {
  const whole = { nextAt: MINUTE, waiting: [], backfill: null, ...position };
  return decide(settings, timingOf(settings, "a", 0), whole, now, isUnderWay);
}

describe("a tick", () => {
  test("is not fired before its time", () => {
    const { tick, position, dueAt } = decided(MINUTELY, { now: MINUTE - 1 });
    expect({ tick, nextAt: position.nextAt, dueAt }).toEqual({ tick: null, nextAt: MINUTE, dueAt: MINUTE });
  });

  test("is fired at its time, and the next one is due then", () => {
    const { tick, position, dueAt, skipped } = decided(MINUTELY, { now: MINUTE });
    expect({ tick, position, dueAt, skipped }).toEqual({
      tick: MINUTE,
      position: { nextAt: 2 * MINUTE, waiting: [], backfill: null },
      dueAt: 2 * MINUTE,
      skipped: null,
    });
  });

  test("that is the last leaves nothing to look at", () => {
    const ends = { ...MINUTELY, ends_at: "1970-01-01T00:02:00Z" };
    expect(decided(ends, { now: MINUTE })).toMatchObject({ tick: MINUTE, position: { nextAt: null }, dueAt: null });
  });

  test("is fired later by its jitter", () => {
    const jittered = { ...MINUTELY, jitter: 3600 };
    const dueAt = timingOf(jittered, "a", 0).dueAt(MINUTE);
    expect(dueAt).toBeGreaterThan(MINUTE);
    expect(decided(jittered, { now: dueAt - 1 })).toMatchObject({ tick: null, dueAt });
    expect(decided(jittered, { now: dueAt }).tick).toBe(MINUTE);
  });
});

describe("after an outage", () => {
  // The example of docs/schedules.md.
  const late: [settings: ScheduleSettings, seconds: number[]][] = [
    [{ every: 10, catch_up: 0 }, [25, 15, 5]],
    [{ every: 10, catch_up: 3 }, [55, 45, 35, 25, 15, 5]],
    [{ every: 60, catch_up: 0 }, [5]],
  ];
  test.each(late)("%j fires what is late by up to 30 s beside what is made up", (settings, seconds) => {
    const now = HOUR + 5000;
    const { tick, position } = decided({ ...settings, overlap: "allow" }, { now, nextAt: HOUR - 2 * MINUTE });
    expect([tick, ...position.waiting].map((at) => (now - (at ?? 0)) / 1000)).toEqual(seconds);
  });

  const cases: [catchUp: number | undefined, fired: number[]][] = [
    [undefined, [HOUR - MINUTE]],
    [0, []],
    [3, [HOUR - 3 * MINUTE, HOUR - 2 * MINUTE, HOUR - MINUTE]],
  ];
  for (const [catch_up, fired] of cases) {
    test(`catch_up ${catch_up} makes up ${fired.length}`, () => {
      const settings = { ...MINUTELY, overlap: "allow" as const, ...(catch_up !== undefined && { catch_up }) };
      const { tick, position, skipped } = decided(settings, { now: HOUR - 1000 });
      expect([tick, ...position.waiting].filter((one) => one !== null)).toEqual(fired);
      expect(position.nextAt).toBe(HOUR);
      expect(skipped).toEqual({ tick: MINUTE, reason: "missed" });
    });
  }

  test("ticks that are late by seconds were not missed", () => {
    const secondly = { every: 1, catch_up: 0, overlap: "allow" as const };
    const { tick, position, skipped } = decided(secondly, { now: MINUTE + 2500 });
    expect([tick, ...position.waiting]).toEqual([MINUTE, MINUTE + 1000, MINUTE + 2000]);
    expect(skipped).toBeNull();
  });

  test("none is skipped where all are made up", () => {
    const { tick, position, skipped } = decided({ ...MINUTELY, catch_up: 100, overlap: "allow" }, { now: 5 * MINUTE });
    expect([tick, ...position.waiting]).toEqual([1, 2, 3, 4, 5].map((one) => one * MINUTE));
    expect(skipped).toBeNull();
  });

  test("a clock that was set back fires nothing again", () => {
    const nextAt = 10 * MINUTE;
    expect(decided(MINUTELY, { now: 2 * MINUTE, nextAt })).toMatchObject({ tick: null, position: { nextAt } });
  });
});

describe("while a run is under way", () => {
  const meanwhile = { now: MINUTE, isUnderWay: true };

  test("skip leaves the tick out", () => {
    const { tick, position, skipped, dueAt } = decided(MINUTELY, meanwhile);
    expect({ tick, waiting: position.waiting, dueAt }).toEqual({ tick: null, waiting: [], dueAt: 2 * MINUTE });
    expect(skipped).toEqual({ tick: MINUTE, reason: "overlap" });
  });

  test("allow fires it", () => expect(decided({ ...MINUTELY, overlap: "allow" }, meanwhile).tick).toBe(MINUTE));

  test("queue has it wait, and fires one after the other", () => {
    const queue: ScheduleSettings = { ...MINUTELY, overlap: "queue" };
    const first = decided(queue, meanwhile);
    expect(first).toMatchObject({ tick: null, cancels: false, dueAt: MINUTE + LOOK_MILLISECONDS });
    const second = decided(queue, { ...first.position, now: 2 * MINUTE, isUnderWay: true });
    expect(second.position.waiting).toEqual([MINUTE, 2 * MINUTE]);
    const third = decided(queue, { ...second.position, now: 2 * MINUTE + 1 });
    expect(third).toMatchObject({ tick: MINUTE, position: { waiting: [2 * MINUTE] } });
  });

  test("cancel_oldest has it cancelled, and fires when it is over", () => {
    const cancels: ScheduleSettings = { ...MINUTELY, overlap: "cancel_oldest" };
    const first = decided(cancels, meanwhile);
    expect(first).toMatchObject({ tick: null, cancels: true, position: { waiting: [MINUTE] } });
    expect(decided(cancels, { ...first.position, now: MINUTE + 1 })).toMatchObject({ tick: MINUTE, cancels: false });
  });

  test("a queue has an end", () => {
    const waiting = Array.from({ length: MAX_WAITING_TICKS }, (_, index) => index);
    const { position, skipped } = decided({ ...MINUTELY, overlap: "queue" }, { ...meanwhile, waiting });
    expect(position.waiting).toEqual(waiting);
    expect(skipped).toEqual({ tick: MINUTE, reason: "too_many_wait" });
  });
});

describe("a backfill", () => {
  const backfill = { next: -3 * MINUTE, to: -MINUTE };

  test("goes tick by tick while nothing is under way, behind the ticks of the schedule", () => {
    const first = decided(MINUTELY, { now: 1, backfill });
    expect(first).toMatchObject({ tick: -3 * MINUTE, position: { backfill: { next: -2 * MINUTE } } });
    expect(decided(MINUTELY, { ...first.position, now: 2, isUnderWay: true }).tick).toBeNull();
    const last = decided(MINUTELY, { ...first.position, now: 2 });
    expect(last).toMatchObject({ tick: -2 * MINUTE, position: { backfill: null }, dueAt: MINUTE });
    expect(decided(MINUTELY, { now: MINUTE, backfill })).toMatchObject({ tick: MINUTE, position: { backfill } });
  });

  test("waits for no run where overlap is allowed", () => {
    const { tick, dueAt } = decided({ ...MINUTELY, overlap: "allow" }, { now: 1, isUnderWay: true, backfill });
    expect({ tick, dueAt }).toEqual({ tick: -3 * MINUTE, dueAt: 1 });
  });
});
