/** When a thread without a heartbeat is given up. */
import { expect, test } from "bun:test";
import { Silence } from "./watchdog.ts";

/** The look at which a thread is given up that gets so many milliseconds of CPU between two; null for none of so many. */
function givenUpAt(looks: number, { onCpu, isRunnable }: { onCpu: number; isRunnable: boolean }): number | null {
  const silence = new Silence("shared");
  for (let look = 1; look <= looks; look++) {
    if (silence.isTooLong({ onCpu: look * onCpu, isRunnable })) return look;
  }
  return null;
}

test("one that stands still is given up after a second", () => {
  expect(givenUpAt(100, { onCpu: 0, isRunnable: false })).toBe(20);
});

test("one that loops is given up after 150 ms on a CPU, also where it gets little of that", () => {
  expect(givenUpAt(100, { onCpu: 50, isRunnable: true })).toBe(4);
  expect(givenUpAt(100, { onCpu: 2, isRunnable: true })).toBe(76);
});

test("one that waits for a CPU is not given up", () => {
  expect(givenUpAt(1000, { onCpu: 0, isRunnable: true })).toBe(null);
});

test("one of which the kernel tells nothing is given up after a second", () => {
  expect(givenUpAt(100, { onCpu: Number.NaN, isRunnable: false })).toBe(20);
});
