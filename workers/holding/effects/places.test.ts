/** Places for effects: which effects get one, which wait, and for how long. */
import { expect, test } from "bun:test";
import type { Clock } from "../../../src/clock.ts";
import type { HeldEffect } from "../handing.ts";
import { HeldRun } from "../held-run.ts";
import { Places } from "./places.ts";

const MAX_EFFECTS = 64;

/** A clock that a test moves; callbacks of this turn are called at once. */
class ManualClock implements Clock {
  time = 0;
  #timers: { at: number; callback: () => void }[] = [];
  now = () => this.time;
  monotonic = () => this.time;
  nextTurn = (callback: () => void) => callback();

  timer(milliseconds: number, callback: () => void): () => void {
    const timer = { at: this.time + milliseconds, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  }

  advance(milliseconds: number): void {
    const end = this.time + milliseconds;
    for (;;) {
      const [next] = this.#timers.filter(({ at }) => at <= end).toSorted((one, other) => one.at - other.at);
      if (next === undefined) break;
      this.#timers = this.#timers.filter((one) => one !== next);
      this.time = next.at;
      next.callback();
    }
    this.time = end;
  }
}

let runs = 0;
function effectOf(workflow: string, host: string | null): HeldEffect {
  const run = {
    namespace: "default",
    uuid: `run ${runs++}`,
    workflowUuid: workflow,
    workflowVersion: 1,
    payload: "{}",
    log: "[]",
    logLength: 0,
    inbox: [],
    parentUuid: null,
    isOnFailure: false,
    isCancelled: false,
    compensates: true,
    token: 1,
    startedAt: 0,
    crashes: 0,
    claims: 1,
    depth: 0,
    traceparent: null,
  };
  return { held: new HeldRun(run, "due", 30_000), path: "0", host, generation: 0 };
}

function open() {
  const clock = new ManualClock();
  const started: HeldEffect[] = [];
  const tired: HeldEffect[] = [];
  const pauses: number[] = [];
  const places = new Places(
    { clock, maxEffects: MAX_EFFECTS },
    async (batch) => {
      started.push(...batch);
    },
    (effect, pause) => {
      tired.push(effect);
      pauses.push(pause);
    },
  );
  const add = (count: number, workflow: string, host: string | null) => {
    for (let left = count; left > 0; left--) places.add(effectOf(workflow, host));
  };
  const under = (workflow: string) => started.filter(({ held }) => held.run.workflowUuid === workflow).length;
  return { clock, places, started, tired, pauses, add, under };
}

test("one workflow gets a quarter of the places, a second one a fifth, and there is always one for another", () => {
  const { add, under } = open();
  add(1000, "hangs", "a");
  expect(under("hangs")).toBe(MAX_EFFECTS / 4);
  add(1000, "hangs too", "b");
  expect(under("hangs too")).toBe(12);
  for (const name of ["c", "d", "e", "f"]) add(2, name, name);
  expect(["c", "d", "e", "f"].map(under)).toEqual([2, 2, 2, 2]);
});

test("many workflows together get a quarter of the places for one host", () => {
  const { add, started } = open();
  for (let index = 0; index < 100; index++) add(1, `w${index}`, "hangs");
  expect(started).toHaveLength(MAX_EFFECTS / 4);
  add(3, "other", "answers");
  expect(started).toHaveLength(MAX_EFFECTS / 4 + 3);
});

test("a free place goes to the next in line, each line in its turn", async () => {
  const { add, places, started, under } = open();
  for (const name of ["a", "b", "c", "d", "e", "f", "g", "h"]) add(20, name, name);
  const before = started.length;
  for (const effect of started.slice(0, 40)) {
    places.end(effect);
    await Promise.resolve();
  }
  expect(started.length).toBeGreaterThanOrEqual(before + 25);
  const shares = ["a", "b", "c", "d", "e", "f", "g", "h"].map(under);
  expect(Math.min(...shares)).toBeGreaterThan(0);
});

test("in a line that does not move effects are given up after a second, and the others keep their place", () => {
  const { add, clock, tired, pauses, started } = open();
  add(MAX_EFFECTS, "hangs", "a");
  const running = started.length;
  clock.advance(500);
  add(3, "hangs", "a");
  clock.advance(800);
  expect(tired).toHaveLength(MAX_EFFECTS - running);
  clock.advance(600);
  expect(tired).toHaveLength(MAX_EFFECTS - running + 3);
  // For as long as the line is old, also when nothing has waited for a while.
  expect(new Set(pauses)).toEqual(new Set([1250, 1750]));
  clock.advance(18_100);
  add(1, "hangs", "a");
  clock.advance(1250);
  expect(pauses.at(-1)).toBe(21_250);
});

test("a stop takes back effects that have not started, with their places", async () => {
  const { add, places, started } = open();
  add(100, "hangs", "a");
  expect(places.takeAll()).toHaveLength(100 - started.length);
  for (const effect of [...started]) places.end(effect);
  await Promise.resolve();
  const before = started.length;
  add(MAX_EFFECTS, "next", "b");
  expect(started.length - before).toBe(MAX_EFFECTS / 4);
});

test("in a line that moves no effect is given up that will have a place within seconds", async () => {
  const { add, clock, places, started, tired } = open();
  add(500, "busy", "a");
  for (let ended = 0; started.length < 500; ) {
    for (const effect of started.slice(ended, ended + 16)) places.end(effect);
    ended = Math.min(ended + 16, started.length);
    await Promise.resolve();
    clock.advance(100);
  }
  expect(tired).toEqual([]);
});

test("in a long line that moves, those that would wait for more than 5 s are given up, for a quarter of that", async () => {
  const { add, clock, places, started, tired, pauses } = open();
  add(1000, "busy", "a");
  let ended = 0;
  // 16 in 250 ms: 320 in 5 s.
  for (let look = 0; look < 5; look++) {
    for (const effect of started.slice(ended, ended + 16)) places.end(effect);
    ended += 16;
    await Promise.resolve();
    clock.advance(250);
  }
  expect(tired.length).toBe(1000 - 16 - 5 * 16 - 320);
  // The line itself is no older than a second.
  expect(new Set(pauses)).toEqual(new Set([1250]));
  const moves = async (looks: number) => {
    for (let look = 0; look < looks; look++) {
      for (const effect of started.slice(ended, ended + 4)) places.end(effect);
      ended += 4;
      await Promise.resolve();
      clock.advance(250);
    }
  };
  await moves(20);
  add(600, "busy", "a");
  await moves(5);
  expect(Math.max(...pauses)).toBeGreaterThan(5000);
  expect(Math.max(...pauses)).toBeLessThan(15_000);
});
