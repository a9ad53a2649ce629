import { expect, test } from "bun:test";
import pino from "pino";
import { HandClock } from "../../src/clock.fixture.ts";
import type { Executor } from "../execution/port.ts";
import { Suspects } from "../holding/suspects.ts";
import { PureExecution } from "./pure.ts";

const LIMIT_MILLISECONDS = 50;

/** Threads that never answer: every execution is late. */
const silent: Pick<Executor, "freest" | "execute"> = { freest: () => 0, execute: () => new Promise(() => {}) };

function lateness(): { clock: HandClock; beLate(): Promise<void>; pause(): number } {
  const clock = new HandClock();
  const log = pino({ level: "silent" });
  const pure = new PureExecution(
    { executor: silent, clock, log },
    new Suspects({ clock, log }, { onFailureOf: () => null }),
  );
  return {
    clock,
    async beLate() {
      const execution = pure.execute([{ uuid: "", payload: "{}", definition: "d", text: "[]" }], LIMIT_MILLISECONDS);
      clock.ring();
      expect(await execution).toEqual([null]);
    },
    /** Milliseconds until runs are executed again; the clock stands there. */
    pause() {
      const since = clock.time;
      while (!pure.isFit("d")) clock.time += 1;
      return clock.time - since;
    },
  };
}

test("a machine that is late once has runs executed before their insert again soon, a slow workflow ever later", async () => {
  const { clock, beLate, pause } = lateness();
  const pauses: number[] = [];
  for (let count = 0; count < 9; count++) {
    await beLate();
    pauses.push(pause());
  }
  expect(pauses).toEqual([50, 100, 200, 400, 800, 1600, 3200, 5000, 5000]);
  clock.time += 10_000;
  await beLate();
  expect(pause()).toBe(50);
});

test("batches that are late together are late once", async () => {
  const { beLate, pause } = lateness();
  await Promise.all([beLate(), beLate(), beLate()]);
  expect(pause()).toBe(50);
  await beLate();
  expect(pause()).toBe(100);
});
