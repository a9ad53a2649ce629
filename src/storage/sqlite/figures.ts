import type { Database } from "bun:sqlite";
import type { Clock } from "../../clock.ts";
import { type Figures, FRESH_MILLISECONDS, MOST_COUNTED } from "../port/finding/figures.ts";
import { NEVER } from "./never.ts";

const count = (rows: string) => `select count(*) as count from (select 1 from ${rows} limit ${MOST_COUNTED})`;

/** Of rows that an index has no order for, no more are looked at than would be counted. */
const countAmong = (rows: string, column: string, condition: string) =>
  `select count(*) as count from (select ${column} from ${rows} limit ${MOST_COUNTED}) where ${condition}`;

// Held runs have no due_at.
/** What counts the runs of a kind, for a look at the plans as well. */
export const COUNTS = {
  due: count("run_queue where due_at <= ?"),
  asleep: countAmong(
    `run_queue where due_at > ? and due_at < ${NEVER} order by due_at`,
    "started_at",
    "started_at is not null",
  ),
  waiting: countAmong(`run_queue where due_at = ${NEVER}`, "paused_at", "paused_at is null"),
  paused: count("run_queue where paused_at is not null and holder is null"),
  inLine: count("run_turns where begun_at is null"),
};

/** Runs that were begun long ago and are not over may stand before it. */
const OLDEST_ENDED = `select completed_at as endedAt
  from (select completed_at from workflow_runs order by uuid limit 1000) where completed_at is not null limit 1`;

/** Measures what a database holds. */
export class Measure {
  readonly #database: Database;
  readonly #clock: Clock;
  #last: Figures | null = null;
  #measuredAt = 0;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** See Storage. */
  figures(): Figures {
    const now = this.#clock.monotonic();
    if (this.#last !== null && now - this.#measuredAt < FRESH_MILLISECONDS) return this.#last;
    this.#measuredAt = now;
    this.#last = {
      due: this.#count(COUNTS.due, this.#clock.now()),
      asleep: this.#count(COUNTS.asleep, this.#clock.now()),
      waiting: this.#count(COUNTS.waiting),
      inLine: this.#count(COUNTS.inLine),
      paused: this.#count(COUNTS.paused),
      owed: null,
      oldestOwedAt: null,
      monthsAhead: null,
      oldestEndedAt: this.#database.query<{ endedAt: number }, []>(OLDEST_ENDED).get()?.endedAt ?? null,
    };
    return this.#last;
  }

  #count(statement: string, ...times: number[]): number {
    return this.#database.query<{ count: number }, number[]>(statement).get(...times)?.count ?? 0;
  }
}
