/** The statements that store new runs: $1 items, $2 whether a broker is owed events, $3 the time, $4 the oldest id, $5 and $6 bounds. */
import { equals, few, keptStatement } from "../../../db/postgres/kept.ts";
import { DEFAULT_PRIORITY } from "../../port/runs/priorities.ts";
import { eventDueAt } from "../events.ts";
import { mayStore } from "../ids.ts";
import { RESOLVED } from "../references.ts";
import { ENDED_AT, within } from "../statement.ts";
import { hasLease } from "../workers.ts";
import { keepKeys } from "./request-keys.ts";

const itemWith = (
  more: string,
) => `json_to_recordset($1::text::json) as item (position integer, uuid uuid, namespace text, workflow text, "workflowUuid" uuid,
  payload text, grace float8, "claimId" uuid, worker uuid, depth smallint, traceparent text, "toldUuid" uuid, "toldVersion" integer, "startedAt" float8,
  status text, error text, "stepResults" text, tags text, output text, "errorDetails" text,
  "preparedUuid" uuid, "preparedVersion" integer${more})`;
const ITEM = itemWith("");

/** Whether the item was made by the version that was found, or there is nothing to be made by it. */
const PREPARED = `case when item."preparedUuid" is null then not found.prepares_runs
  else item."preparedUuid" = found.uuid and item."preparedVersion" = found.version end`;

/** Items "item" whose workflow was found as "found" (uuid, version), without those whose id came too late or that have to be made anew. */
const placed = (source: string, name = "placed") => `${name} as materialized (
    select item.*, found.uuid as workflow_id, found.version, to_timestamp("startedAt" / 1000) as at,
      coalesce("toldUuid" = found.uuid and "toldVersion" = found.version, false) as is_ended,
      item.worker is not null and ${hasLease("item.worker")} as is_claimed
    from ${source} where ${mayStore("item.uuid", "$4")} and ${PREPARED} order by item.uuid, position
  )`;

/** Whether the claim holds the run from its insert on: no worker holds a run that has ended. */
const IS_HELD = "is_claimed and not is_ended";

const storeWith = (
  columns: string,
  values: string,
) => `insert into workflow_runs (uuid, namespace, workflow_id, workflow_version, payload, created_at, status,
      started_at, completed_at, error, step_results, depth, traceparent, token, crashes, tags, output, error_details${columns})
    select uuid, namespace, workflow_id, version, payload::jsonb, case when is_ended then at else now() end,
      case when is_ended then status else 'pending' end, case when is_ended then at end,
      case when is_ended then ${ENDED_AT} end, case when is_ended then error end,
      case when is_ended then "stepResults"::jsonb end, depth, traceparent, case when is_ended then 0 end, case when is_ended then 0 end,
      tags::jsonb, case when is_ended then output::json end, case when is_ended then "errorDetails"::json end${values}
    from placed`;
const STORE = storeWith("", "");

/** Inserts rows of run_queue; for a run that is stored as ended only if a broker is owed its completed event ($2). */
const queueWith = (
  rows: string,
  dueAt: string,
  columns = "",
  values = "",
) => `insert into run_queue (run_uuid, namespace, due_at, started_at, token, claims, holder, claim_id, ended${columns})
    select uuid, namespace, case when is_ended then ${eventDueAt("null::timestamptz")}
        when not is_claimed then ${dueAt} end,
      case when ${IS_HELD} then now() end, case when ${IS_HELD} then 1 else 0 end, case when ${IS_HELD} then 1 else 0 end,
      case when ${IS_HELD} then worker end, case when ${IS_HELD} then "claimId" end, is_ended${values}
    from ${rows} where not is_ended or $2::text = 'owed'`;
const GRACE_OVER = "now() + grace * interval '1 millisecond'";
const queue = (rows: string) => queueWith(rows, GRACE_OVER);

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

/** What differs between the statements that store the rest. */
interface Texts {
  item: string;
  /** The CTEs up to "placed", of items "item" whose workflows are "found". */
  placed: string;
  store: string;
  queue: string;
  /** Whether another request had the key of an item's first. */
  isTaken: string;
}

const RESOLVED_ITEMS =
  "item join found on found.namespace = item.namespace and found.reference = item.workflow and found.uuid is not null";

// Each workflow is resolved once per batch. The rows that a repeated insert finds are joined at the end. A statement does not see
// the rows that it inserts, so these are joined first.
const insert = (texts: Texts) => `with item as (
    select * from ${texts.item}
  ), reference as (
    select distinct namespace, workflow as reference, "workflowUuid" as uuid from item
  ), found as (
    select reference.namespace, reference.reference, coalesce(by_uuid.uuid, by_id.uuid) as uuid,
      coalesce(by_uuid.version, by_id.version) as version, coalesce(by_uuid.prepares_runs, by_id.prepares_runs) as prepares_runs
    from reference ${RESOLVED}
  ), ${texts.placed},
  inserted as (${texts.store} on conflict (uuid) do nothing returning uuid, namespace, workflow_id, workflow_version, completed_at),
  first as (
    select distinct on (uuid) placed.* from placed join inserted using (uuid) order by uuid, position
  ), queued as (${texts.queue} returning run_uuid, claim_id, token)
  select item.uuid, coalesce(inserted.workflow_id, stored.workflow_id) as "workflowUuid",
    coalesce(inserted.workflow_version, stored.workflow_version) as "workflowVersion",
    case when not ${PREPARED} or ${texts.isTaken} then found.uuid end as "otherUuid", found.version as "otherVersion",
    (coalesce(queued.claim_id, held.claim_id) = item."claimId" and coalesce(queued.token, held.token) = 1) is true as claimed,
    coalesce(inserted.completed_at, stored.completed_at) is not null as ended, found.uuid is not null as found,
    (coalesce(inserted.namespace, stored.namespace) <> item.namespace) is true as "isOthers", ${texts.isTaken} as "isTaken"
  from item left join found on found.namespace = item.namespace and found.reference = item.workflow
  left join inserted on inserted.uuid = item.uuid
  left join queued on queued.run_uuid = item.uuid
  left join workflow_runs stored on stored.uuid = item.uuid and ${within("stored.uuid", "$5", "$6")} and inserted.uuid is null
  left join run_queue held on ${equals("held.run_uuid", "item.uuid")} and queued.run_uuid is null
  order by item.position`;

export const INSERT = insert({
  item: ITEM,
  placed: placed(RESOLVED_ITEMS),
  store: STORE,
  queue: queue("first"),
  isTaken: "false",
});

/** Stores runs that have what few have: keys of requests, a time to begin, a priority. */
export const INSERT_UNCOMMON = keptStatement(
  "insert_uncommon_runs",
  ["text", "text", "float8", "float8", "uuid", "uuid"],
  {
    uuid: "uuid",
    workflowUuid: "uuid",
    workflowVersion: "integer",
    otherUuid: "uuid",
    otherVersion: "integer",
    claimed: "boolean",
    ended: "boolean",
    found: "boolean",
    isOthers: "boolean",
    isTaken: "boolean",
  },
  insert({
    item: itemWith(', route text, key text, hash text, "startAt" float8, priority smallint'),
    placed: `${placed(RESOLVED_ITEMS, "coming")}, kept as (
    ${keepKeys("select distinct on (namespace, route, key) namespace, route, key, hash, uuid::text from coming where key is not null order by namespace, route, key, position")}
  ), placed as (
    select * from coming where key is null or uuid::text in (select answer from kept)
  )`,
    store: storeWith(", start_at, priority", ', to_timestamp("startAt" / 1000), priority'),
    queue: queueWith(
      "first",
      `coalesce(greatest(now(), to_timestamp("startAt" / 1000)), ${GRACE_OVER})`,
      ", priority",
      `, case when "startAt" is not null or priority is not null then coalesce(priority, ${DEFAULT_PRIORITY}) end`,
    ),
    isTaken: `(stored.uuid is null and item.position in (select position from coming)
      and item.position not in (select position from placed))`,
  }),
);
