import type { Clock } from "../../clock.ts";
import { few, keptStatement } from "../../db/postgres/kept.ts";
import type { Pool } from "../../db/postgres/pool.ts";
import { codeOf } from "../../errors.ts";
import { isUuid } from "../../ids.ts";
import type { InsertedRun, NewRun, Outcome, Unnamed } from "../port.ts";
import { notFound, UNSTORABLE } from "../refusals.ts";
import { eventDueAt } from "./events.ts";
import { type Ids, mayStore } from "./ids.ts";
import { RESOLVED } from "./references.ts";
import { boundsOf, ENDED_AT, within, writeBatch } from "./statement.ts";
import { hasLease } from "./workers.ts";

const UNIQUE_VIOLATION = "23505";

const ITEM = `json_to_recordset($1::text::json) as item (position integer, uuid uuid, namespace text, workflow text, "workflowUuid" uuid,
  payload text, grace float8, "claimId" uuid, worker uuid, depth smallint, traceparent text, "toldUuid" uuid, "toldVersion" integer, "startedAt" float8,
  status text, error text, "stepResults" text)`;

/** Items "item" whose workflow was found as "found" (uuid, version), without those whose id came too late. */
const placed = (source: string) => `placed as materialized (
    select item.*, found.uuid as workflow_id, found.version, to_timestamp("startedAt" / 1000) as at,
      coalesce("toldUuid" = found.uuid and "toldVersion" = found.version, false) as is_ended,
      item.worker is not null and ${hasLease("item.worker")} as is_claimed
    from ${source} where ${mayStore("item.uuid", "$4")} order by item.uuid, position
  )`;

/** Whether the claim holds the run from its insert on: no worker holds a run that has ended. */
const IS_HELD = "is_claimed and not is_ended";

const STORE = `insert into workflow_runs (uuid, namespace, workflow_id, workflow_version, payload, created_at, status,
      started_at, completed_at, error, step_results, depth, traceparent, token, crashes)
    select uuid, namespace, workflow_id, version, payload::jsonb, case when is_ended then at else now() end,
      case when is_ended then status else 'pending' end, case when is_ended then at end,
      case when is_ended then ${ENDED_AT} end, case when is_ended then error end,
      case when is_ended then "stepResults"::jsonb end, depth, traceparent, case when is_ended then 0 end, case when is_ended then 0 end
    from placed`;

/** Inserts rows of run_queue; for a run that is stored as ended only if a broker is owed its completed event ($2). */
const queue = (
  rows: string,
) => `insert into run_queue (run_uuid, namespace, due_at, started_at, token, claims, holder, claim_id, ended)
    select uuid, namespace, case when is_ended then ${eventDueAt("null::timestamptz")}
        when not is_claimed then now() + grace * interval '1 millisecond' end,
      case when ${IS_HELD} then now() end, case when ${IS_HELD} then 1 else 0 end, case when ${IS_HELD} then 1 else 0 end,
      case when ${IS_HELD} then worker end, case when ${IS_HELD} then "claimId" end, is_ended
    from ${rows} where not is_ended or $2::text = 'owed'`;

// The usual case, new runs of workflows by their uuid, in the plainest statement. The next statement stores the rest, and all
// of the batch if one run of it is stored already: "on conflict" would make each insert search, lock and confirm.
export const INSERT_BY_UUID = keptStatement(
  "insert_runs_by_uuid",
  ["text", "text", "float8", "float8"],
  { uuid: "uuid", workflowUuid: "uuid", workflowVersion: "integer", ended: "boolean", claimed: "boolean" },
  `with ${placed(`${ITEM} join workflow_definitions found
      on found.uuid = item."workflowUuid" and found.namespace = item.namespace and found.deleted_at is null and ${few("item.position")}`)},
  stored as (${STORE}),
  queued as (${queue("placed")})
  select uuid, workflow_id as "workflowUuid", version as "workflowVersion", is_ended as ended,
    ${IS_HELD} as claimed from placed`,
);

// Each workflow is resolved once per batch. The rows that a repeated insert finds are joined at the end. A statement does not see
// the rows that it inserts, so these are joined first.
const INSERT = `with item as (
    select * from ${ITEM}
  ), reference as (
    select distinct namespace, workflow as reference, "workflowUuid" as uuid from item
  ), found as (
    select reference.namespace, reference.reference, coalesce(by_uuid.uuid, by_id.uuid) as uuid,
      coalesce(by_uuid.version, by_id.version) as version
    from reference ${RESOLVED}
  ), ${placed("item join found on found.namespace = item.namespace and found.reference = item.workflow and found.uuid is not null")},
  inserted as (${STORE} on conflict (uuid) do nothing returning uuid, namespace, workflow_id, workflow_version, completed_at),
  first as (
    select distinct on (uuid) placed.* from placed join inserted using (uuid) order by uuid, position
  ), queued as (${queue("first")} returning run_uuid, claim_id, token)
  select item.uuid, coalesce(inserted.workflow_id, stored.workflow_id) as "workflowUuid",
    coalesce(inserted.workflow_version, stored.workflow_version) as "workflowVersion",
    (coalesce(queued.claim_id, held.claim_id) = item."claimId" and coalesce(queued.token, held.token) = 1) is true as claimed,
    coalesce(inserted.completed_at, stored.completed_at) is not null as ended, found.uuid is not null as found,
    (coalesce(inserted.namespace, stored.namespace) <> item.namespace) is true as "isOthers"
  from item left join found on found.namespace = item.namespace and found.reference = item.workflow
  left join inserted on inserted.uuid = item.uuid
  left join queued on queued.run_uuid = item.uuid
  left join workflow_runs stored on stored.uuid = item.uuid and ${within("stored.uuid", "$5", "$6")} and inserted.uuid is null
  left join run_queue held on held.run_uuid = item.uuid and queued.run_uuid is null
  order by item.position`;

interface StoredRun {
  uuid: string;
  workflowUuid: string | null;
  workflowVersion: number;
  claimed: boolean;
  ended: boolean;
  /** Whether its workflow was found: if it was, a run that is not stored came too late. */
  found?: boolean;
  /** Whether the uuid is that of a run of another namespace. */
  isOthers?: boolean;
}

/** Stores runs. */
export class NewRuns {
  readonly #pool: Pool;
  readonly #ids: Ids;
  readonly #clock: Clock;
  readonly #event: "owed" | "none";

  /** `owesEvents`: whether a broker is owed the completed event of each run that ends. */
  constructor(pool: Pool, ids: Ids, clock: Clock, owesEvents: boolean) {
    this.#pool = pool;
    this.#ids = ids;
    this.#clock = clock;
    this.#event = owesEvents ? "owed" : "none";
  }

  insert(items: Unnamed<NewRun>[]): Promise<Outcome<InsertedRun>[]> {
    return writeBatch(items, (batch) => this.#ids.store(batch, (named, oldest) => this.#insertAll(named, oldest)));
  }

  /** Null for each whose id came too late. */
  async #insertAll(items: NewRun[], oldest: number | null): Promise<(Outcome<InsertedRun> | null)[]> {
    const byUuid = items.filter(({ workflow }) => isUuid(workflow));
    const fresh = new Map((await this.#insertNew(byUuid, oldest)).map((row) => [row.uuid, row]));
    const stored = new Map(byUuid.map((item) => [item, fresh.get(item.uuid)]));
    const others = items.filter((item) => stored.get(item) === undefined);
    const rows = await this.#insert(INSERT, others, oldest, boundsOf(others.map(({ uuid }) => uuid)));
    for (const [index, item] of others.entries()) stored.set(item, rows[index]);
    return items.map((item) => {
      const { uuid, workflow } = item;
      const row = stored.get(item);
      if (row?.isOthers) return row.found ? UNSTORABLE : notFound(workflow);
      if (row?.workflowUuid == null) return row?.found ? null : notFound(workflow);
      const { workflowUuid, workflowVersion, claimed, ended } = row;
      return { kind: "ok", value: { uuid, workflowUuid, workflowVersion, claimed, ended } };
    });
  }

  /** Stores none if one of them is stored already. */
  async #insertNew(items: NewRun[], oldest: number | null): Promise<StoredRun[]> {
    try {
      return await this.#insert(INSERT_BY_UUID.call, items, oldest);
    } catch (error) {
      if (codeOf(error) === UNIQUE_VIOLATION) return [];
      throw error;
    }
  }

  async #insert(
    statement: string,
    items: NewRun[],
    oldest: number | null,
    bounds: string[] = [],
  ): Promise<StoredRun[]> {
    if (items.length === 0) return [];
    const text = JSON.stringify(items.map(insertable));
    return this.#pool.run<StoredRun>(statement, [text, this.#event, this.#clock.now(), oldest, ...bounds]);
  }
}

/** Absent fields are left out: PostgreSQL would have to parse a null. */
function insertable(
  { uuid, namespace, workflow, payload, depth, traceparent, graceMilliseconds, claim, progress }: NewRun,
  position: number,
) {
  return {
    position,
    uuid,
    namespace,
    workflow,
    workflowUuid: isUuid(workflow) ? workflow : undefined,
    payload,
    grace: graceMilliseconds,
    depth,
    traceparent: traceparent ?? undefined,
    claimId: claim?.claimId,
    worker: claim?.worker,
    toldUuid: progress?.told.workflowUuid,
    toldVersion: progress?.told.version,
    startedAt: progress?.startedAt,
    status: progress?.next.status,
    error: progress?.next.error ?? undefined,
    stepResults: progress?.next.stepResults,
  };
}
