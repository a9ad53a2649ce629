import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { lastTicks, momentOf, nextTicks, type Timing, timingOf } from "./timing.ts";

const FIRST = Date.UTC(2016, 0, 1);
const LAST = Date.UTC(2026, 0, 1);

/** By zone and pattern: how many ticks, and a digest of them; made by ticks.py, which says how. */
const table: Record<string, Record<string, [count: number, digest: string]>> = await Bun.file(
  join(import.meta.dir, "../../../tests/schedules/ticks.json"),
).json();

const at = (text: string) => momentOf(text) ?? Number.NaN;
const timing = (settings: Parameters<typeof timingOf>[0], createdAt = at("2026-01-01T00:00:00Z")) =>
  timingOf(settings, "a", createdAt);
const texts = (ticks: number[]) => ticks.map((tick) => new Date(tick).toISOString().replace(".000", ""));

function ticksOf({ next }: Timing, after: number, until: number): number[] {
  const ticks: number[] = [];
  for (let tick = next(after); tick !== null && tick < until; tick = next(tick)) ticks.push(tick);
  return ticks;
}

describe("ten zones over ten years tick as another library says", () => {
  expect(Object.keys(table)).toHaveLength(10);
  for (const [timezone, patterns] of Object.entries(table)) {
    for (const [cron, [count, digest]] of Object.entries(patterns)) {
      test(`${timezone} ${cron}`, () => {
        const ticks = ticksOf(timing({ cron, timezone }), FIRST - 1, LAST).map((tick) => tick / 1000);
        const found = new Bun.CryptoHasher("sha256").update(ticks.join(",")).digest("hex").slice(0, 16);
        expect([ticks.length, found]).toEqual([count, digest]);
      });
    }
  }
});

describe("where clocks are changed", () => {
  const berlin = (cron: string, after: string, most: number) =>
    texts(nextTicks(timing({ cron, timezone: "Europe/Berlin" }), at(after), most));

  test("a fixed time in the gap fires once at its end, with others of the gap and its end", () => {
    expect(berlin("30 2 * * *", "2026-03-28T12:00:00Z", 2)).toEqual(["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]);
    expect(berlin("0,30 2,3 * * *", "2026-03-28T22:00:00Z", 3)).toEqual([
      "2026-03-29T01:00:00Z",
      "2026-03-29T01:30:00Z",
      "2026-03-30T00:00:00Z",
    ]);
  });

  test("a fixed time that is shown twice fires the first time", () => {
    expect(berlin("30 2 * * *", "2026-10-24T12:00:00Z", 2)).toEqual(["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]);
    // Asked between the two.
    expect(berlin("30 2 * * *", "2026-10-25T01:00:00Z", 1)).toEqual(["2026-10-26T01:30:00Z"]);
  });

  test("what begins with * goes by the time that elapses", () => {
    expect(berlin("0 * * * *", "2026-10-24T23:30:00Z", 4)).toEqual([
      "2026-10-25T00:00:00Z",
      "2026-10-25T01:00:00Z",
      "2026-10-25T02:00:00Z",
      "2026-10-25T03:00:00Z",
    ]);
    expect(berlin("30 */2 * * *", "2026-03-28T23:00:00Z", 2)).toEqual(["2026-03-28T23:30:00Z", "2026-03-29T02:30:00Z"]);
  });

  test("a day that a zone left out", () => {
    const apia = timing({ cron: "0 12 * * *", timezone: "Pacific/Apia" });
    expect(texts(nextTicks(apia, at("2011-12-29T00:00:00Z"), 3))).toEqual([
      "2011-12-29T22:00:00Z",
      "2011-12-30T10:00:00Z",
      "2011-12-30T22:00:00Z",
    ]);
  });
});

test("no more ticks are looked for than are asked for", () => {
  const looked: number[] = [];
  const next = (after: number) => looked[looked.push(after + 10) - 1] ?? null;
  const tens = { next, dueAt: (tick: number) => tick, jitterMilliseconds: 0 };
  expect(nextTicks(tens, 0, 3)).toEqual([10, 20, 30]);
  expect(nextTicks(tens, 0, 1000, 20)).toEqual([10]);
  expect(nextTicks(tens, 0, 1000, 21)).toEqual([10, 20]);
  expect(looked).toEqual([10, 20, 30, 10, 20, 10, 20, 30]);
});

test("seconds may come first", () => {
  const ticks = nextTicks(timing({ cron: "*/20 59 23 31 12 *" }), at("2026-06-01T00:00:00Z"), 4);
  expect(texts(ticks)).toEqual([
    "2026-12-31T23:59:00Z",
    "2026-12-31T23:59:20Z",
    "2026-12-31T23:59:40Z",
    "2027-12-31T23:59:00Z",
  ]);
});

test("every counts from starts_at, else from when it was made", () => {
  const hourly = { every: "PT1H" };
  expect(texts(nextTicks(timing(hourly, at("2026-01-01T00:07:00Z")), at("2026-01-01T00:07:00Z"), 2))).toEqual([
    "2026-01-01T01:07:00Z",
    "2026-01-01T02:07:00Z",
  ]);
  const from = { ...hourly, starts_at: "2026-01-01T03:30:00+01:00", ends_at: "2026-01-01T04:30:00Z" };
  expect(texts(nextTicks(timing(from), 0, 5))).toEqual(["2026-01-01T02:30:00Z", "2026-01-01T03:30:00Z"]);
});

test("cron ticks from starts_at on, that included, and before ends_at", () => {
  const span = { cron: "0 8 * * *", starts_at: "2026-01-02T08:00:00Z", ends_at: "2026-01-04T08:00:00Z" };
  expect(texts(nextTicks(timing(span), 0, 5))).toEqual(["2026-01-02T08:00:00Z", "2026-01-03T08:00:00Z"]);
});

test("jitter is the same for a tick, less than asked for, and differs among ticks and schedules", () => {
  const jittered = (id: string) => timingOf({ every: 60, jitter: 30 }, id, 0);
  const delays = (id: string) => nextTicks(jittered(id), 0, 50).map((tick) => jittered(id).dueAt(tick) - tick);
  expect(delays("a")).toEqual(delays("a"));
  expect(delays("a")).not.toEqual(delays("b"));
  expect(new Set(delays("a")).size).toBeGreaterThan(40);
  for (const delay of delays("a")) {
    expect(delay).toBeGreaterThanOrEqual(0);
    expect(delay).toBeLessThan(30_000);
  }
});

test("the last ticks of a long time are found without those before", () => {
  const [first, last] = [at("2020-01-01T00:00:00Z"), at("2026-01-01T00:00:00Z")];
  const seconds = lastTicks(timing({ cron: "* * * * * *" }), first, last, 3);
  expect(texts(seconds)).toEqual(["2025-12-31T23:59:58Z", "2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z"]);
  const years = lastTicks(timing({ cron: "0 0 29 2 *" }), first, last, 5);
  expect(texts(years)).toEqual(["2020-02-29T00:00:00Z", "2024-02-29T00:00:00Z"]);
  expect(lastTicks(timing({ every: 60 }), first, last, 0)).toEqual([]);
});
