/** What a storage holds, for the metrics. Measured once in ten seconds at most, over all processes that use it. */
export interface Figures {
  /** Runs that may be claimed now. Of these, and of each of the next five, MOST_COUNTED are counted at most. */
  due: number;
  /** Runs that were begun, and wait for a time; SQLite looks at those that go on first, MOST_COUNTED with those that have yet to begin. */
  asleep: number;
  /** Runs that wait for a signal or the end of another run, without a limit: of MOST_COUNTED of these and of paused runs. */
  waiting: number;
  /** Runs that wait for their turn. */
  inLine: number;
  /** Runs that stand still on request, without those that wait for their turn. */
  paused: number;
  /** Completed events that are overdue; null where no broker is owed any. */
  owed: number | null;
  /** When the first run ended whose event is overdue, of the oldest 1,000 of them, milliseconds since the epoch; null without any. */
  oldestOwedAt: number | null;
  /** Months after this one that have partitions; null where there are no partitions. */
  monthsAhead: number | null;
  /**
   * When the oldest runs that retention drops had all ended, milliseconds since the epoch: those of a month with partitions, else
   * the oldest run. Null where there are none.
   */
  oldestEndedAt: number | null;
}

/** More cost the database too much, and tell nobody more. */
export const MOST_COUNTED = 10_000;
/** For so long figures are given again. */
export const FRESH_MILLISECONDS = 10_000;
