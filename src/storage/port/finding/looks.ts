/** Looks for runs. */
import type { RunStatus } from "../../../schemas/runs/run.ts";

/** What is told of a run in a list: nothing that can be large. Times are milliseconds since the epoch. */
export interface RunSummary {
  uuid: string;
  workflowUuid: string;
  workflowVersion: number;
  /** Of that version; null where its definition is not stored. */
  workflowId: string | null;
  workflowName: string | null;
  status: RunStatus;
  createdAt: number;
  startedAt: number | null;
  completedAt: number | null;
  /** When it goes on, of one that sleeps until a time; null for others. */
  wakeAt: number | null;
  /** Rows of its log: it rises as the run goes on. Null of one that is over, or not in the queue. */
  logRows: number | null;
  /** Its first MOST_OF_ERROR characters. */
  error: string | null;
  parentRunId: string | null;
  rootRunId: string | null;
}

/** What a look found. */
export interface RunsLooked {
  runs: RunSummary[];
  /** The last run that was looked at, where the look ended before the list; null at the end of the list. */
  lookedTo: string | null;
}

export const MOST_OF_ERROR = 250;

/** What lists read of how far a run has come. */
export interface SmallProgress {
  /** JSON text of the object of step results; null of one that has none. */
  stepResults: string | null;
  /** JSON array text of its log; "[]" where there are results. */
  log: string;
}

/** Characters of the progress of a run that lists read, of all runs of a page together, and rows of a log. */
export const MOST_PROGRESS = { each: 16 * 1024, together: 512 * 1024, rows: 128 };

/** Stands in the log of a run with a step that waited for a signal. */
export const WAITS = '"signals":[';
