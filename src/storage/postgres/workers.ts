import { keptStatement } from "../../db/postgres/kept.ts";
import type { Pool } from "../../db/postgres/pool.ts";
import type { Held, Outcome, Progress, WorkerLease } from "../port.ts";

/** Whether the lease of a worker lasts. */
export const hasLease = (worker: string) =>
  `exists (select from workers where workers.uuid = ${worker} and workers.lease_until > now())`;

// A statement takes ten seconds at most: a minute after the end of a lease no claim under it is still under way, and the runs of
// such claims were freed.
const START = `with gone as (
    delete from workers w where lease_until < now() - interval '1 minute'
      and not exists (select from run_queue q where q.holder = w.uuid)
  )
  insert into workers (uuid, lease_until) values ($1::text::uuid, now() + $2::float8 * interval '1 millisecond')
  on conflict do nothing`;

export const RENEW_LEASE = keptStatement(
  "renew_lease",
  ["text", "float8"],
  { uuid: "uuid" },
  `update workers set lease_until = now() + $2::float8 * interval '1 millisecond'
  where uuid = $1::text::uuid and lease_until > now() returning uuid`,
);

export const HELD_BY = keptStatement(
  "held_by",
  ["text"],
  { namespace: "text", uuid: "uuid", token: "integer", crashes: "integer" },
  "select namespace, run_uuid, token, crashes from run_queue where holder = $1::text::uuid",
);

/** The leases of workers. */
export class Workers {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  async start({ worker, leaseMilliseconds }: WorkerLease): Promise<void> {
    await this.#pool.run(START, [worker, leaseMilliseconds]);
  }

  async renew({ worker, leaseMilliseconds }: WorkerLease): Promise<Outcome<null>> {
    const rows = await this.#pool.run(RENEW_LEASE.call, [worker, leaseMilliseconds]);
    return rows.length > 0 ? { kind: "ok", value: null } : { kind: "lost" };
  }

  heldBy(worker: string): Promise<(Held & Pick<Progress, "crashes">)[]> {
    return this.#pool.run(HELD_BY.call, [worker]);
  }
}
