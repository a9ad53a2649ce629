/** The statements that have runs stand still, and go on. */
import { equals, few, keptStatement } from "../../../db/postgres/kept.ts";
import { lockQueued, within } from "../statement.ts";
import { logged, pauseEntry } from "./pause-entry.ts";

const ITEM = `json_to_recordset($1::text::json) as item (position integer, namespace text, uuid uuid)`;
const RESULT = { position: "integer", result: "text" } as const;

const LOCKED = lockQueued(ITEM);

/** How the other runs are: "answered" has those that something was done for, or that are as they should be. */
const OTHERS = `select item.position, case when r.completed_at is null then 'open' else 'over' end
    from asked as item join workflow_runs r using (namespace, uuid)
    where ${within("r.uuid", "$2", "$3")} and item.position not in (select position from answered)`;

export const PAUSE_RUNS = keptStatement(
  "pause_runs",
  ["text", "uuid", "uuid"],
  RESULT,
  `with asked as (
    select * from ${ITEM} where ${few("position")}
  ), paused as (
    update run_queue q set paused_at = coalesce(q.paused_at, now()), due_at = case when q.holder is null then 'infinity' else q.due_at end
    from asked as item where ${equals("q.run_uuid", "item.uuid")} and q.namespace = item.namespace and not q.ended and q.control is null
    returning item.position, case when q.holder is null then 'paused' else 'requested' end as result
  ), in_line as (
    update run_turns t set paused_at = coalesce(t.paused_at, now()) from asked as item
    where ${equals("t.run_uuid", "item.uuid")} and t.namespace = item.namespace and t.begun_at is null
    returning item.position, 'paused' as result
  ), answered as (
    select * from paused
    union all select * from in_line
    union all select item.position, 'refused' from asked as item
      join run_queue q on ${equals("q.run_uuid", "item.uuid")} and q.namespace = item.namespace and not q.ended and q.control is not null
  )
  select * from answered union all ${OTHERS}`,
  LOCKED,
);

export const RESUME_RUNS = keptStatement(
  "resume_runs",
  ["text", "uuid", "uuid"],
  RESULT,
  `with asked as (
    select * from ${ITEM} where ${few("position")}
  ), open as materialized (
    select item.*, q.paused_at as since, q.log_length, q.token, q.holder is null and q.started_at is not null as stood,
      (select r.start_at from workflow_runs r where r.uuid = item.uuid and ${within("r.uuid", "$2", "$3")}) as start_at
    from asked as item join run_queue q on ${equals("q.run_uuid", "item.uuid")} and q.namespace = item.namespace and not q.ended
    order by item.uuid
  ), logged as (
    insert into run_log (run_uuid, seq, token, entries)
    select item.uuid, item.log_length, item.token, ${pauseEntry("item.since")}::json from open as item where item.since is not null and item.stood
  ), resumed as (
    update run_queue q set paused_at = null,
      due_at = case when q.holder is not null then q.due_at when item.stood then now() else greatest(now(), item.start_at) end,
      ${logged("q")}
    from open as item where ${equals("q.run_uuid", "item.uuid")} and item.since is not null
  ), in_line as (
    update run_turns t set paused_at = null from asked as item
    where ${equals("t.run_uuid", "item.uuid")} and t.namespace = item.namespace and t.begun_at is null
    returning item.position
  ), answered as (
    select position, 'resumed' as result from open
    union all select position, 'resumed' from in_line
  )
  select * from answered union all ${OTHERS}`,
  LOCKED,
);
