/** How late timers are, on a clock that is moved by hand. */
import { expect, test } from "bun:test";
import { HandClock } from "../clock.fixture.ts";
import { latestDelay, watchEventLoop } from "./event-loop.ts";

test("the latest timer of ten seconds is told, and forgotten then", () => {
  const clock = new HandClock();
  const stop = watchEventLoop(clock);
  expect(latestDelay()).toBe(0);
  const lookAfter = (milliseconds: number) => {
    clock.time += milliseconds;
    clock.ring();
    return latestDelay();
  };
  expect(lookAfter(500)).toBe(0);
  expect(lookAfter(740.9)).toBe(240);
  const looks = Array.from({ length: 20 }, (_, index) => lookAfter(500 + index / 10));
  expect(looks).toEqual([...Array.from({ length: 19 }, () => 240), 1]);
  stop();
  expect(lookAfter(5000)).toBe(1);
});
