import { CANCELLED, interrupted } from "./interrupted.ts";
import { parseLog, stepResultsText } from "./log.ts";
import type { RunStatus } from "./run.ts";

/** What a run says of its steps: stored once it has ended, else, or where it was cancelled while no worker held it, in its log. */
export interface StoredResults {
  status: RunStatus;
  completedAt: number | null;
  stepResults: string | null;
  log: string;
}

/** The JSON text of the `step_results` of a run. */
export function resultsTextOf({ stepResults, log, status, completedAt }: StoredResults): string {
  if (stepResults !== null) return stepResults;
  const entries = parseLog(log);
  return stepResultsText(
    status === "cancelled" && completedAt !== null ? interrupted(entries, CANCELLED, completedAt) : entries,
  );
}
