import type { Database } from "bun:sqlite";
import type { Clock } from "../../clock.ts";
import { MOST_PROCESSES } from "../port/runs/claims.ts";
import type { Held, Outcome, ProcessRecord, Progress, WorkerLease } from "../port.ts";
import { NEVER } from "./never.ts";

const START = `insert into workers (uuid, lease_until, version, started_at, held, kind, host, late_ms)
  values (?, ?, ?, ?, ?, ?, ?, ?)
  on conflict do nothing`;

const RENEW = `update workers set lease_until = ?, held = coalesce(?, held), late_ms = coalesce(?, late_ms)
  where uuid = ? and lease_until > ?`;

const listOf = (kind: string) => `select * from (
    select uuid as id, coalesce(kind, 'worker') as kind, version, host, started_at as startedAt, held as underWay,
      late_ms as lateMilliseconds
    from workers where lease_until > ?1 and ${kind} order by uuid limit ${MOST_PROCESSES})`;

const LIST = `${listOf("kind is not 'api'")} union all ${listOf("kind = 'api'")} order by id`;

const HAS_LEASE = "select 1 from workers where uuid = ? and lease_until > ?";

// A held run has no due_at, so that the index on due_at finds it.
const HELD = "due_at is null and holder";

const NEXT_END = `select min(lease_until) as time from workers
  where exists (select 1 from run_queue where ${HELD} = workers.uuid)`;

const HELD_BY = `select namespace, run_uuid as uuid, token, crashes from run_queue where ${HELD} = ?`;

const LAPSED = "select uuid from workers where lease_until <= ?";

const FREE = `update run_queue set due_at = iif(paused_at is null, ?, ${NEVER}), holder = null, claim_id = null where ${HELD} = ?`;

const FORGET = "delete from workers where uuid = ?";

/** The leases of workers, and of processes of the API, on one SQLite connection. Writes expect an open transaction. */
export class Workers {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  start({ worker, leaseMilliseconds, about }: WorkerLease): null {
    const { kind = null, version = null, host = null, startedAt = null, underWay = null } = about ?? {};
    const late = about?.lateMilliseconds ?? null;
    const until = this.#clock.now() + leaseMilliseconds;
    this.#database.query(START).run(worker, until, version, startedAt, underWay, kind, host, late);
    return null;
  }

  renew({ worker, leaseMilliseconds, about }: WorkerLease): Outcome<null> {
    const now = this.#clock.now();
    const until = now + leaseMilliseconds;
    return done(
      this.#database.query(RENEW).run(until, about?.underWay ?? null, about?.lateMilliseconds ?? null, worker, now)
        .changes > 0,
    );
  }

  list(): ProcessRecord[] {
    return this.#database.query<ProcessRecord, [number]>(LIST).all(this.#clock.now());
  }

  hasLease(worker: string): boolean {
    return this.#database.query(HAS_LEASE).get(worker, this.#clock.now()) !== null;
  }

  heldBy(worker: string): (Held & Pick<Progress, "crashes">)[] {
    return this.#database.query<Held & Pick<Progress, "crashes">, [string]>(HELD_BY).all(worker);
  }

  /** When the first lease of a worker that holds a run ends, milliseconds since the epoch; null where none holds one. */
  nextEnd(): number | null {
    return this.#database.query<{ time: number | null }, []>(NEXT_END).get()?.time ?? null;
  }

  /** Makes the runs of workers whose lease is over due now. One worker holds some thousands at most. */
  free(): void {
    const now = this.#clock.now();
    for (const { uuid } of this.#database.query<{ uuid: string }, [number]>(LAPSED).all(now)) {
      this.#database.query(FREE).run(now, uuid);
      this.#database.query(FORGET).run(uuid);
    }
  }

  /** Ends every lease, at the start: the folder's lock shows that no worker is alive. */
  endAll(): null {
    this.#database.run("update workers set lease_until = 0");
    this.free();
    return null;
  }
}

/** The outcome of a fenced write. */
export function done(changed: boolean): Outcome<null> {
  return changed ? { kind: "ok", value: null } : { kind: "lost" };
}
