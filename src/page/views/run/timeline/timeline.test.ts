/** The line of time of a run: attempts have bars, and long stretches in which nothing happens are cut out. */
import { describe, expect, test } from "bun:test";
import { type Bar, barsOf } from "./bars.ts";
import { scaleOf } from "./scale.ts";

const iso = (milliseconds: number) => new Date(milliseconds).toISOString();
const bar = (from: number, to: number, isAsleep = false): Bar => ({
  from,
  to,
  isAsleep,
  status: "success",
  attempt: null,
});
const step = (from: number, to: number | null, type = "webhook") => ({
  ...{ address: "a", path: "0", type, status: to === null ? ("running" as const) : ("success" as const) },
  ...{ started_at: iso(from), completed_at: to === null ? null : iso(to), error: null, output_bytes: 0 },
});

describe("bars", () => {
  test("each attempt has one, and the time between them sleeps", () => {
    const details = { code: "http", message: "", step: "a", path: "0", attempts: 1, details: null, cause: null };
    const failed = [{ error: "no", error_details: { ...details, at: iso(10) }, next_at: iso(50) }];
    expect(barsOf(step(0, 70), failed, 100)).toEqual([
      { from: 0, to: 10, isAsleep: false, status: "failed", attempt: 1 },
      { from: 10, to: 50, isAsleep: true, status: "pending", attempt: null },
      { from: 50, to: 70, isAsleep: false, status: "success", attempt: 2 },
    ]);
  });

  test("an attempt begins when it did, where that is known, which may be later than it was to", () => {
    const details = { code: "http", message: "", step: "a", path: "0", details: null, cause: null };
    const failed = [
      { started_at: iso(0), error: "no", error_details: { ...details, attempts: 1, at: iso(10) }, next_at: iso(20) },
      { started_at: iso(25), error: "no", error_details: { ...details, attempts: 2, at: iso(30) }, next_at: iso(40) },
    ];
    const ended = { ...step(0, 70), attempts: 3, tried_at: iso(60) };
    expect(barsOf(ended, failed, 100).map(({ from, to }) => [from, to])).toEqual([
      ...[
        [0, 10],
        [10, 25],
        [25, 30],
        [30, 60],
        [60, 70],
      ],
    ]);
  });

  test("what is under way goes on to now, what has not begun has none", () => {
    expect(barsOf(step(20, null), [], 100)).toMatchObject([{ from: 20, to: 100, status: "running" }]);
    expect(barsOf({ ...step(20, null), started_at: null }, [], 100)).toEqual([]);
    expect(barsOf(step(0, 5, "delay"), [], 9)).toMatchObject([{ isAsleep: true }]);
  });
});

describe("the scale", () => {
  test("is even where nothing is cut", () => {
    const { place, cuts, ticks } = scaleOf([bar(0, 500), bar(500, 1000)], 0, 1000);
    expect([0, 250, 500, 1000].map(place)).toEqual([0, 0.25, 0.5, 1]);
    expect(cuts).toEqual([]);
    expect(ticks).toEqual([0, 250, 500, 750, 1000]);
  });

  test("cuts three days of sleep out, whatever slept, and keeps what is before and behind", () => {
    const days = 3 * 86_400_000;
    const { place, cuts } = scaleOf(
      [bar(0, 1000), bar(1000, 1000 + days, true), bar(1000 + days, 2000 + days)],
      0,
      2000 + days,
    );
    expect(cuts).toEqual([{ at: 0.5, length: days }]);
    expect(place(1000)).toBeCloseTo(0.48, 5);
    expect(place(1000 + days)).toBeCloseTo(0.52, 5);
    expect(place(2000 + days)).toBeCloseTo(1, 5);
  });

  test("names times around what is cut out, where there is room for them", () => {
    const hour = 3_600_000;
    const bars = [0, hour, 3 * hour].map((from) => bar(from, from + 1000));
    expect(scaleOf(bars, 0, 3 * hour + 1000).ticks).toEqual([0, 1000, hour + 1000, 3 * hour + 1000]);
  });

  test("does not cut what worked all the time, however long", () => {
    expect(scaleOf([bar(0, 10), bar(10, 3_600_000)], 0, 3_600_000).cuts).toEqual([]);
  });

  test("has room for what the run is in now, also where that is all of it", () => {
    const hour = 3_600_000;
    const { place, cuts } = scaleOf([bar(0, 100), bar(100, hour, true)], 0, hour);
    expect([place(100), place(hour)].map((at) => at.toFixed(2))).toEqual(["0.70", "1.00"]);
    expect(cuts).toMatchObject([{ at: expect.closeTo(0.85), length: hour - 100 }]);
    expect([0, hour].map(scaleOf([bar(0, hour, true)], 0, hour).place)).toEqual([0, 1]);
  });
  test("keeps half of the line for what was done, however often it slept", () => {
    const hour = 3_600_000;
    const often = Array.from({ length: 40 }, (_, at) => bar(at * hour, at * hour + 1000));
    const { place } = scaleOf(often, 0, 39 * hour + 1000);
    expect(place(39 * hour + 1000)).toBeCloseTo(1, 5);
    expect(often.every(({ from, to }) => place(to) - place(from) > 0.01)).toBe(true);
  });
  test("of what has not begun cuts nothing out", () => {
    expect(scaleOf([], 0, 3_600_000)).toMatchObject({ cuts: [], ticks: [0, 900_000, 1_800_000, 2_700_000, 3_600_000] });
  });
  test("has a place for a run without a length", () => expect(scaleOf([bar(5, 5)], 5, 5).place(5)).toBe(0));
});
