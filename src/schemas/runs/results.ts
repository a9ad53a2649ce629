import { CANCELLED, interrupted } from "../log/interrupted.ts";
import { type LogEntry, parseLog, stepResultsText } from "../log/log.ts";
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
  return stepResultsText(calledOff(parseLog(log), { status, completedAt }));
}

/** Entries of a run: one that was cancelled while no worker held it wrote nothing of the steps that were under way. */
export function calledOff(
  entries: LogEntry[],
  { status, completedAt }: Pick<StoredResults, "status" | "completedAt">,
): LogEntry[] {
  return status === "cancelled" && completedAt !== null ? interrupted(entries, CANCELLED, completedAt) : entries;
}

/** Whether a step is within another one, by their addresses. */
export function isWithin(address: string, outer: string): boolean {
  return address.startsWith(`${outer}.`) || address.startsWith(`${outer}[`);
}
