/** SQL that stores runs with the progress of those that start them. */
import { equals, few } from "../../../db/postgres/kept.ts";
import { MAX_GENERATIONS, ON_FAILURE } from "../../../schemas/runs/child.ts";
import { mayStore } from "../ids.ts";
import { RESOLVED } from "../references.ts";
import { within } from "../statement.ts";
import { givenUp } from "./family.ts";

/** The children of items, as rows. */
const childrenOf = (
  item: string,
) => `json_to_recordset(${item}.children) as child (uuid uuid, path text, workflow text, "workflowUuid" uuid,
        version integer, payload text, "isAwaited" boolean, "isCancelled" boolean, "preparedUuid" uuid, "preparedVersion" integer, tags text,
        faults json, line text, most integer, "onLimit" text, "rateKey" text, "rateMost" integer, "ratePer" float8)`;

/** Joins a child "child" of an item with its workflow, and with the version that it is a run of: "v" has nulls where there is none. */
const ITS_VERSION = `${RESOLVED}
    left join workflow_versions v on v.workflow_uuid = coalesce(by_uuid.uuid, by_id.uuid)
      and v.version = coalesce(child.version, by_uuid.version, by_id.version)`;

/** Locks the lines of children that take turns, which are counted then. Each workflow has a row to lock. */
export const lockLines = (
  item: string,
) => `if exists (select from ${item}, ${childrenOf("item")} where child.line is not null) then
    insert into turn_locks (workflow_uuid) select distinct child."preparedUuid" from ${item}, ${childrenOf("item")}
      where child.line is not null order by child."preparedUuid" on conflict do nothing;
    perform from turn_locks k where k.workflow_uuid in (select child."preparedUuid" from ${item}, ${childrenOf("item")}
      where child.line is not null) order by k.workflow_uuid for update;
  end if`;

/**
 * CTEs that take apart the items "asked": "late" has those with a child whose id came too late (\`oldest\`), "unprepared" the children that
 * have to be made by another version, and "item" the items that can be written.
 */
export const writable = (oldest: string) => `late as materialized (
    select position from asked where exists (select from json_to_recordset(asked.children) as child (uuid uuid)
      where not (${mayStore("child.uuid", oldest)}))
  ), unprepared as materialized (
    select asked.position, child.path, v.workflow_uuid, v.version
    from asked, ${childrenOf("asked")}
    cross join lateral (select asked.namespace, child.workflow as reference, child."workflowUuid" as uuid) as reference ${ITS_VERSION}
    where v.version is not null and ${few("asked.position")} and case
      when child."preparedUuid" is not null then not (child."preparedUuid" = v.workflow_uuid and child."preparedVersion" = v.version)
      when child.version is null then coalesce(by_uuid.prepares_runs, by_id.prepares_runs)
      else v.options is not null end
  ), item as (
    select * from asked where position not in (select position from late union all select position from unprepared)
  )`;

/** The rows of a result that say what of "writable" was not written. */
export const UNWRITTEN = `select position, true, null, null::uuid, null::integer, null from late
  union all select position, false, path, workflow_uuid, version, null from unprepared`;

/** The columns of a result with these rows; \`refused\` is of a run that was written. */
export const WRITTEN_COLUMNS = {
  position: "integer",
  isLate: "boolean",
  path: "text",
  workflowUuid: "uuid",
  version: "integer",
  refused: "text",
} as const;

/** As many runs as there may be are in the line of a child, with those of this batch that come before it. */
const IS_FULL = `"onLimit" = 'reject' and nth + (select count(*) from run_turns t where t.workflow_uuid = numbered.workflow_id
        and t.line = numbered.line and (t.begun_at is null or exists (select from run_queue q where q.run_uuid = t.run_uuid and not q.ended)))
      > most`;

/**
 * CTEs for the runs that "locked" items start, whose parents are within \`low\` and \`high\`: "child" has them, with why one is not stored.
 *
 * @param parents the locked items "item" that start them now, and not at a former copy of the write
 * @param isLeft whether the step of a "child" has been given up since: one that is cancelled then takes no turn
 */
export const startedRuns = (low: string, high: string, parents: string, isLeft = "false") => `starting as materialized (
    select item.uuid as parent_uuid, item.namespace, item.inbox, child.uuid as child_uuid, "isCancelled" and ${isLeft} as is_over, child.*
    from ${parents}, ${childrenOf("item")} where ${few("item.position")}
  ), found as materialized (
    select child.*, p.depth, p.generation, p.traceparent, coalesce(p.root_run_id, p.uuid) as root, v.version as found_version,
      coalesce(by_uuid.uuid, by_id.uuid) as workflow_id
    from starting as child join workflow_runs p on p.uuid = child.parent_uuid and ${within("p.uuid", low, high)}
    cross join lateral (select child.namespace, child.workflow as reference, child."workflowUuid" as uuid) as reference ${ITS_VERSION}
  ), numbered as materialized (
    select *, row_number() over (partition by workflow_id, line order by child_uuid) as nth,
      case when generation >= ${MAX_GENERATIONS} and path <> '${ON_FAILURE}' then 'too_deep' when workflow_id is null then 'workflow_not_found'
        when found_version is null then 'version_not_found' when faults is not null then 'invalid_input' end as fault
    from found
  ), child as materialized (
    select *, case when fault is not null then fault when line is not null and ${IS_FULL} then 'concurrency_limit' end as refused
    from numbered
  ), stored as (
    insert into workflow_runs (uuid, namespace, workflow_id, workflow_version, payload, depth, traceparent, root_run_id, parent_run_id,
      parent_path, generation, tags)
    select child_uuid, namespace, workflow_id, found_version, payload::jsonb, depth + 1, traceparent,
      case when path <> '${ON_FAILURE}' then root end, case when path <> '${ON_FAILURE}' then parent_uuid end, path,
      case when path <> '${ON_FAILURE}' then generation + 1 else generation end, tags::jsonb
    from child where refused is null
  ), queued as (
    insert into run_queue (run_uuid, namespace, due_at, parent_uuid, parent_path, parent_cancels, control)
    select child_uuid, namespace, now(), case when "isAwaited" then parent_uuid end,
      case when "isAwaited" or path = '${ON_FAILURE}' then path end, "isCancelled",
      case when is_over then 'cancel' end
    from child where refused is null and (line is null or is_over)
  ), lined_up as (
    insert into run_turns (run_uuid, namespace, workflow_uuid, line, most, cancels_oldest, rate_key, rate_most, rate_per, parent_uuid,
      parent_path, parent_cancels)
    select child_uuid, namespace, workflow_id, line, most, "onLimit" = 'cancel_oldest', "rateKey", "rateMost", "ratePer",
      case when "isAwaited" then parent_uuid end, case when "isAwaited" or path = '${ON_FAILURE}' then path end, "isCancelled"
    from child where refused is null and line is not null and not is_over order by child_uuid
  )`;

/** The write that stores a run also says that its step is given up: the rows that it cancels are those that were there before. */
const IS_LEFT = `exists (select from json_array_elements_text(item."left") as given_up (path) where given_up.path = child.path)`;

/**
 * CTEs for what the runs that start and give up others are told, once these are started: "told" has it. Nothing is started again where the
 * write is repeated ("appended" has the runs whose entries are new). "leaving" has the runs that give others up, by their paths: those among
 * "locked" are cancelled with what else is written of them.
 */
export const startedFamilies = (
  low: string,
  high: string,
) => `${startedRuns(low, high, "locked as item join appended on appended.run_uuid = item.uuid", IS_LEFT)}, told as materialized (
    select parent_uuid, path, child_uuid, inbox, (row_number() over (partition by parent_uuid order by child_uuid))::integer as nth,
      case when refused is null then json_build_object('run_id', child_uuid)
        else json_strip_nulls(json_build_object('refused', refused, 'workflow', workflow, 'most',
          case when refused = 'concurrency_limit' then most end, 'faults', faults)) end as body
    from child where refused is not null or not "isAwaited"
  ), put as (
    insert into run_inbox (run_uuid, seq, kind, name, body, bytes, id)
    select parent_uuid, inbox + nth, 'child', path, body, length(body::text), child_uuid from told
  ), leaving as materialized (
    select item.uuid, path from locked as item, json_array_elements_text(item."left") as path
  ), ${givenUp({
    from: "leaving",
    where: `${equals("c.parent_uuid", "leaving.uuid")} and c.parent_path = leaving.path and c.run_uuid not in (select uuid from locked)`,
  })}`;
