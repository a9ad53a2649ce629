/** The history of runs, read row by row of their logs. */
import type { RunKey } from "../../../schemas/runs/run.ts";

export interface HistoryLookup extends RunKey {
  /** Rows of the log that the reader knows. */
  rows: number;
}

/** What is known of a run, and what is new in its log. Times are milliseconds since the epoch. */
export interface HistoryRows {
  workflowUuid: string;
  workflowVersion: number;
  createdAt: number;
  startedAt: number | null;
  completedAt: number | null;
  /** Since when it stands still, of one that had begun; its log tells of the pause once that is over. Null for most. */
  pausedAt: number | null;
  /** JSON array text of the entries behind the rows that the reader knows. */
  entries: string;
  /** Rows of the log with these. */
  rows: number;
}
