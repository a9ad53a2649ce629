import type { Clock } from "../../clock.ts";
import { keptStatement } from "../../db/postgres/kept.ts";
import type { Pool } from "../../db/postgres/pool.ts";
import type { Pools } from "../../db/postgres/postgres.ts";
import { PlatformError } from "../../errors.ts";
import { IdMaker, idFloor, timeOfId } from "../../ids.ts";
import { SETTLED_MILLISECONDS } from "../../schemas/lists/page.ts";
import type { Outcome } from "../port.ts";
import { asked, boundsOf, within } from "./statement.ts";

// Rows become visible when their transaction ends, in another order than that of their ids. So that an ascending list passes
// none, an insert first takes a lock whose key holds the oldest id time of its batch, and after that stores no id older than
// two seconds. A list reads the locks before the rows, and ends before the oldest of them and two seconds ago: an insert whose
// lock it did not see took it later, and stores only younger ids, by the clock of the same database. Before that lock an insert takes
// one for two seconds ago, and the younger of the two counts: ids that come too late would take the end of lists back.

/** The upper bits of the keys of the locks, above a time in milliseconds. Other locks have other numbers. */
const LOCK_CLASS = 469;
const TIME_BITS = 44;
const lockKey = (time: string) => `(${LOCK_CLASS}::bigint << ${TIME_BITS}) | ${time}::bigint`;

/** The smallest UUIDv7 of a time in milliseconds. */
const floorOf = (time: string) => `(lpad(to_hex((${time})::bigint), 12, '0') || '70008000000000000000')::uuid`;

const TWO_SECONDS_AGO = `floor(extract(epoch from clock_timestamp()) * 1000) - ${SETTLED_MILLISECONDS}`;

/** Takes the locks of a batch, and gives the smallest id that it may store. Without an oldest time (null), for ids that callers gave, it is the smallest of all. */
export const FENCE_IDS = keptStatement(
  "fence_ids",
  ["float8"],
  { floor: "uuid" },
  `select case when $1 is null then ${floorOf("0")}
    else ${floorOf(TWO_SECONDS_AGO)} end`,
  `perform pg_advisory_xact_lock_shared(${lockKey(`(case when $1 is not null then ${TWO_SECONDS_AGO} end)`)}),
    pg_advisory_xact_lock_shared(${lockKey("$1")})`,
);

/** Whether an insert that binds the oldest id time of its batch may store this uuid. */
export const mayStore = (uuid: string, oldest: string) =>
  `${uuid} >= (select floor from ${FENCE_IDS.name}(${oldest}::float8))`;

/** The uuids that are stored, found once every copy of the insert that held the lock has ended, and the time. One row is without uuid. */
export const FIND_LATE_IDS = keptStatement(
  "find_late_ids",
  ["float8", "text", "uuid", "uuid"],
  { uuid: "uuid", now: "float8" },
  `select uuid, extract(epoch from clock_timestamp())::float8 * 1000 from (
      select uuid from ${asked("$2")} join workflow_runs using (uuid) where ${within("workflow_runs.uuid", "$3", "$4")}
      union all select uuid from ${asked("$2")} join workflow_definitions using (uuid)
      union all select null
    ) as found`,
  `perform pg_advisory_xact_lock(${lockKey("$1")})`,
);

// now() is the time before the locks are looked at. Only inserts hold shared locks, one insert each process of the database.
export const SETTLED = `select least(extract(epoch from now()) * 1000 - ${SETTLED_MILLISECONDS}, (
    select min(oldest) from (
      select max((classid::bigint << 32 | objid::bigint) & ((1::bigint << ${TIME_BITS}) - 1)) as oldest from pg_locks
      where locktype = 'advisory' and objsubid = 1 and classid::bigint >> ${TIME_BITS - 32} = ${LOCK_CLASS} and granted
        and mode = 'ShareLock' and database = (select oid from pg_database where datname = current_database())
      group by pid
    ) as inserts
  ))::float8 as time`;

const newestOf = (table: string) => `(select uuid from ${table}
    where substr(uuid::text, 15, 1) = '7' and uuid < $1::text::uuid order by uuid desc limit 1)`;

const NEWEST = `select uuid from (
    ${newestOf("workflow_runs")} union all ${newestOf("workflow_definitions")}
  ) as newest order by uuid desc limit 1`;

/** Ids further in the future are of other programs, and are ignored. */
const FURTHEST_MILLISECONDS = 24 * 60 * 60 * 1000;
const ATTEMPTS = 5;

/** The bound of an ascending list: no smaller id is stored from now on, and the server that is read has those that were. */
export type Settled = () => Promise<string>;

type Named<Item> = Omit<Item, "uuid"> & { uuid: string };

/** Names the rows that one process stores. */
export class Ids {
  readonly #writes: Pool;
  readonly #reads: Pool;
  readonly #clock: Clock;
  readonly #ids: IdMaker;
  /** How far ahead of this process ids are made, so that they are young when they arrive; milliseconds. */
  #lead = 0;

  private constructor({ writes, reads }: Pools, clock: Clock, newest: string | null) {
    this.#writes = writes;
    this.#reads = reads;
    this.#clock = clock;
    this.#ids = new IdMaker(clock, newest);
  }

  static async open(pools: Pools, clock: Clock): Promise<Ids> {
    const [row] = await pools.writes.run<{ uuid: string }>(NEWEST, [idFloor(clock.now() + FURTHEST_MILLISECONDS)]);
    return new Ids(pools, clock, row?.uuid ?? null);
  }

  /** See Settled, for the primary. */
  async settled(): Promise<string> {
    const [row] = await this.#reads.run<{ time: number }>(SETTLED, []);
    return idFloor(Math.floor(row?.time ?? 0));
  }

  /**
   * Stores items under new ids, again under other ones where they arrive too late.
   *
   * @param insert stores items, fenced by the oldest id time where one is given; null for each that came too late
   * @throws PlatformError storage_unavailable when they come too late again and again
   */
  async store<Item extends { uuid: string | null }, Value>(
    items: Item[],
    insert: (items: Named<Item>[], oldest: number | null) => Promise<(Outcome<Value> | null)[]>,
  ): Promise<Outcome<Value>[]> {
    const isFenced = items.every(({ uuid }) => uuid === null);
    const named = items.map((item) => ({ ...item, uuid: item.uuid ?? this.#ids.next(this.#lead) }));
    const outcomes = new Map<number, Outcome<Value>>();
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const left = [...named.keys()].filter((index) => !outcomes.has(index));
      const batch = left.flatMap((index) => named[index] ?? []);
      const oldest = isFenced ? oldestOf(batch) : null;
      const sent = this.#clock.monotonic();
      const results = await insert(batch, oldest);
      const took = this.#clock.monotonic() - sent;
      for (const [at, index] of left.entries()) {
        const outcome = results[at];
        if (outcome) outcomes.set(index, outcome);
      }
      if (outcomes.size === named.length) {
        this.#lead = Math.min(this.#lead, took);
        return [...named.keys()].flatMap((index) => outcomes.get(index) ?? []);
      }
      await this.#rename(
        named,
        left.filter((index) => !outcomes.has(index)),
        oldest,
        took,
      );
    }
    throw new PlatformError("storage_unavailable", "", { cause: "ids are too old each time they arrive" });
  }

  /**
   * Gives new ids to items that came too late. Items that an earlier copy of the statement, whose connection broke, stored in
   * time keep their ids. The new ids have the time at which an insert arrives that takes as long as the last.
   */
  async #rename(named: { uuid: string }[], late: number[], oldest: number | null, took: number): Promise<void> {
    const uuids = late.flatMap((index) => named[index]?.uuid ?? []);
    const rows = await this.#writes.run<FoundId>(FIND_LATE_IDS.call, [
      oldest,
      JSON.stringify(uuids),
      ...boundsOf(uuids),
    ]);
    const stored = new Set(rows.map(({ uuid }) => uuid));
    this.#lead = Math.max(0, (rows[0]?.now ?? 0) - this.#ids.now() + took);
    for (const index of late) {
      const item = named[index];
      if (item !== undefined && !stored.has(item.uuid)) item.uuid = this.#ids.next(this.#lead);
    }
  }
}

interface FoundId {
  uuid: string | null;
  now: number;
}

function oldestOf(items: { uuid: string }[]): number {
  return Math.min(...items.map(({ uuid }) => timeOfId(uuid) ?? 0));
}
