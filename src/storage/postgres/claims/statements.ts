/** The statements that claim runs. */
import { keptStatement } from "../../../db/postgres/kept.ts";
import { ON_FAILURE } from "../../../schemas/runs/child.ts";
import { DEFAULT_PRIORITY } from "../../port/runs/priorities.ts";
import { logOf } from "../runs.ts";
import { asked, askedRuns, milliseconds, within } from "../statement.ts";
import { hasLease } from "../workers.ts";
import { since } from "./due-looks.ts";

// The inner query locks the rows in the order of its search, and skips rows that another claim has locked. A claim that is
// repeated after its answer was lost finds its own rows by its id, and keeps their token.
// The log is not read here: run_queue has its size, so that a long log slows no claim that leaves it.
// Rows are looked up one by one ("lateral", "offset 0", "any"): joined with a table that was empty when the plan was made, each would be
// compared with all of that table.
// A run that has ended is found when its completed event is overdue, and is moved to owed_events: a row without uuid reports that.
const claim = (candidates: string, among = "true") => `with candidate as materialized (
    select q.run_uuid, q.log_size, q.inbox, q.ended, row_number() over () as position
    from (${candidates} for update of run_queue skip locked) as q
  ), overdue as (
    delete from run_queue q where q.run_uuid = any(array(select run_uuid from candidate where ended))
    returning q.run_uuid
  ), owed as (
    insert into owed_events (run_uuid, due_at) select run_uuid, now() from overdue
  ), loaded as materialized (
    select candidate.*, r.workflow_id, r.workflow_version, r.depth::integer, r.traceparent, r.payload::text as payload,
      case when inbox = 0 then 0 else (select sum(bytes) from run_inbox i where i.run_uuid = candidate.run_uuid) end as inbox_size
    from candidate
      cross join lateral (select r.* from workflow_runs r where r.uuid = candidate.run_uuid and ${among} offset 0) as r
    where not candidate.ended
  ), sized as (
    select *, sum(length(payload) + log_size + coalesce(inbox_size, 0)) over (order by position)
      - length(payload) - log_size - coalesce(inbox_size, 0) as before from loaded
  ), claimed as (
    update run_queue q set due_at = null, token = case when q.claim_id = $2::text::uuid then q.token else q.token + 1 end,
      claims = case when q.claim_id = $2::text::uuid then q.claims else q.claims + 1 end,
      holder = $1::text::uuid, claim_id = $2::text::uuid, started_at = coalesce(q.started_at, now())
    from sized cross join lateral (select ctid from run_queue where run_uuid = sized.run_uuid offset 0) as place
    where q.ctid = place.ctid and (sized.before < $3::float8 or sized.before = 0)
    returning q.namespace, q.run_uuid, sized.workflow_id, sized.workflow_version, sized.payload, q.log_length, q.token, q.crashes, q.claims,
      sized.depth, sized.traceparent, q.inbox, q.parent_uuid, (q.parent_path = '${ON_FAILURE}') is true, q.control is not null and not q.is_obeyed, q.compensates,
      ${milliseconds("q.started_at")}, sized.position::integer
  )
  select * from claimed
  union all
  select null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, count(*)::integer from overdue having count(*) > 0`;

// Makes runs of workers whose lease is over due, 1,000 at a time. Workers are few: their table is one page.
// Found once and kept ("materialized"): joined in another order, they would be looked for again for each row of the queue.
const free = (floor: string) => `with lapsed as materialized (
    select run_uuid from workers join run_queue on holder = workers.uuid where lease_until <= now() and ${since("lease_until", floor)}
    order by run_uuid limit 1000 for update of run_queue skip locked
  )
  update run_queue set due_at = case when paused_at is null then now() else 'infinity' end, holder = null, claim_id = null where run_uuid = any(array(select run_uuid from lapsed))`;

const MAY_CLAIM = hasLease("$1::text::uuid");

// A statement of its own: entries that were appended while the claim waited for the row's lock are not visible to the claim.
export const LOGS = keptStatement(
  "find_logs",
  ["text", "uuid", "uuid"],
  { uuid: "uuid", log: "text" },
  `select q.run_uuid, ${logOf("$2", "$3")} from ${asked("$1")} join run_queue q on q.run_uuid = asked.uuid`,
);

const CLAIMED = {
  namespace: "text",
  uuid: "uuid",
  workflowUuid: "uuid",
  workflowVersion: "integer",
  payload: "text",
  logLength: "integer",
  token: "integer",
  crashes: "integer",
  claims: "integer",
  depth: "integer",
  traceparent: "text",
  came: "integer",
  parentUuid: "uuid",
  isOnFailure: "boolean",
  isCancelled: "boolean",
  compensates: "boolean",
  startedAt: "float8",
  position: "integer",
} as const;

export const CLAIM_BY_MESSAGE = keptStatement(
  "claim_runs_by_message",
  ["text", "text", "float8", "text", "uuid", "uuid"],
  CLAIMED,
  claim(
    `select run_queue.* from ${askedRuns("$4")} join run_queue on run_uuid = uuid and run_queue.namespace = asked.namespace
    where (token = 0 and started_at is null and paused_at is null and log_length = 0 and priority is null or claim_id = $2::text::uuid) is true and not ended and ${MAY_CLAIM}
    order by run_uuid`,
    within("r.uuid", "$5", "$6"),
  ),
);

export const CLAIM_DUE = keptStatement(
  "claim_due_runs",
  ["text", "text", "float8", "integer", "float8", "float8"],
  CLAIMED,
  claim(
    `select * from run_queue where due_at <= now() - $6::float8 * interval '1 millisecond' and ${since("due_at", "$5")} and ${MAY_CLAIM}
    order by due_at limit $4::integer`,
  ),
  free("$5"),
);

/** Claims due runs that were begun, and leaves new runs to their messages, even those that fell due before. */
export const CLAIM_DUE_BEGUN = keptStatement(
  "claim_due_runs_begun",
  ["text", "text", "float8", "integer", "float8"],
  CLAIMED,
  claim(
    `select * from run_queue where due_at <= now() and ${since("due_at", "$5")} and due_at is not null and started_at is not null
      and ${MAY_CLAIM}
    order by due_at limit $4::integer`,
  ),
  free("$5"),
);

// Candidates are found first and locked then: rows of a union can't be locked.
export const CLAIM_BY_PRIORITY = keptStatement(
  "claim_due_runs_by_priority",
  ["text", "text", "float8", "integer", "float8", "float8"],
  CLAIMED,
  claim(
    `select * from run_queue where run_uuid = any(array(
      select run_uuid from (
        select level.priority, found.run_uuid, found.due_at from (values (1), (2), (3), (4), (5)) as level (priority) cross join lateral (
          select q.run_uuid, q.due_at from run_queue q where q.priority = level.priority and q.due_at is not null and q.due_at <= now()
            and ${since("q.due_at", "$5")} order by q.due_at limit $4::integer
        ) as found
        union all (
          select ${DEFAULT_PRIORITY}, q.run_uuid, q.due_at from run_queue q where q.priority is null and q.due_at <= now()
            and (q.started_at is not null or q.due_at <= now() - $6::float8 * interval '1 millisecond') and ${since("q.due_at", "$5")}
          order by q.due_at limit $4::integer
        )
      ) as due order by priority desc, due_at limit $4::integer
    )) and due_at <= now() and ${MAY_CLAIM}
    order by coalesce(priority, ${DEFAULT_PRIORITY}) desc, due_at`,
  ),
  free("$5"),
);

/** What the database keeps for claims. */
export const CLAIM_STATEMENTS = [CLAIM_BY_MESSAGE, CLAIM_DUE, CLAIM_DUE_BEGUN, CLAIM_BY_PRIORITY, LOGS];
