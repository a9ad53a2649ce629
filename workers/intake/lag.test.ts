import { expect, test } from "bun:test";
import { HandClock } from "../../src/clock.fixture.ts";
import { newId } from "../../src/ids.ts";
import { MessageLag } from "./lag.ts";

const LONGEST = 30_000;

function clockOfToday(): HandClock {
  const clock = new HandClock();
  clock.time = Date.parse("2026-01-01T00:00:00Z");
  return clock;
}

/** A worker that has been up for long. */
function settled(): { clock: HandClock; lag: MessageLag } {
  const clock = clockOfToday();
  const lag = new MessageLag(clock);
  clock.time += 10_000;
  return { clock, lag };
}

test("a worker that has just started waits for its messages, for 5 s", () => {
  const clock = clockOfToday();
  const lag = new MessageLag(clock);
  lag.heard(newId(clock.now() - 10));
  clock.time += 4999;
  expect(lag.patience()).toBe(LONGEST);
  clock.time += 1;
  expect(lag.patience()).toBe(0);
});

test("new runs are left alone for twice the age of the oldest run whose message came within a second", () => {
  const { clock, lag } = settled();
  expect(lag.patience()).toBe(0);
  lag.heard(newId(clock.now() - 8000));
  lag.heard(newId(clock.now() - 1500));
  expect(lag.patience()).toBe(16_000);
  clock.time += 1000;
  expect(lag.patience()).toBe(0);
  lag.heard(newId(clock.now() - 1500));
  expect(lag.patience()).toBe(3000);
});

test("messages that come within a second of their triggers are on time", () => {
  const { clock, lag } = settled();
  lag.heard(newId(clock.now() - 999));
  expect(lag.patience()).toBe(0);
});

test("new runs are not left alone because messages of a backlog come, only for what messages of young runs say", () => {
  const { clock, lag } = settled();
  for (const age of [86_400_000, 3_600_000, 30_001]) {
    lag.heard(newId(clock.now() - age));
    expect(lag.patience()).toBe(0);
  }
  // Another partition is behind by less.
  lag.heard(newId(clock.now() - 4000));
  lag.heard(newId(clock.now() - 3_600_000));
  expect(lag.patience()).toBe(8000);
});

test("no more than 30 s, and ids that tell no time count for nothing", () => {
  const { clock, lag } = settled();
  lag.heard(newId(clock.now() + 60_000));
  lag.heard("7c8f8d5e-6f0b-4a51-9d3e-0a1b2c3d4e5f");
  lag.heard("none");
  lag.heard("");
  expect(lag.patience()).toBe(0);
  lag.heard(newId(clock.now() - 29_000));
  expect(lag.patience()).toBe(LONGEST);
});
