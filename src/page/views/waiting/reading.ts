/** The runs that wait for somebody, one entry for each step that waits. */
import type { WaitingRun } from "../../../schemas/runs/run-summary.ts";
import { platform } from "../../data/platform.ts";
import { countWaiting } from "../../data/waiting-count.ts";
import type { WaitingStep } from "./news.ts";

export interface FoundWaiting {
  steps: WaitingStep[];
  /** Whether there are more, which were not looked at. */
  hasMore: boolean;
}

/** Pages that are read for one look: they may be short. */
const MAX_PAGES = 10;
/** The oldest runs that wait for a signal. */
export async function findWaiting(workflow: string | null, wanted: number, signal: AbortSignal): Promise<FoundWaiting> {
  const runs: WaitingRun[] = [];
  let cursor: string | null = null;
  for (let pages = 0; pages < MAX_PAGES && runs.length < wanted; pages++) {
    const page = await platform.runs.waiting({
      ...(workflow !== null && { workflow }),
      ...(cursor !== null && { cursor }),
      limit: Math.min(200, wanted - runs.length),
      signal,
    });
    runs.push(...page.items);
    cursor = page.next_cursor;
    if (cursor === null) break;
  }
  const steps = runs.flatMap((run) =>
    run.waits.map((wait) => ({ key: `${run.uuid} ${wait.address}`, run, wait, isGone: false })),
  );
  if (workflow === null) countWaiting(runs.length, cursor !== null);
  return { steps, hasMore: cursor !== null };
}
