import type { Clock } from "../../clock.ts";
import { few, keptStatement } from "../../db/kept.ts";
import type { Pool } from "../../db/pool.ts";
import { isUuid } from "../../ids.ts";
import type { FoundFresh, FreshProgress, FreshRun, Outcome } from "../port.ts";
import { owe } from "./events.ts";
import { asked, ENDED_AT, outcomesOf, writeInRounds } from "./statement.ts";

export const FIND_FRESH = keptStatement(
  "find_fresh_runs",
  ["text", "float8"],
  { uuid: "uuid", workflowUuid: "uuid", version: "integer", payload: "text", fresh: "boolean" },
  `select uuid, "workflowUuid", version, case when before < $2::float8 then payload end, fresh from (
    select *, coalesce(sum(length(payload)) over (order by uuid) - length(payload), 0) as before from (
      select uuid, workflow_id as "workflowUuid", workflow_version as version, fresh,
        case when fresh then payload::text end as payload
      from ${asked("$1")} join workflow_runs using (uuid),
        lateral (select (status = 'pending' and lease_token = 0) is true as fresh) as state
    ) as found
  ) as sized`,
);

type FoundRow = Omit<FreshRun, "payload"> & { payload: string | null; fresh: boolean };

/** Whether a row is what the writer was told of it, if he was. */
const AS_TOLD = `(item.payload is null or r.workflow_id = item."workflowUuid" and r.workflow_version = item.version
  and r.payload = item.payload::jsonb) is true`;

// A claim that comes first changes the token, and whoever took it further its log: the row is found no more. A sleep that is
// told again is known by its log, since two that executed one run have slept at different times. "Is true": see progress.ts.
export const SAVE_FRESH = keptStatement(
  "save_fresh_runs",
  ["text", "text", "float8"],
  { position: "integer" },
  `with item as (
    select *, to_timestamp("startedAt" / 1000) as at
    from json_to_recordset($1::text::json) as item (position integer, uuid uuid, seq integer, "startedAt" float8, status text,
      error text, results text, "dueAt" float8, entries text, "workflowUuid" uuid, version integer, payload text) where ${few("position")}
  ), fresh as (
    select item.* from item join workflow_runs r using (uuid)
    where (r.status = case item.seq when 0 then 'pending' else 'running' end and r.lease_token = 0 and r.log_length = item.seq) is true
      and ${AS_TOLD} order by r.uuid for update of r
  ), saved as (
    update workflow_runs r set status = fresh.status, due_at = to_timestamp(fresh."dueAt" / 1000),
      started_at = coalesce(r.started_at, fresh.at), completed_at = case when fresh."dueAt" is null then ${ENDED_AT} end,
      error = fresh.error, step_results = fresh.results::jsonb,
      log_length = fresh.seq + case when fresh.entries is null then 0 else 1 end
    from fresh where r.uuid = fresh.uuid
    returning r.uuid, fresh.position, fresh.seq, fresh.entries, fresh."dueAt" is null as ended
  ), appended as (
    insert into run_log (run_uuid, seq, token, entries) select uuid, seq, 0, entries::json from saved
    where entries is not null on conflict do nothing
  ), owed as (${owe("saved where ended")})
  select position from saved
  union all
  select item.position from item join workflow_runs r using (uuid)
  where (select count(*) from saved) < (select count(*) from item) and r.lease_token = 0 and (r.status = item.status) is true and ${AS_TOLD} and item.position not in (select position from saved)
    and (item."dueAt" is null or exists (
      select from run_log l where l.run_uuid = item.uuid and l.seq = item.seq and l.token = 0 and l.entries::text = item.entries))`,
);

/** Runs that are executed without a claim. */
export class FreshRuns {
  readonly #pool: Pool;
  readonly #clock: Clock;
  readonly #event: "owed" | "none";

  /** `owesEvents`: a run that ends owes its completed event to a broker. */
  constructor(pool: Pool, clock: Clock, owesEvents: boolean) {
    this.#pool = pool;
    this.#clock = clock;
    this.#event = owesEvents ? "owed" : "none";
  }

  async find(uuids: string[], maxBytes: number): Promise<FoundFresh> {
    const found: FoundFresh = { fresh: [], taken: [] };
    const wanted = uuids.filter(isUuid);
    if (wanted.length === 0) return found;
    const rows = await this.#pool.run<FoundRow>(FIND_FRESH.call, [JSON.stringify(wanted), maxBytes]);
    for (const { fresh, payload, ...key } of rows) {
      if (!fresh) found.taken.push(key.uuid);
      else if (payload !== null) found.fresh.push({ ...key, payload });
    }
    return found;
  }

  save(items: FreshProgress[]): Promise<Outcome<null>[]> {
    return writeInRounds(items, (batch) => this.#save(batch));
  }

  async #save(items: FreshProgress[]): Promise<Outcome<null>[]> {
    const text = JSON.stringify(items.map(writable));
    const bound = [text, this.#event, this.#clock.now()];
    return outcomesOf(items, await this.#pool.run<{ position: number }>(SAVE_FRESH.call, bound));
  }
}

function writable({ uuid, logLength, startedAt, told, next }: FreshProgress, position: number) {
  const common = { position, uuid, seq: logLength, startedAt, ...told };
  if (next.kind === "sleep") return { ...common, status: "running", dueAt: next.dueAt, entries: next.entries };
  return { ...common, status: next.status, error: next.error, results: next.stepResults };
}
