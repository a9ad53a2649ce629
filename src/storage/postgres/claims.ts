import { few, keptStatement } from "../../db/kept.ts";
import type { Pool } from "../../db/pool.ts";
import { isUuid } from "../../ids.ts";
import type { Claim, ClaimedRun, DueClaim, Held, MessageClaim, Outcome } from "../port.ts";
import { milliseconds } from "./definitions.ts";
import { LOG } from "./runs.ts";
import { asked, rounds } from "./statement.ts";

// The rows are locked by the inner query, in the order in which they are looked for; rows that somebody else is claiming are
// passed over. A claim that is repeated after its answer was lost finds its own rows by its id and leaves their token.
// The size of a log may be an old one: the statement sees it as it was before the lock.
const claim = (candidates: string) => `with candidate as materialized (
    select r.uuid, r.payload::text as payload, row_number() over () as position,
      case when r.log_length = 0 then 0 else coalesce((
        select sum(length(entries::text)) from run_log where run_uuid = r.uuid), 0) end as log_size
    from (${candidates} for update of workflow_runs skip locked) as r
  ), sized as (
    select *, sum(length(payload) + log_size) over (order by position) - length(payload) - log_size as before
    from candidate
  )
  update workflow_runs r set status = 'running', due_at = now() + $1::float8 * interval '1 millisecond',
    lease_token = case when r.claim_id = $2::text::uuid then r.lease_token else r.lease_token + 1 end,
    claim_id = $2::text::uuid, started_at = coalesce(r.started_at, now())
  from sized where r.uuid = sized.uuid and (sized.before < $3::float8 or sized.position = 1) and ${few("sized.position")}
  returning r.uuid, r.workflow_id as "workflowUuid", r.workflow_version as "workflowVersion", sized.payload,
    r.log_length as "logLength", r.lease_token as token, r.crashes, r.depth::integer, sized.position::integer`;

// In a statement of its own: what was appended while the claim waited for the row's lock is not visible to the claim.
const LOGS = `select r.uuid, ${LOG} as log from workflow_runs r
  where r.uuid in (select value::uuid from json_array_elements_text($1::text::json))`;

const CLAIMED = {
  uuid: "uuid",
  workflowUuid: "uuid",
  workflowVersion: "integer",
  payload: "text",
  logLength: "integer",
  token: "integer",
  crashes: "integer",
  depth: "integer",
  position: "integer",
} as const;

export const CLAIM_BY_MESSAGE = keptStatement(
  "claim_runs_by_message",
  ["float8", "text", "float8", "text"],
  CLAIMED,
  claim(`select workflow_runs.* from ${asked("$4")} join workflow_runs using (uuid)
    where (status = 'pending' and lease_token = 0 or claim_id = $2::text::uuid) is true
  order by uuid`),
);

export const CLAIM_DUE = keptStatement(
  "claim_due_runs",
  ["float8", "text", "float8", "integer", "float8"],
  CLAIMED,
  claim(`select * from workflow_runs where due_at <= now() - $5::float8 * interval '1 millisecond'
    order by due_at limit $4::integer`),
);

/** What is due and was begun, past whatever new runs are due too: these are left to their messages. */
export const CLAIM_DUE_BEGUN = keptStatement(
  "claim_due_runs_begun",
  ["float8", "text", "float8", "integer"],
  CLAIMED,
  claim(`select * from workflow_runs where due_at <= now() and due_at is not null and status <> 'pending'
    order by due_at limit $4::integer`),
);

export const NEXT_DUE = keptStatement(
  "next_due_run",
  ["float8"],
  { dueAt: "float8" },
  `select ${milliseconds(`least(
    (select min(due_at) from workflow_runs where due_at is not null and status <> 'pending'),
    (select min(due_at) from workflow_runs where due_at is not null) + $1::float8 * interval '1 millisecond')`)}`,
);

export const RENEW_LEASES = keptStatement(
  "renew_leases",
  ["text", "float8"],
  { uuid: "uuid" },
  `with item as (
    select * from json_to_recordset($1::text::json) as item (uuid uuid, token integer) where ${few("token")}
  ), held as (
    select r.uuid from workflow_runs r join item using (uuid)
    where r.lease_token = item.token and (r.claim_id is not null and r.due_at is not null) is true order by r.uuid for update of r
  )
  update workflow_runs r set due_at = now() + $2::float8 * interval '1 millisecond' from held
  where r.uuid = held.uuid returning r.uuid`,
);

/** Who holds which run. */
export class Claims {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  byMessage({ uuids, ...lease }: MessageClaim): Promise<ClaimedRun[]> {
    const wanted = uuids.filter(isUuid);
    return wanted.length === 0
      ? Promise.resolve([])
      : this.#claim(CLAIM_BY_MESSAGE.call, lease, JSON.stringify(wanted));
  }

  async due({ limit, patienceMilliseconds, ...lease }: DueClaim): Promise<ClaimedRun[]> {
    if (patienceMilliseconds > 0) {
      const begun = await this.#claim(CLAIM_DUE_BEGUN.call, lease, limit);
      if (begun.length > 0) return begun;
    }
    return this.#claim(CLAIM_DUE.call, lease, limit, patienceMilliseconds);
  }

  async nextDue(patienceMilliseconds: number): Promise<number | null> {
    const rows = await this.#pool.run<{ dueAt: number | null }>(NEXT_DUE.call, [patienceMilliseconds]);
    return rows[0]?.dueAt ?? null;
  }

  /** In rounds that name no run twice. */
  async renew(items: Held[], leaseMilliseconds: number): Promise<Outcome<null>[]> {
    const kept = new Set<Held>();
    for (const round of rounds(items, ({ uuid }) => uuid)) {
      const text = JSON.stringify(round.map(({ uuid, token }) => ({ uuid, token })));
      const rows = await this.#pool.run<{ uuid: string }>(RENEW_LEASES.call, [text, leaseMilliseconds]);
      const renewed = new Set(rows.map(({ uuid }) => uuid));
      for (const item of round) if (renewed.has(item.uuid)) kept.add(item);
    }
    return items.map((item) => (kept.has(item) ? { kind: "ok", value: null } : { kind: "lost" }));
  }

  async #claim(text: string, { claimId, leaseMilliseconds, maxBytes }: Claim, ...rest: (string | number)[]) {
    const parameters = [leaseMilliseconds, claimId, maxBytes, ...rest];
    const rows = await this.#pool.run<Omit<ClaimedRun, "log"> & { position: number }>(text, parameters);
    rows.sort((first, second) => first.position - second.position);
    const logs = await this.#logs(rows.filter(({ logLength }) => logLength > 0).map(({ uuid }) => uuid));
    return rows.map(({ position: _, ...claimed }) => ({ ...claimed, log: logs.get(claimed.uuid) ?? "[]" }));
  }

  async #logs(uuids: string[]): Promise<Map<string, string>> {
    if (uuids.length === 0) return new Map();
    const rows = await this.#pool.run<{ uuid: string; log: string }>(LOGS, [JSON.stringify(uuids)]);
    return new Map(rows.map(({ uuid, log }) => [uuid, log]));
  }
}
