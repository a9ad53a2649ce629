import type { Database } from "bun:sqlite";
import type { Clock } from "../../clock.ts";
import { type Figures, FRESH_MILLISECONDS, MOST_COUNTED } from "../port/figures.ts";

const count = (condition: string) =>
  `select count(*) as count from (select 1 from run_queue where ${condition} limit ${MOST_COUNTED})`;

// Held runs have no due_at.
const DUE = count("due_at <= ?");
const ASLEEP = count("due_at > ? and started_at is not null");

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
      due: this.#count(DUE),
      asleep: this.#count(ASLEEP),
      owed: null,
      monthsAhead: null,
      oldestEndedAt: this.#database.query<{ endedAt: number }, []>(OLDEST_ENDED).get()?.endedAt ?? null,
    };
    return this.#last;
  }

  #count(statement: string): number {
    return this.#database.query<{ count: number }, [number]>(statement).get(this.#clock.now())?.count ?? 0;
  }
}
