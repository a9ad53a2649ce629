/** How late the timers of this process are: so long does everything on its main thread wait. */
import type { Clock } from "../clock.ts";
import { eventLoopDelay } from "./table.ts";

const LOOK_MILLISECONDS = 500;
/** Looks of ten seconds. */
const KEPT = 20;

const delay = eventLoopDelay.of({});
let lates: number[] = [];

/** Looks twice a second how late a timer is, from now on; gives what ends that. */
export function watchEventLoop(clock: Clock): () => void {
  let cancel = () => {};
  lates = [];
  const look = () => {
    const due = clock.monotonic() + LOOK_MILLISECONDS;
    cancel = clock.timer(LOOK_MILLISECONDS, () => {
      const late = Math.max(0, clock.monotonic() - due);
      delay.observe(late / 1000);
      lates = [...lates.slice(1 - KEPT), late];
      look();
    });
  };
  look();
  return () => cancel();
}

/** How late a timer was at most within the last ten seconds, whole milliseconds; 0 while nobody looks. */
export function latestDelay(): number {
  return Math.floor(Math.max(0, ...lates));
}
