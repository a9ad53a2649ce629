/** When retention asks the storage, and what of. */
import { expect, test } from "bun:test";
import pino from "pino";
import { HandClock, settled } from "../clock.fixture.ts";
import { openMemoryStorage } from "../storage/sqlite/index.ts";
import { Retention } from "./retention.ts";

const DAY = 24 * 60 * 60 * 1000;

/** A retention of so many days over a storage that notes what it is asked, and answers with these. */
function rig(days: number, answers: (boolean | Error)[]) {
  const [clock, machine] = [new HandClock(), new HandClock()];
  clock.time = machine.time = 100 * DAY;
  const asked: (number | null)[] = [];
  const storage = openMemoryStorage(clock);
  storage.maintain = async (before) => {
    asked.push(before);
    const answer = answers.shift() ?? false;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const retention = new Retention({ storage, clock, machine, log: pino({ level: "silent" }), days });
  retention.start();
  const ring = async () => {
    clock.ring();
    await settled();
  };
  return { retention, clock, machine, asked, ring };
}

test("it asks for runs that were over so many days ago, by the clock that is behind", async () => {
  const { clock, machine, asked, ring } = rig(30, []);
  await ring();
  clock.time += 365 * DAY;
  machine.time += DAY;
  await ring();
  expect(asked).toEqual([70 * DAY, 71 * DAY]);
});

test("with 0 days it has nothing dropped, and asks all the same", async () => {
  const { asked, ring } = rig(0, []);
  await ring();
  await ring();
  expect(asked).toEqual([null, null]);
});

test("it goes on soon while there is more to do, and after a failure it waits", async () => {
  const { clock, asked, ring } = rig(30, [true, true, new Error("out"), false]);
  await ring();
  expect(clock.lastTimer).toBe(10);
  await ring();
  await ring();
  expect(clock.lastTimer).toBeGreaterThan(40_000);
  await ring();
  expect(clock.lastTimer).toBeGreaterThan(40_000);
  expect(asked).toHaveLength(4);
});

test("once it is stopped it asks no more", async () => {
  const { retention, asked, ring } = rig(30, [true, true]);
  await ring();
  await retention.stop();
  await ring();
  expect(asked).toHaveLength(1);
});
