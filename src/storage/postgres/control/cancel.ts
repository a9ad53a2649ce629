/** The statement that cancels runs. */
import { equals, few, keptStatement } from "../../../db/postgres/kept.ts";
import { endedFamilies, lockFamilies, lockWaitingToo } from "../family/family.ts";
import { lockQueued, within } from "../statement.ts";
import { logged, pauseEntry, standsStill } from "./pause-entry.ts";

const RUNS = "json_to_recordset($1::text::json) as item (position integer, uuid uuid)";
const ITEM = `json_to_recordset($1::text::json) as item (position integer, namespace text, uuid uuid, reason text, compensates boolean)`;

/**
 * Whether a run of row "q" that no worker holds may have something to be undone, or runs that are to end first: then it is ended by
 * whoever claims it, as its definition says.
 */
const HAS_MORE = `q.log_length > 0 and (q.has_children or item.compensates and exists (
      select from workflow_runs r join workflow_versions v on v.workflow_uuid = r.workflow_id and v.version = r.workflow_version
      where r.uuid = item.uuid and ${within("r.uuid", "$3", "$4")} and v.steps::text like '%"compensate"%'))`;

/** The run of an item is open, and ends now. */
const FREE = `${equals("q.run_uuid", "item.uuid")} and item.ends and q.holder is null and not q.ended`;

// The rows are locked before, so that they are as "open" has them. A run whose turn came since then, and that was claimed, is in no
// part: its request is repeated. So is one whose parent is asked as well: a statement changes that once, and it is told of the end. A second request changes the first only where it forbids what that one asked for. The event of a
// run that ends here is overdue at once, since no worker sends it.
export const CANCEL_RUNS = keptStatement(
  "cancel_runs",
  ["text", "text", "uuid", "uuid"],
  { position: "integer", result: "text" },
  `with every as materialized (
    select item.position, namespace, uuid, reason, coalesce(compensates, true) as compensates from ${ITEM} where ${few("item.position")}
  ), asked as materialized (
    select * from every as item where not exists (
      select from run_queue q where ${equals("q.run_uuid", "item.uuid")} and q.parent_uuid in (select uuid from every)
    ) and not exists (
      select from run_turns t where ${equals("t.run_uuid", "item.uuid")} and t.begun_at is null and t.parent_uuid in (select uuid from every)
    )
  ), open as materialized (
    select item.*, q.holder is null and q.control is null and not (${HAS_MORE}) as ends,
      q.control is not null and (item.compensates or not q.compensates) as is_known, ${standsStill("q")} as stood, q.paused_at as since,
      q.log_length, q.token
    from asked as item join run_queue q on ${equals("q.run_uuid", "item.uuid")} and q.namespace = item.namespace and not q.ended
    order by item.uuid
  ), paused as (
    insert into run_log (run_uuid, seq, token, entries)
    select item.uuid, item.log_length, item.token, ${pauseEntry("item.since")}::json from open as item where item.stood
  ), requested as (
    update run_queue q set control = 'cancel', compensates = item.compensates, is_obeyed = false, paused_at = null, ${logged("q")},
      due_at = case when q.holder is null then least(q.due_at, now()) else q.due_at end
    from open as item where ${equals("q.run_uuid", "item.uuid")} and not q.ended and not item.ends and not item.is_known
    returning item.position, item.uuid, item.reason
  ), reasoned as (
    update workflow_runs r set cancel_reason = coalesce(r.cancel_reason, requested.reason)
    from requested where r.uuid = requested.uuid and ${within("r.uuid", "$3", "$4")} and requested.reason is not null
  ), owing as (
    update run_queue q set ended = true, due_at = now() from open as item where $2::text = 'owed' and ${FREE}
    returning q.run_uuid as uuid, q.token, q.crashes, q.started_at, q.parent_uuid, q.parent_path, q.has_children, item.position, item.reason
  ), gone as (
    delete from run_queue q using open as item where $2::text = 'none' and ${FREE}
    returning q.run_uuid as uuid, q.token, q.crashes, q.started_at, q.parent_uuid, q.parent_path, q.has_children, item.position, item.reason
  ), left_line as (
    delete from run_turns t using asked as item where ${equals("t.run_uuid", "item.uuid")} and t.namespace = item.namespace and t.begun_at is null
    returning t.run_uuid as uuid, 0 as token, 0 as crashes, null::timestamptz as started_at, t.parent_uuid, t.parent_path,
      false as has_children, item.position, item.reason
  ), owing_too as (
    insert into run_queue (run_uuid, namespace, due_at, ended) select item.uuid, item.namespace, now(), true
    from left_line join asked as item using (position) where $2::text = 'owed'
  ), over as materialized (
    select *, 'cancelled' as status, null as error, null as output, null as "errorDetails" from owing
    union all select *, 'cancelled', null, null, null from gone
    union all select *, 'cancelled', null, null, null from left_line
  ), ${endedFamilies("asked")}, cancelled as (
    update workflow_runs r set status = 'cancelled', completed_at = now(), started_at = over.started_at, token = over.token,
      crashes = over.crashes, cancel_reason = coalesce(r.cancel_reason, over.reason)
    from over where r.uuid = over.uuid and ${within("r.uuid", "$3", "$4")}
    returning over.position
  ), answered as (
    select position, 'cancelled' as result from cancelled
    union all select position, 'requested' from requested
    union all select position, 'requested' from open where is_known
  )
  select * from answered
  union all select item.position, case when r.completed_at is null then 'open' else 'over' end
    from every as item join workflow_runs r using (namespace, uuid)
    where ${within("r.uuid", "$3", "$4")} and item.position not in (select position from answered)`,
  // What came for a run in line is there, and goes with it; one whose turn came meanwhile is in the queue.
  `${lockFamilies(RUNS, lockWaitingToo(RUNS))};\n  ${lockQueued(RUNS)}`,
);
