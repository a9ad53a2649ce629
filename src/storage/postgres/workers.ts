import { keptStatement } from "../../db/postgres/kept.ts";
import type { Pool } from "../../db/postgres/pool.ts";
import { MOST_PROCESSES } from "../port/runs/claims.ts";
import type { Held, Outcome, ProcessRecord, Progress, WorkerLease } from "../port.ts";
import { milliseconds } from "./statement.ts";

/** Whether the lease of a worker lasts. */
export const hasLease = (worker: string) =>
  `exists (select from workers where workers.uuid = ${worker} and workers.lease_until > now())`;

// A statement takes ten seconds at most: a minute after the end of a lease no claim under it is still under way, and the runs of
// such claims were freed.
const START = `with gone as (
    delete from workers w where lease_until < now() - interval '1 minute'
      and not exists (select from run_queue q where q.holder = w.uuid)
  )
  insert into workers (uuid, lease_until, version, started_at, held, kind, host, late_ms)
  values ($1::text::uuid, now() + $2::float8 * interval '1 millisecond', $3::text, to_timestamp($4::float8 / 1000), $5::text::integer,
    $6::text, $7::text, $8::text::integer)
  on conflict do nothing`;

export const RENEW_LEASE = keptStatement(
  "renew_lease",
  ["text", "float8", "integer", "integer"],
  { uuid: "uuid" },
  `update workers set lease_until = now() + $2::float8 * interval '1 millisecond', held = coalesce($3::integer, held),
    late_ms = coalesce($4::integer, late_ms)
  where uuid = $1::text::uuid and lease_until > now() returning uuid`,
);

export const HELD_BY = keptStatement(
  "held_by",
  ["text"],
  { namespace: "text", uuid: "uuid", token: "integer", crashes: "integer" },
  "select namespace, run_uuid, token, crashes from run_queue where holder = $1::text::uuid",
);

const listOf = (kind: string) => `(select uuid as id, coalesce(kind, 'worker') as kind, version, host,
    ${milliseconds("started_at")} as "startedAt", held as "underWay", late_ms as "lateMilliseconds"
  from workers where lease_until > now() and ${kind} order by uuid limit ${MOST_PROCESSES})`;

const LIST = `select * from (${listOf("kind is distinct from 'api'")} union all ${listOf("kind = 'api'")}) as listed order by id`;

/** The leases of workers, and of processes of the API. */
export class Workers {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async start({ worker, leaseMilliseconds, about }: WorkerLease): Promise<void> {
    const { kind = null, version = null, host = null, startedAt = null } = about ?? {};
    const [held, late] = [textOf(about?.underWay), textOf(about?.lateMilliseconds)];
    await this.#pool.run(START, [worker, leaseMilliseconds, version, startedAt, held, kind, host, late]);
  }

  list(): Promise<ProcessRecord[]> {
    return this.#pool.run<ProcessRecord>(LIST, []);
  }

  async renew({ worker, leaseMilliseconds, about }: WorkerLease): Promise<Outcome<null>> {
    const rows = await this.#pool.run(RENEW_LEASE.call, [
      ...[worker, leaseMilliseconds],
      ...[about?.underWay ?? null, about?.lateMilliseconds ?? null],
    ]);
    return rows.length > 0 ? { kind: "ok", value: null } : { kind: "lost" };
  }

  heldBy(worker: string): Promise<(Held & Pick<Progress, "crashes">)[]> {
    return this.#pool.run(HELD_BY.call, [worker]);
  }
}

function textOf(count: number | undefined): string | null {
  return count === undefined ? null : String(count);
}
