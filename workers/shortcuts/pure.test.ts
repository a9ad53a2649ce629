import { expect, test } from "bun:test";
import pino from "pino";
import { HandClock, settled } from "../../src/clock.fixture.ts";
import type { Executed, Executor } from "../execution/port.ts";
import { Suspects } from "../holding/suspects.ts";
import { PureExecution } from "./pure.ts";

const LIMIT_MILLISECONDS = 50;

/** Threads that never answer: every execution is late. */
const silent: Threads = { freest: () => 0, beats: () => 0, execute: () => new Promise(() => {}) };

type Threads = Pick<Executor, "freest" | "beats" | "execute">;

function executionOn(executor: Threads, clock: HandClock): PureExecution {
  const log = pino({ level: "silent" });
  return new PureExecution({ executor, clock, log }, new Suspects({ clock, log }, { onFailureOf: () => null }));
}

function lateness(): { clock: HandClock; beLate(): Promise<void>; pause(): number } {
  const clock = new HandClock();
  const pure = executionOn(silent, clock);
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

const executed: Executed = {
  kind: "advanced",
  advanced: { seq: 0, entries: "[]", mustSave: false, next: { kind: "again" } },
};

/** Threads that end the tasks one by one, when they are told to; and three tasks handed to them. */
function threeTasks() {
  const clock = new HandClock();
  const ends: (() => void)[] = [];
  let beats = 0;
  const executor: Threads = {
    freest: () => 0,
    beats: () => beats,
    execute: ({ runs }) =>
      new Promise((resolve) => {
        ends.push(() => resolve(runs.map(() => executed)));
      }),
  };
  const runs = Array.from({ length: 3 * 128 }, () => ({ uuid: "", payload: "{}", definition: "d", text: "[]" }));
  const execution = executionOn(executor, clock).execute(runs, LIMIT_MILLISECONDS);
  return {
    execution,
    /** Lets the limit pass; threads began this many runs meanwhile. */
    async pass(begun: number): Promise<void> {
      beats += begun;
      clock.time += LIMIT_MILLISECONDS;
      clock.ring();
      await settled();
    },
    async end(task: number): Promise<void> {
      ends[task]?.();
      await settled();
    },
  };
}

test("many runs have the time that they need on a busy machine, as long as threads go from run to run", async () => {
  const { execution, pass, end } = threeTasks();
  for (let count = 0; count < 9; count++) await pass(1);
  for (const task of [0, 1, 2]) await end(task);
  expect((await execution).filter((one) => one !== null)).toHaveLength(3 * 128);
});

test("runs that take ten times the limit are late, whatever the threads do", async () => {
  const { execution, pass } = threeTasks();
  for (let count = 0; count < 10; count++) await pass(100);
  expect((await execution).filter((one) => one !== null)).toEqual([]);
});

test("what threads did in time is kept where the rest is late", async () => {
  const { execution, pass, end } = threeTasks();
  await end(1);
  await pass(1);
  await pass(0);
  const results = await execution;
  expect(results.map((one) => one !== null)).toEqual(results.map((_, at) => at >= 128 && at < 256));
});
