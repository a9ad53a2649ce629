import { describe, expect, test } from "bun:test";
import pino from "pino";
import { HandClock, settled } from "../../clock.fixture.ts";
import { DatabaseClock } from "./database-clock.ts";

/** The database's clock is ahead of the machine's by so many milliseconds. */
const AHEAD = 5000;
const START = 1_000_000;

/** What one answer of the database is like: how long it takes to ask and to be told, or that none comes. */
type Answer = { there: number; back: number } | "none";

const quick: Answer = { there: 0.25, back: 0.25 };
const slow: Answer = { there: 40, back: 0 };

/** A machine and a database whose clocks move as the answers take time. */
class World {
  readonly machine = new HandClock();
  ahead = AHEAD;
  asked = 0;
  readonly clock: DatabaseClock;
  #answers: (index: number) => Answer;

  constructor(answers: (index: number) => Answer) {
    this.#answers = answers;
    this.machine.time = START;
    this.clock = new DatabaseClock({
      machine: this.machine,
      log: pino({ level: "silent" }),
      ask: async () => {
        const answer = this.#answers(this.asked++);
        if (answer === "none") throw new Error("no answer");
        this.machine.time += answer.there;
        const time = this.machine.time + this.ahead;
        this.machine.time += answer.back;
        return time;
      },
    });
  }

  /** How far the clock is off, milliseconds. */
  get off(): number {
    return Math.abs(this.clock.now() - (this.machine.time + this.ahead));
  }

  /** Its next questions, when their time has come. */
  async later(answers: (index: number) => Answer): Promise<void> {
    this.#answers = answers;
    this.asked = 0;
    this.machine.time += this.machine.lastTimer;
    this.machine.ring();
    for (let turn = 0; turn < 10; turn++) await settled();
  }
}

async function started(answers: (index: number) => Answer): Promise<World> {
  const world = new World(answers);
  await world.clock.start();
  return world;
}

describe("at the start", () => {
  test("three quick answers are enough", async () => {
    const world = await started(() => quick);
    expect({ asked: world.asked, again: world.machine.lastTimer }).toEqual({ asked: 3, again: 10_000 });
    expect(world.off).toBeLessThan(1);
  });

  test("it asks until one is quick", async () => {
    const world = await started((index) => (index === 11 ? quick : slow));
    expect({ asked: world.asked, again: world.machine.lastTimer }).toEqual({ asked: 12, again: 10_000 });
    expect(world.off).toBeLessThan(1);
  });

  test("where none is, it makes do with thirty, and asks again soon", async () => {
    const world = await started(() => slow);
    expect({ asked: world.asked, again: world.machine.lastTimer }).toEqual({ asked: 30, again: 1000 });
    expect(world.off).toBeLessThanOrEqual(21);
    await world.later(() => quick);
    expect({ asked: world.asked, again: world.machine.lastTimer }).toEqual({ asked: 3, again: 10_000 });
    expect(world.off).toBeLessThan(1);
  });

  test("far away, where none is quick, it makes do with what two seconds give", async () => {
    const world = await started(() => ({ there: 1500, back: 0 }));
    expect({ asked: world.asked, again: world.machine.lastTimer }).toEqual({ asked: 2, again: 1000 });
  });

  test("a process that stood still while it asked first does not believe that answer", async () => {
    const world = await started((index) => (index === 0 ? { there: 1, back: 16_000 } : quick));
    expect(world.off).toBeLessThan(1);
  });

  test("without an answer there is none, since the machine's time may be wrong by hours", async () => {
    let answer: Answer = "none";
    const world = new World(() => answer);
    await expect(world.clock.start()).rejects.toThrow("no answer");
    answer = quick;
    await world.clock.start();
    expect(world.off).toBeLessThan(1);
  });
});

describe("later on", () => {
  test("a slow answer does not move what a quick one said", async () => {
    const world = await started(() => quick);
    await world.later(() => slow);
    expect(world.off).toBeLessThan(1);
  });

  test("nor does none", async () => {
    const world = await started(() => quick);
    await world.later(() => "none");
    expect(world.off).toBeLessThan(1);
  });

  for (const answer of [quick, slow]) {
    test(`a database whose clock was set is followed, by answers of ${answer.there + answer.back} ms too`, async () => {
      const world = await started(() => quick);
      world.ahead -= 60_000;
      await world.later(() => answer);
      expect(world.off).toBeLessThanOrEqual(21);
    });
  }

  test("what was learned long ago counts for less and less: quartz drifts", async () => {
    const world = await started(() => ({ there: 0, back: 2 }));
    // It is known to 1 ms, and half a minute later to almost 4: an answer of 4 ms, good for 2, is the better one then.
    for (let second = 0; second < 20; second++) await world.later(() => "none");
    world.ahead += 2.5;
    await world.later(() => ({ there: 2, back: 2 }));
    expect(world.off).toBeLessThan(1);
  });
});

test("stopped, it asks no more", async () => {
  const world = await started(() => quick);
  world.clock.stop();
  await world.later(() => quick);
  expect(world.asked).toBe(0);
});
