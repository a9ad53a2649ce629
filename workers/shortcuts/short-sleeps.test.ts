/** What a worker remembers of runs that it put to sleep. */
import { expect, test } from "bun:test";
import { HandClock } from "../../src/clock.fixture.ts";
import { ShortSleeps } from "./short-sleeps.ts";

const NOW = 1_000_000;

function bench() {
  const clock = new HandClock();
  clock.time = NOW;
  const woken: number[] = [];
  const sleepers = new ShortSleeps<{ wakeAt: number; payload: string; log: string }>(clock, (runs) => {
    woken.push(...runs.map(({ wakeAt }) => wakeAt));
  });
  const add = (wakeAt: number, payload = "{}") => sleepers.add({ wakeAt, payload, log: "[]" });
  return { clock, sleepers, woken, add };
}

test("runs that wake at about one moment wake together, none before its time", () => {
  const { clock, woken, add } = bench();
  for (const wakeAt of [NOW + 1001, NOW + 1020, NOW + 1008]) add(wakeAt);
  expect(clock.timers).toBe(1);
  expect(clock.lastTimer).toBe(1020);
  add(NOW + 1021);
  expect(clock.lastTimer).toBe(1040);
  clock.ring();
  expect(woken).toEqual([NOW + 1001, NOW + 1020, NOW + 1008, NOW + 1021]);
});

test("only short sleeps are remembered, and no more than fit", () => {
  const { sleepers, add } = bench();
  expect(sleepers.hasRoom(NOW + 10_000)).toBe(true);
  expect(sleepers.hasRoom(NOW + 10_001)).toBe(false);
  for (let count = 0; count < 10_000; count++) {
    expect(sleepers.hasRoom(NOW + 1000)).toBe(true);
    add(NOW + 1000);
  }
  expect(sleepers.hasRoom(NOW + 1000)).toBe(false);
  expect(sleepers.takeAll()).toHaveLength(10_000);
  expect(sleepers.hasRoom(NOW + 1000)).toBe(true);
  add(NOW + 1000, "x".repeat(16 * 1024 * 1024));
  expect(sleepers.hasRoom(NOW + 1000)).toBe(false);
});

test("those that were taken do not wake", () => {
  const { clock, sleepers, woken, add } = bench();
  add(NOW + 5);
  add(NOW + 500);
  expect(sleepers.takeAll().map(({ wakeAt }) => wakeAt)).toEqual([NOW + 5, NOW + 500]);
  clock.ring();
  expect(woken).toEqual([]);
});
