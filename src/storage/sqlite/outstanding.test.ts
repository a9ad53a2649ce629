import { expect, test } from "bun:test";
import { HandClock } from "../../clock.fixture.ts";
import { Outstanding } from "./outstanding.ts";

/** Writes to a thread that answers when it is told to. */
function bench() {
  const clock = new HandClock();
  const outstanding = new Outstanding(clock);
  const handed: number[] = [];
  const write = () =>
    outstanding
      .add<null>((id) => handed.push(id))
      .then(
        () => "stored",
        (error: unknown) => String(error),
      );
  const answer = (...ids: number[]) => outstanding.answer(ids.map((id) => ({ id, result: null })));
  const pass = (milliseconds: number) => {
    clock.time += milliseconds;
    clock.ring();
  };
  return { clock, handed, write, answer, pass };
}

test("writes to a disk that hangs are rejected after 10 s, and later ones at once, until it answers again", async () => {
  const { handed, write, answer, pass } = bench();
  const first = write();
  pass(9000);
  const second = write();
  pass(1000);
  for (const rejected of [first, second]) expect(await rejected).toContain("does not answer or takes no writes");
  expect(await write()).toContain("does not answer or takes no writes");
  expect(handed).toEqual([1, 2]);
  // Thawed: what was rejected is stored now, which nobody waits for any more.
  answer(1);
  const third = write();
  answer(2, 3);
  expect(await third).toBe("stored");
});

test("a disk that is slow but answers loses nothing, and one timer watches all writes", async () => {
  const { clock, write, answer, pass } = bench();
  const stored: Promise<string>[] = [];
  for (let id = 1; id <= 20; id++) {
    stored.push(write());
    pass(6000);
    answer(id);
  }
  expect(new Set(await Promise.all(stored))).toEqual(new Set(["stored"]));
  expect(clock.timers).toBeLessThan(45);
});
