import type { Clock } from "../../src/clock.ts";
import type { HeldRun } from "./held-run.ts";

/** A longer timer fires at once (setTimeout counts in 31 bits). */
const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;

/** Calls back once a run has something to do, or has lingered for so many milliseconds, unless another time is set meanwhile. */
export function linger(held: HeldRun, clock: Clock, longest: number, wake: () => void): void {
  held.cancelWake();
  const { wakeAt } = held;
  const left = wakeAt === null ? 0 : wakeAt - clock.now();
  held.cancelWake = clock.timer(Math.max(0, Math.min(left, longest)), () => {
    if (left <= longest) held.wakeAt = null;
    else held.awaited = 0;
    wake();
  });
}

/** Calls back at the time when a run has something to do beside its effects, unless another time is set, or it is advanced, meanwhile. */
export function wakeLater(held: HeldRun, clock: Clock, wake: () => void): void {
  held.cancelWake();
  const { wakeAt, isAdvancing } = held;
  if (isAdvancing || wakeAt === null || wakeAt === Number.POSITIVE_INFINITY) return;
  const left = Math.min(Math.max(0, wakeAt - clock.now()), DAY_MILLISECONDS);
  held.cancelWake = clock.timer(left, () => {
    if (clock.now() < wakeAt) wakeLater(held, clock, wake);
    else {
      held.wakeAt = null;
      wake();
    }
  });
}
