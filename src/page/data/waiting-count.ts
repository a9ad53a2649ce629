/** How many runs wait for somebody. */
import { signal } from "@preact/signals";
import { live } from "../live/live.ts";
import { outage } from "./outage.ts";
import { platform } from "./platform.ts";

const ASKING_MILLISECONDS = 30_000;
/** More are not counted: nobody needs to know how many exactly. */
const MOST = 20;

/** Such as `3` or `20+`; null where none waits, or it is not known. */
export const waitingCount = signal<string | null>(null);

/** Tells what a list of them came to. */
export function countWaiting(runs: number, hasMore: boolean): void {
  waitingCount.value = runs === 0 ? null : runs > MOST || hasMore ? `${Math.min(runs, MOST)}+` : String(runs);
}

/** Asks now, and now and then while somebody looks. */
export function startWaitingCount(): void {
  ask();
  setInterval(() => {
    if (!document.hidden && outage.peek() === null && live.peek().is !== "paused") ask();
  }, ASKING_MILLISECONDS);
}

async function ask(): Promise<void> {
  try {
    const { items, next_cursor } = await platform.runs.waiting({ limit: MOST });
    countWaiting(items.length, next_cursor !== null);
  } catch {
    // What the view itself reads says what is wrong.
    waitingCount.value = null;
  }
}
