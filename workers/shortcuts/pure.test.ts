import { expect, test } from "bun:test";
import pino from "pino";
import { HandClock, settled } from "../../src/clock.fixture.ts";
import type { Executed, Executor, Pace } from "../execution/port.ts";
import { Suspects } from "../holding/suspects.ts";
import { PureExecution } from "./pure.ts";

const LIMIT_MILLISECONDS = 50;

/** Threads that never answer, and are on a CPU all the time: every execution is slow. */
function slowThreads(clock: HandClock): Threads {
  return {
    freest: () => 0,
    paces: () => [{ beats: 0, cpuMilliseconds: clock.time }],
    execute: () => new Promise(() => {}),
  };
}

type Threads = Pick<Executor, "freest" | "paces" | "execute">;

function executionOn(executor: Threads, clock: HandClock): PureExecution {
  const log = pino({ level: "silent" });
  return new PureExecution({ executor, clock, log }, new Suspects({ clock, log }, { onFailureOf: () => null }));
}

/** Lets the limit of an execution pass. */
async function passLimit(clock: HandClock): Promise<void> {
  clock.time += LIMIT_MILLISECONDS;
  clock.ring();
  await settled();
}

function slowness() {
  const clock = new HandClock();
  const pure = executionOn(slowThreads(clock), clock);
  return {
    clock,
    /** Executes so many batches at once. */
    async beSlow(batches = 1): Promise<void> {
      const run = { uuid: "", payload: "{}", definition: "d", text: "[]" };
      const executions = Array.from({ length: batches }, () => pure.execute([run], LIMIT_MILLISECONDS));
      for (let limits = 0; limits < 2; limits++) await passLimit(clock);
      expect(await Promise.all(executions)).toEqual(executions.map(() => [null]));
    },
    /** Milliseconds until runs are executed again; the clock stands there. */
    pause(): number {
      const since = clock.time;
      while (!pure.isFit("d")) clock.time += 1;
      return clock.time - since;
    },
  };
}

test("after slow runs others go the usual way, ever longer while it goes on", async () => {
  const { clock, beSlow, pause } = slowness();
  const pauses: number[] = [];
  for (let count = 0; count < 9; count++) {
    await beSlow();
    pauses.push(pause());
  }
  expect(pauses).toEqual([50, 100, 200, 400, 800, 1600, 3200, 5000, 5000]);
  clock.time += 10_000;
  await beSlow();
  expect(pause()).toBe(50);
});

test("batches that are slow together are slow once", async () => {
  const { beSlow, pause } = slowness();
  await beSlow(3);
  expect(pause()).toBe(50);
  await beSlow();
  expect(pause()).toBe(100);
});

const executed: Executed = {
  kind: "advanced",
  advanced: { seq: 0, entries: "[]", mustSave: false, next: { kind: "again" } },
};

/** Two threads, of which one ends the tasks, when it is told to; and three tasks handed to them. */
function threeTasks() {
  const clock = new HandClock();
  const ends: (() => void)[] = [];
  const idle: Pace = { beats: 0, cpuMilliseconds: 0 };
  const busy: Pace = { beats: 0, cpuMilliseconds: 0 };
  const executor: Threads = {
    freest: () => 0,
    paces: () => [{ ...idle }, { ...busy }],
    execute: ({ runs }) =>
      new Promise((resolve) => {
        ends.push(() => resolve(runs.map(() => executed)));
      }),
  };
  const pure = executionOn(executor, clock);
  const runs = Array.from({ length: 3 * 128 }, () => ({ uuid: "", payload: "{}", definition: "d", text: "[]" }));
  return {
    execution: pure.execute(runs, LIMIT_MILLISECONDS),
    isFit: () => pure.isFit("d"),
    /** Lets the limit pass, of which the thread was on a CPU for so long, and began so many runs. */
    async pass(cpuMilliseconds: number, begun: number): Promise<void> {
      busy.cpuMilliseconds += cpuMilliseconds;
      busy.beats += begun;
      await passLimit(clock);
    },
    async end(task: number): Promise<void> {
      ends[task]?.();
      await settled();
    },
  };
}

test("many runs have the time that they need, as long as their thread goes from run to run", async () => {
  const { execution, pass, end } = threeTasks();
  for (let count = 0; count < 9; count++) await pass(50, 60);
  for (const task of [0, 1, 2]) await end(task);
  expect((await execution).filter((one) => one !== null)).toHaveLength(3 * 128);
});

test("a thread that gets no CPU on a busy machine is not slow", async () => {
  const { execution, pass, end } = threeTasks();
  for (let count = 0; count < 9; count++) await pass(2, 0);
  for (const task of [0, 1, 2]) await end(task);
  expect((await execution).filter((one) => one !== null)).toHaveLength(3 * 128);
});

test("runs that take ten times the limit are late, and others are executed on", async () => {
  const { execution, isFit, pass } = threeTasks();
  for (let count = 0; count < 10; count++) await pass(50, 60);
  expect((await execution).filter((one) => one !== null)).toEqual([]);
  expect(isFit()).toBe(true);
});

test("what threads did in time is kept where the rest is slow", async () => {
  const { execution, isFit, pass, end } = threeTasks();
  await end(1);
  await pass(50, 60);
  await pass(50, 3);
  const results = await execution;
  expect(results.map((one) => one !== null)).toEqual(results.map((_, at) => at >= 128 && at < 256));
  expect(isFit()).toBe(false);
});
