import type { Samples } from "../report/percentiles.ts";

/** How late a timer may be, in ms. */
const TIMER_MS = 1.5;
/** Of the time between two calls, spent looking at the clock at most: the cores are those of the platform that is measured. */
const LOOKING = 0.1;

/**
 * Calls `each` so many times a second, `total` times, with the time that was intended for the call in `performance.now()` ms.
 * How late the calls were goes into `late`. Calls that are due together are made together, so none is left out.
 */
export function atFixedTimes(perSecond: number, total: number, late: Samples, each: (intended: number) => void): void {
  const gap = 1000 / perSecond;
  const looked = Math.min(TIMER_MS, gap * LOOKING);
  const start = performance.now();
  let called = 0;
  const wait = () => {
    const now = performance.now();
    for (; called < total && start + called * gap <= now; called++) {
      late.add(now - (start + called * gap));
      each(start + called * gap);
    }
    if (called === total) return;
    const ahead = start + called * gap - now;
    // A timer is late by up to a millisecond, which is much beside a run of two: the rest is spent looking at the clock.
    if (ahead > looked) setTimeout(wait, ahead - looked);
    else setImmediate(wait);
  };
  wait();
}
