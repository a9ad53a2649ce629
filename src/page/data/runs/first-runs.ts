import type { RunFilter, RunPage } from "../../../client/client.ts";
import type { RunSummary } from "../../../schemas/runs/run-summary.ts";
import { platform } from "../platform.ts";

/** Pages that are read for it: the platform looks at so many runs for each, and may find none among them. */
const MOST_PAGES = 5;

export interface FirstRuns {
  runs: RunSummary[];
  /** Runs that were created before it were not looked at; null where as many as were wanted, or all, were found. */
  lookedTo: string | null;
}

/** The first runs that fit a filter, also where many others have to be passed over. */
export async function firstRuns(filter: RunFilter, wanted: number, signal: AbortSignal): Promise<FirstRuns> {
  const runs: RunSummary[] = [];
  for (let cursor: string | null = null, pages = 1; ; pages++) {
    const options = { limit: wanted - runs.length, signal, ...(cursor !== null && { cursor }) };
    const page: RunPage = await platform.runs.page(filter, options);
    runs.push(...page.items);
    cursor = page.next_cursor;
    if (cursor === null || runs.length >= wanted) return { runs, lookedTo: null };
    if (pages === MOST_PAGES) return { runs, lookedTo: page.looked_to };
  }
}
