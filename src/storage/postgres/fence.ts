/** What the statements that write progress have in common. */
import { equals } from "../../db/postgres/kept.ts";
import { within } from "./statement.ts";

/** The fence: once a worker claimed the run, began it without a claim, or it was paused or keeps something of another run, another's write finds no row of run_queue "q". */
const FENCE = `${equals("q.run_uuid", "item.uuid")} and q.namespace = item.namespace and q.token = item.token
    and (q.started_at is null) = (item.token = 0) and (item.token > 0 or q.paused_at is null and q.log_length = 0 and q.priority is null) and not q.ended`;

/** Whether the row of a run says the same as the message, where the run was executed by that. The uuids of the batch are within `low` and `high`. */
export const asTold = (
  low: string,
  high: string,
) => `(item."workflowUuid" is null or exists (select from workflow_runs told
    where told.uuid = item.uuid and ${within("told.uuid", low, high)}
    and told.workflow_id = item."workflowUuid" and told.workflow_version = item.version
    and (item.payload is null or told.payload = item.payload::jsonb)))`;

/** The columns that all items have. */
export const ITEM = `position integer, namespace text, uuid uuid, token integer, seq integer, crashes integer, entries text, "startedAt" float8,
      "workflowUuid" uuid, version integer, payload text`;

/**
 * The items that pass the fence, with what of their runs' rows is needed, which are locked. In the order of the uuids, so that two
 * batches can't deadlock: the plan of an update alone may use another order. The updates take their values from here: joined with
 * the batch again, each of 200 items would be compared with 200.
 *
 * @param among a condition on run_queue "q"
 */
export const locked = (low: string, high: string, among = "true") => `locked as materialized (
    select item.*, coalesce(q.started_at, to_timestamp(item."startedAt" / 1000)) as started_at, q.inbox, q.parent_uuid, q.parent_path,
      q.has_children
    from item join run_queue q on ${FENCE} and ${among} where ${asTold(low, high)} order by q.run_uuid for update of q
  )`;

/** Appends the entries of the locked items; gives the runs whose entries were not there before. */
export const APPENDED = `appended as (
    insert into run_log (run_uuid, seq, token, entries)
    select uuid, seq, token, entries::json from locked where entries is not null
    on conflict do nothing returning run_uuid
  )`;
