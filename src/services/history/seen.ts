/** What a look has seen of a list that is followed. */
import type { RunSummary } from "../../storage/port.ts";

/** How far the clock of the database may be behind. */
const CLOCKS_MILLISECONDS = 5000;

/** What a look has seen of a list. */
export interface Seen {
  known: Map<string, RunSummary>;
  /** The look came down to this uuid: of older runs it knows nothing. Empty where it saw all. */
  reach: string;
  /** When, milliseconds since the epoch. */
  seenAt: number;
}

/** Whether something happened to a run since a look: one that this look did not come down to may be as it was long before. */
export function hasChanged(run: RunSummary, { known, reach, seenAt }: Seen): boolean {
  const before = known.get(run.uuid);
  if (before !== undefined) return before.status !== run.status || before.logRows !== run.logRows;
  const { createdAt, startedAt, completedAt } = run;
  return run.uuid > reach || (completedAt ?? startedAt ?? createdAt) > seenAt - CLOCKS_MILLISECONDS;
}
