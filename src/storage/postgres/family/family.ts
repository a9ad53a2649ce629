/** SQL about runs and those that they start. */
import { equals, few } from "../../../db/postgres/kept.ts";
import { MAX_GENERATIONS, ON_FAILURE } from "../../../schemas/child.ts";
import { RESOLVED } from "../references.ts";
import { within } from "../statement.ts";

/** One that sleeps is due when something comes for it; a new run is left to its message. */
const WOKEN =
  "case when q.holder is null and q.started_at is not null and q.due_at > now() then now() else q.due_at end";

/** One that nobody holds is due, and ended by whoever claims it. */
const CANCELLED = `control = 'cancel', due_at = case when c.holder is null then least(c.due_at, now()) else c.due_at end`;

/** Locks runs, those that wait for them and those that they wait for, in the order of their uuids, so that two statements can't deadlock. */
export const lockFamilies = (item: string) => `perform from run_queue q where q.run_uuid in (
    select uuid from ${item}
    union all select own.parent_uuid from ${item} join run_queue own on ${equals("own.run_uuid", "item.uuid")}
    union all select c.run_uuid from ${item} join run_queue c on ${equals("c.parent_uuid", "item.uuid")}
  ) order by q.run_uuid for update`;

/**
 * CTEs for runs that end: "over" has their rows of run_queue with uuid, status, error, output and "errorDetails". Those that wait for them are told, those that
 * they wait for are cancelled, and their inboxes are cleared. The rows of "batch" are written by other parts of the statement.
 */
export const endedFamilies = (batch: string) => `cleared as (
    delete from run_inbox i using over where ${equals("i.run_uuid", "over.uuid")}
  ), news as materialized (
    select parent_uuid, parent_path, uuid, json_build_object('run_id', uuid, 'status', status, 'output', output::json,
        'error', coalesce("errorDetails"::json, to_json(error))) as body,
      (row_number() over (partition by parent_uuid order by uuid))::integer as nth
    from over where parent_uuid is not null and parent_uuid not in (select uuid from ${batch})
  ), heard as (
    update run_queue q set inbox = q.inbox + told.count, due_at = ${WOKEN}
    from (select parent_uuid, count(*)::integer as count from news group by parent_uuid) as told
    where ${equals("q.run_uuid", "told.parent_uuid")} and not q.ended
    returning q.run_uuid, q.inbox - told.count as before
  ), put as (
    insert into run_inbox (run_uuid, seq, kind, name, body, bytes, id)
    select heard.run_uuid, before + nth, 'child', parent_path, body, length(body::text), uuid
    from news join heard on heard.run_uuid = news.parent_uuid
  ), given_up as (
    update run_queue c set ${CANCELLED} from over
    where ${equals("c.parent_uuid", "over.uuid")} and over.has_children and c.parent_cancels and not c.ended
      and c.run_uuid not in (select uuid from ${batch})
  )`;

/**
 * CTEs for the runs that "locked" items start, whose parents are within `low` and `high`.
 *
 * @param parents the locked items "item" that start them now, and not at a former copy of the write
 */
export const startedRuns = (low: string, high: string, parents: string) => `starting as materialized (
    select item.uuid as parent_uuid, item.namespace, item.inbox, child.uuid as child_uuid, child.path, child.workflow, child."workflowUuid",
      child.version, child.payload, child."isAwaited", child."isCancelled"
    from ${parents},
      json_to_recordset(item.children) as child (uuid uuid, path text, workflow text, "workflowUuid" uuid, version integer,
        payload text, "isAwaited" boolean, "isCancelled" boolean)
    where ${few("item.position")}
  ), found as materialized (
    select starting.*, p.depth, p.generation, p.traceparent, coalesce(p.root_run_id, p.uuid) as root, v.version as found_version,
      coalesce(by_uuid.uuid, by_id.uuid) as workflow_id
    from starting join workflow_runs p on p.uuid = starting.parent_uuid and ${within("p.uuid", low, high)}
    cross join lateral (select starting.namespace, starting.workflow as reference, starting."workflowUuid" as uuid) as reference ${RESOLVED}
    left join workflow_versions v on v.workflow_uuid = coalesce(by_uuid.uuid, by_id.uuid)
      and v.version = coalesce(starting.version, by_uuid.version, by_id.version)
  ), child as materialized (
    select *, case when generation >= ${MAX_GENERATIONS} and path <> '${ON_FAILURE}' then 'too_deep' when workflow_id is null then 'workflow_not_found'
      when found_version is null then 'version_not_found' end as refused
    from found
  ), stored as (
    insert into workflow_runs (uuid, namespace, workflow_id, workflow_version, payload, depth, traceparent, root_run_id, parent_run_id,
      parent_path, generation)
    select child_uuid, namespace, workflow_id, found_version, payload::jsonb, depth + 1, traceparent,
      case when path <> '${ON_FAILURE}' then root end, case when path <> '${ON_FAILURE}' then parent_uuid end, path,
      case when path <> '${ON_FAILURE}' then generation + 1 else generation end
    from child where refused is null
  ), queued as (
    insert into run_queue (run_uuid, namespace, due_at, parent_uuid, parent_path, parent_cancels)
    select child_uuid, namespace, now(), case when "isAwaited" then parent_uuid end,
      case when "isAwaited" or path = '${ON_FAILURE}' then path end, "isCancelled"
    from child where refused is null
  )`;

/**
 * CTEs for what the runs that start and give up others are told, once these are started: "told" has it. Nothing is started again where the
 * write is repeated ("appended" has the runs whose entries are new).
 */
export const startedFamilies = (
  low: string,
  high: string,
) => `${startedRuns(low, high, "locked as item join appended on appended.run_uuid = item.uuid")}, told as materialized (
    select parent_uuid, path, child_uuid, inbox, (row_number() over (partition by parent_uuid order by child_uuid))::integer as nth,
      case when refused is null then json_build_object('run_id', child_uuid)
        else json_build_object('refused', refused, 'workflow', workflow) end as body
    from child where refused is not null or not "isAwaited"
  ), put as (
    insert into run_inbox (run_uuid, seq, kind, name, body, bytes, id)
    select parent_uuid, inbox + nth, 'child', path, body, length(body::text), child_uuid from told
  ), given_up as (
    update run_queue c set ${CANCELLED} from locked as item, json_array_elements_text(item."left") as path
    where ${equals("c.parent_uuid", "item.uuid")} and c.parent_path = path and c.parent_cancels and not c.ended
  )`;
