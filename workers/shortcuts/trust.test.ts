import { expect, test } from "bun:test";
import pino from "pino";
import { HandClock } from "../../src/clock.fixture.ts";
import { Trust } from "./trust.ts";

function trusting(): { clock: HandClock; trust: Trust; said: number[] } {
  const clock = new HandClock();
  clock.time = 1_000_000;
  const said: number[] = [];
  const log = pino({ level: "warn" }, { write: (line) => said.push(JSON.parse(line).messages) });
  return { clock, trust: new Trust(clock, log), said };
}

test("messages are trusted until a hundred within ten seconds said what their rows do not, then again after a minute", () => {
  const { clock, trust, said } = trusting();
  trust.missed(99);
  expect(trust.holds).toBe(true);
  trust.missed(1);
  trust.missed(500);
  expect([trust.holds, said]).toEqual([false, [100]]);
  clock.time += 59_999;
  expect(trust.holds).toBe(false);
  clock.time += 1;
  expect(trust.holds).toBe(true);
  trust.missed(700);
  expect([trust.holds, said]).toEqual([false, [100, 700]]);
});

test("a few now and then change nothing", () => {
  const { clock, trust, said } = trusting();
  for (let count = 0; count < 100; count++) {
    trust.missed(30);
    clock.time += 3500;
  }
  expect([trust.holds, said]).toEqual([true, []]);
});
