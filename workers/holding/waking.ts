import type { Clock } from "../../src/clock.ts";
import type { HeldRun } from "./held-run.ts";

/** A longer timer fires at once (setTimeout counts in 31 bits). */
const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;

/** A run that waits for others, and that nothing came for in this time, is given back. */
const LINGER_MILLISECONDS = 1000;

/** Calls back once a run has something to do, or has lingered, unless another time is set meanwhile. */
export function linger(held: HeldRun, clock: Clock, wake: () => void): void {
  held.cancelWake();
  const { wakeAt } = held;
  const left = wakeAt === null ? 0 : wakeAt - clock.now();
  held.cancelWake = clock.timer(Math.max(0, Math.min(left, LINGER_MILLISECONDS)), () => {
    if (left < LINGER_MILLISECONDS) held.wakeAt = null;
    else held.awaited = 0;
    wake();
  });
}

/** Calls back at the time when a run has something to do, unless another time is set meanwhile. */
export function wakeLater(held: HeldRun, clock: Clock, wake: () => void): void {
  held.cancelWake();
  const { wakeAt } = held;
  if (wakeAt === null || wakeAt === Number.POSITIVE_INFINITY) return;
  const left = Math.min(Math.max(0, wakeAt - clock.now()), DAY_MILLISECONDS);
  held.cancelWake = clock.timer(left, () => {
    if (clock.now() < wakeAt) wakeLater(held, clock, wake);
    else {
      held.wakeAt = null;
      wake();
    }
  });
}
