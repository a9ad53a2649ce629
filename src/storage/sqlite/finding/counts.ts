import type { Database } from "bun:sqlite";
import type { Clock } from "../../../clock.ts";
import { limitsAt } from "../../counting.ts";
import { minuteOf } from "../../port/finding/counts.ts";
import type { Counted } from "../../port.ts";

const ADD = `insert into run_counts (minute, namespace, workflow_uuid, status, count) values (?, ?, ?, ?, ?)
  on conflict (minute, workflow_uuid, status) do update set count = count + excluded.count`;

const FOLD = `insert into run_count_hours (minute, namespace, workflow_uuid, status, count)
  select minute - minute % 60 as hour, namespace, workflow_uuid, status, sum(count) from run_counts where minute < ?
  group by hour, namespace, workflow_uuid, status
  on conflict (minute, workflow_uuid, status) do update set count = run_count_hours.count + excluded.count`;
const FORGET = "delete from run_counts where minute < ?";
const DROP = "delete from run_count_hours where minute < ?";

/**
 * Counts the runs of a transaction as they are made and end, on the one SQLite connection that writes. They are counted in memory and
 * written once: triggers would take a run 5 microseconds.
 */
export class RunCounter {
  readonly #database: Database;
  readonly #clock: Clock;
  /** By workflow and status. */
  readonly #counts = new Map<string, { namespace: string; workflowUuid: string; status: Counted; count: number }>();

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** To be called once a run is stored so. */
  add(namespace: string, workflowUuid: string, status: Counted): void {
    const name = workflowUuid + status;
    const counted = this.#counts.get(name);
    if (counted === undefined) this.#counts.set(name, { namespace, workflowUuid, status, count: 1 });
    else counted.count++;
  }

  /** Writes what the open transaction has counted. */
  write(): void {
    if (this.#counts.size === 0) return;
    const minute = minuteOf(this.#clock.now());
    for (const { namespace, workflowUuid, status, count } of this.#counts.values()) {
      this.#database.query(ADD).run(minute, namespace, workflowUuid, status, count);
    }
    this.#counts.clear();
  }

  /** Forgets it: the transaction is rolled back. */
  drop(): void {
    this.#counts.clear();
  }

  /** Puts old minutes together, and drops old hours. Expects an open transaction. */
  fold(): void {
    const { hours, kept } = limitsAt(minuteOf(this.#clock.now()));
    this.#database.query(FOLD).run(hours);
    this.#database.query(FORGET).run(hours);
    this.#database.query(DROP).run(kept);
  }
}

const ANY_OLD = `select exists (select 1 from run_counts where minute < ?) or exists (select 1 from run_count_hours where minute < ?) as isOld`;

/** Whether there is something to fold. */
export function hasOldCounts(database: Database, clock: Clock): boolean {
  const { hours, kept } = limitsAt(minuteOf(clock.now()));
  return database.query<{ isOld: number }, [number, number]>(ANY_OLD).get(hours, kept)?.isOld === 1;
}
