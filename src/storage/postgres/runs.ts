import type { Clock } from "../../clock.ts";
import { few, keptStatement } from "../../db/kept.ts";
import type { Pool } from "../../db/pool.ts";
import type { Pools } from "../../db/postgres.ts";
import { isUuid } from "../../ids.ts";
import type { PageRequest } from "../../schemas/page.ts";
import { type InsertedRun, MAX_PAGE_BYTES, type NewRun, type Outcome, type RunRecord, type Unnamed } from "../port.ts";
import { type Definitions, FIRST_UUID, LAST_UUID, milliseconds, notFound, RESOLVED } from "./definitions.ts";
import { owe } from "./events.ts";
import { type Ids, mayStore } from "./ids.ts";
import { asked, ENDED_AT, writeBatch } from "./statement.ts";
import { StepOrder } from "./step-order.ts";

/** The log of run "r" as one JSON array. */
export const LOG = `case when r.log_length = 0 then '[]' else coalesce((
    select '[' || string_agg(substr(entries::text, 2, length(entries::text) - 2), ',' order by seq) || ']'
    from run_log where run_uuid = r.uuid), '[]') end`;

const COLUMNS = `r.uuid, coalesce(r.id, r.uuid::text) as id, r.workflow_id as "workflowUuid",
  r.workflow_version as "workflowVersion", r.status, r.payload::text as payload,
  ${milliseconds("r.created_at")} as "createdAt", ${milliseconds("r.started_at")} as "startedAt",
  ${milliseconds("r.completed_at")} as "completedAt", r.error, r.step_results::text as "stepResults",
  case when r.step_results is null then ${LOG} else '[]' end as log`;

const ITEM = `json_to_recordset($1::text::json) as item (position integer, uuid uuid, namespace text, workflow text, "workflowUuid" uuid,
  payload text, grace float8, "claimId" uuid, lease float8, depth smallint, "endedUuid" uuid, "endedVersion" integer, "startedAt" float8,
  status text, error text, "stepResults" text)`;

/**
 * Stores items "item" whose workflow is found as "found" (uuid, version), unless their id came too late; a run that is there
 * already is left as it is.
 */
const store = (source: string) => `insert into workflow_runs (uuid, namespace, workflow_id, workflow_version, payload,
      created_at, due_at, status, started_at, completed_at, lease_token, claim_id, error, step_results, depth)
    select uuid, namespace, workflow_id, version, payload::jsonb, case when ended then at else now() end,
      case when not ended then now() + coalesce(lease, grace) * interval '1 millisecond' end,
      case when ended then status when "claimId" is null then 'pending' else 'running' end,
      case when ended then at when "claimId" is not null then now() end,
      case when ended then ${ENDED_AT} end,
      case when ended or "claimId" is null then 0 else 1 end,
      case when not ended then "claimId" end,
      case when ended then error end,
      case when ended then "stepResults"::jsonb end, depth
    from (
      select item.*, found.uuid as workflow_id, found.version, to_timestamp("startedAt" / 1000) as at,
        coalesce("endedUuid" = found.uuid and "endedVersion" = found.version, false) as ended
      from ${source} where ${mayStore("item.uuid", "$4")}
    ) as placed order by uuid, position
    on conflict (uuid) do nothing
    returning uuid, workflow_id, workflow_version, claim_id, lease_token, completed_at`;

// The usual case, new runs of workflows by their uuid, in the plainest statement. What it does not store is for the next one.
export const INSERT_BY_UUID = keptStatement(
  "insert_runs_by_uuid",
  ["text", "text", "float8", "float8"],
  { uuid: "uuid", workflowUuid: "uuid", workflowVersion: "integer", ended: "boolean", claimed: "boolean" },
  `with stored as (${store(`${ITEM} join workflow_definitions found
      on found.uuid = item."workflowUuid" and found.namespace = item.namespace and found.deleted_at is null and ${few("item.position")}`)}
  ), owed as (${owe("stored where completed_at is not null")})
  select uuid, workflow_id as "workflowUuid", workflow_version as "workflowVersion", completed_at is not null as ended,
    claim_id is not null as claimed from stored`,
);

// Each workflow is resolved once per batch. What a repeated insert finds is joined at the end: a row of this very statement
// is not visible to it, so an inserted one is looked for first.
const INSERT = `with item as (
    select * from ${ITEM}
  ), reference as (
    select distinct namespace, workflow as reference, "workflowUuid" as uuid from item
  ), found as (
    select reference.namespace, reference.reference, coalesce(by_uuid.uuid, by_id.uuid) as uuid,
      coalesce(by_uuid.version, by_id.version) as version
    from reference ${RESOLVED}
  ), inserted as (
    ${store("item join found on found.namespace = item.namespace and found.reference = item.workflow and found.uuid is not null")}
  ), owed as (${owe("inserted where completed_at is not null")})
  select item.uuid, coalesce(inserted.workflow_id, stored.workflow_id) as "workflowUuid",
    coalesce(inserted.workflow_version, stored.workflow_version) as "workflowVersion",
    item."claimId" is not null and coalesce(inserted.claim_id, stored.claim_id) = item."claimId"
      and coalesce(inserted.lease_token, stored.lease_token) = 1 as claimed,
    coalesce(inserted.completed_at, stored.completed_at) is not null as ended, found.uuid is not null as found
  from item left join found on found.namespace = item.namespace and found.reference = item.workflow
  left join inserted on inserted.uuid = item.uuid
  left join workflow_runs stored on stored.uuid = item.uuid and inserted.uuid is null
  order by item.position`;

export const FIND_RUNS = keptStatement(
  "find_runs",
  ["text"],
  {
    uuid: "uuid",
    id: "text",
    workflowUuid: "uuid",
    workflowVersion: "integer",
    status: "text",
    payload: "text",
    createdAt: "float8",
    startedAt: "float8",
    completedAt: "float8",
    error: "text",
    stepResults: "text",
    log: "text",
  },
  `select ${COLUMNS} from ${asked("$1")} join workflow_runs r using (uuid)`,
);

const STORED = `select uuid from workflow_runs where uuid in (
    select value::uuid from json_array_elements_text($1::text::json))`;

const list = (
  rows: string,
) => `select uuid, id, "workflowUuid", "workflowVersion", status, payload, "createdAt", "startedAt",
    "completedAt", error, "stepResults", log from (
    select *, sum(size) over (rows unbounded preceding) - size as before from (
      select *, length(payload) + coalesce(length("stepResults"), 0) + length(log) as size from (
        select ${COLUMNS} from workflow_runs r where r.namespace = $1 and ${rows} limit $2::integer
      ) as rows
    ) as sized
  ) as page where before < ${MAX_PAGE_BYTES}`;

const LIST = {
  desc: list("r.uuid < $3::text::uuid order by r.uuid desc"),
  asc: list("r.uuid > $3::text::uuid and r.uuid < $4::text::uuid order by r.uuid"),
};

interface StoredRun {
  uuid: string;
  workflowUuid: string | null;
  workflowVersion: number;
  claimed: boolean;
  ended: boolean;
  /** Whether its workflow is there: where it is, a run that is not stored came too late. */
  found?: boolean;
}

/** Runs as they are stored and read. */
export class Runs {
  readonly #writes: Pool;
  readonly #reads: Pool;
  readonly #clock: Clock;
  readonly #order: StepOrder;
  readonly #event: "owed" | "none";
  readonly #ids: Ids;

  constructor({ writes, reads }: Pools, definitions: Definitions, ids: Ids, clock: Clock, owesEvents: boolean) {
    this.#clock = clock;
    this.#ids = ids;
    this.#event = owesEvents ? "owed" : "none";
    this.#writes = writes;
    this.#reads = reads;
    this.#order = new StepOrder(definitions);
  }

  insert(items: Unnamed<NewRun>[]): Promise<Outcome<InsertedRun>[]> {
    return writeBatch(items, (batch) => this.#ids.store(batch, (named, oldest) => this.#insertAll(named, oldest)));
  }

  /** Null for each whose id came too late. */
  async #insertAll(items: NewRun[], oldest: number | null): Promise<(Outcome<InsertedRun> | null)[]> {
    const stored = new Map<string, StoredRun>();
    const byUuid = items.filter(({ workflow }) => isUuid(workflow));
    for (const row of await this.#insert(INSERT_BY_UUID.call, byUuid, oldest)) stored.set(row.uuid, row);
    const others = items.filter(({ uuid }) => !stored.has(uuid));
    for (const row of await this.#insert(INSERT, others, oldest)) stored.set(row.uuid, row);
    return items.map(({ uuid, workflow }) => {
      const row = stored.get(uuid);
      if (row?.workflowUuid == null) return row?.found ? null : notFound(workflow);
      const { workflowUuid, workflowVersion, claimed, ended } = row;
      return { kind: "ok", value: { uuid, workflowUuid, workflowVersion, claimed, ended } };
    });
  }

  async #insert(statement: string, items: NewRun[], oldest: number | null): Promise<StoredRun[]> {
    if (items.length === 0) return [];
    const text = JSON.stringify(items.map(insertable));
    return this.#writes.run<StoredRun>(statement, [text, this.#event, this.#clock.now(), oldest]);
  }

  async find(uuids: string[]): Promise<(RunRecord | null)[]> {
    const wanted = [...new Set(uuids.filter(isUuid))];
    const rows = await this.#order.restore(await this.#reads.run<RunRecord>(FIND_RUNS.call, [JSON.stringify(wanted)]));
    const found = new Map(rows.map((row) => [row.uuid, row]));
    return uuids.map((uuid) => found.get(uuid) ?? null);
  }

  async stored(uuids: string[]): Promise<string[]> {
    const rows = await this.#writes.run<{ uuid: string }>(STORED, [JSON.stringify(uuids.filter(isUuid))]);
    return rows.map(({ uuid }) => uuid);
  }

  async list({ namespace, limit, order, after }: PageRequest): Promise<RunRecord[]> {
    const rows =
      order === "desc"
        ? await this.#reads.run<RunRecord>(LIST.desc, [namespace, limit, after ?? LAST_UUID])
        : await this.#reads.run<RunRecord>(LIST.asc, [
            namespace,
            limit,
            after ?? FIRST_UUID,
            await this.#ids.settled(),
          ]);
    return this.#order.restore(rows);
  }
}

function insertable(
  { uuid, namespace, workflow, payload, depth, graceMilliseconds, claim, ended }: NewRun,
  position: number,
) {
  return {
    position,
    uuid,
    namespace,
    workflow,
    workflowUuid: isUuid(workflow) ? workflow : null,
    payload,
    grace: graceMilliseconds,
    depth,
    claimId: claim?.claimId ?? null,
    lease: claim?.leaseMilliseconds ?? null,
    endedUuid: ended?.workflowUuid ?? null,
    endedVersion: ended?.version ?? null,
    startedAt: ended?.startedAt ?? null,
    status: ended?.status ?? null,
    error: ended?.error ?? null,
    stepResults: ended?.stepResults ?? null,
  };
}
