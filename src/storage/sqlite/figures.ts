import type { Database } from "bun:sqlite";
import type { Clock } from "../../clock.ts";
import { type Figures, FRESH_MILLISECONDS, MOST_COUNTED } from "../port/figures.ts";
import { NEVER } from "./never.ts";

const count = (rows: string) => `select count(*) as count from (select 1 from ${rows} limit ${MOST_COUNTED})`;

// Held runs have no due_at.
const DUE = count("run_queue where due_at <= ?");
const ASLEEP = count(`run_queue where due_at > ? and due_at < ${NEVER} and started_at is not null`);
const WAITING = count(`run_queue where due_at = ${NEVER} and paused_at is null`);
const PAUSED = count("run_queue where paused_at is not null and holder is null");
const IN_LINE = count("run_turns where begun_at is null");

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
      due: this.#count(DUE, this.#clock.now()),
      asleep: this.#count(ASLEEP, this.#clock.now()),
      waiting: this.#count(WAITING),
      inLine: this.#count(IN_LINE),
      paused: this.#count(PAUSED),
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
