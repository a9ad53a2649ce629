import { expect, test } from "bun:test";
import pino from "pino";
import { HandClock, settled } from "../clock.fixture.ts";
import { DueWork } from "./due-work.ts";

const log = pino({ level: "silent" });

/** Rings its one timer whenever its time has come. */
async function playUntil(time: number, clock: HandClock): Promise<void> {
  while (clock.time < time) {
    clock.time += clock.lastTimer;
    clock.ring();
    await settled();
  }
}

test("what falls due one by one is done a tenth of a second later at most, and together", async () => {
  const clock = new HandClock();
  const left = Array.from({ length: 200 }, (_, index) => 1000 + 5 * index);
  const delays: number[] = [];
  let looks = 0;
  const work = new DueWork(
    {
      name: "ticks",
      nextDue: async () => left[0] ?? null,
      doDue: async () => {
        looks++;
        const due = left.filter((at) => at <= clock.time);
        delays.push(...left.splice(0, due.length).map((at) => clock.time - at));
        return due.length;
      },
    },
    clock,
    log,
  );
  work.start();
  await playUntil(2100, clock);
  await work.stop();
  expect(delays.length).toBe(200);
  expect(Math.max(...delays)).toBeLessThanOrEqual(100);
  expect(looks).toBeLessThanOrEqual(11);
});

test("what falls due alone is done at once", async () => {
  const clock = new HandClock();
  const left = [1000, 1500, 2000];
  const done: number[] = [];
  const work = new DueWork(
    {
      name: "ticks",
      nextDue: async () => left[0] ?? null,
      doDue: async () => {
        done.push(clock.time);
        return left.splice(0, 1).length;
      },
    },
    clock,
    log,
  );
  work.start();
  await playUntil(2100, clock);
  await work.stop();
  expect(done).toEqual([1000, 1500, 2000]);
});
