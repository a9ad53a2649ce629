/** The statements that end runs. */
import { few, keptStatement, type SqlType } from "../../db/postgres/kept.ts";
import { eventDueAt } from "./events.ts";
import { endedFamilies, lockFamilies } from "./family/family.ts";
import { lockLines, startedRuns, UNWRITTEN, WRITTEN_COLUMNS, writable } from "./family/new-children.ts";
import { APPENDED, asTold, ITEM, locked } from "./fence.ts";
import { ENDED_AT, within } from "./statement.ts";

/** The item was not written by this statement: it may have been written before. */
const SOME_LEFT =
  "(select count(*) from locked) < (select count(*) from item) and item.position not in (select position from locked)";

/** Most runs: nothing came for them, no other waits for them, and they wait for no other. */
const ALONE = "q.inbox = 0 and q.parent_uuid is null and not q.has_children";

/** How one statement that ends runs differs from another. */
interface Ending {
  /** A condition on run_queue "q". */
  among: string;
  /** More CTEs. */
  more: string;
  /** A statement that is carried out before. */
  first: string;
  /** A column of its items for the runs that they start, and its oldest id time as $7. */
  starts: boolean;
}

const PARAMETERS: SqlType[] = ["text", "text", "float8", "text", "uuid", "uuid"];

/** The rest of a row for a run that was written before. */
const NOT_REFUSED = "null::text, null::uuid, null::integer, null::text";
/** Why the run that its failure was to start was not started. */
const REFUSED =
  "null::text, null::uuid, null::integer, (select refused from child where child.parent_uuid = locked.uuid limit 1)";

// The same progress by several texts: one for all of it took 5% more of an end, and 19% of a checkpoint, in batches of 10.
// Where a broker is owed the completed event ($2), the row of run_queue stays until the broker has it. The results ($4, an array
// in the order of the items) are most of the text: within the items they would be escaped and parsed twice.
const end = (name: string, { among, more, first, starts }: Ending) =>
  keptStatement(
    name,
    starts ? [...PARAMETERS, "float8"] : PARAMETERS,
    starts ? WRITTEN_COLUMNS : { position: "integer" },
    `with ${starts ? "asked" : "item"} as (
    select * from rows from (
      json_to_recordset($1::text::json) as (${ITEM}, status text, error text, output text, "errorDetails" text${starts ? ", children json" : ""}),
      jsonb_array_elements($4::text::jsonb)
    ) as item (position, namespace, uuid, token, seq, crashes, entries, "startedAt", "workflowUuid", version, payload, status, error,
      output, "errorDetails", ${starts ? "children, " : ""}results)
    where ${few("position")} order by uuid
  ), ${starts ? `${writable("$7")}, ` : ""}${locked("$5", "$6", among)}, owing as (
    update run_queue q set ended = true, holder = null, due_at = ${eventDueAt("q.due_at")}
    where q.run_uuid = any(array(select uuid from locked)) and $2::text = 'owed'
  ), gone as (
    delete from run_queue q where q.run_uuid = any(array(select uuid from locked)) and $2::text = 'none'
  ), ${more}${APPENDED}, ended as (
    update workflow_runs r set status = item.status, started_at = item.started_at, completed_at = ${ENDED_AT},
      error = item.error, step_results = item.results, token = item.token, crashes = item.crashes,
      output = item.output::json, error_details = item."errorDetails"::json
    from locked as item where r.uuid = item.uuid and ${within("r.uuid", "$5", "$6")}
  )
  select position${starts ? `, false, ${REFUSED}` : ""} from locked
  union all
  select item.position${starts ? `, false, ${NOT_REFUSED}` : ""} from item join workflow_runs r using (namespace, uuid)
  where ${SOME_LEFT} and ${within("r.uuid", "$5", "$6")} and r.token = item.token and r.status = item.status
    and ${asTold("$5", "$6")}${starts ? `\n  union all ${UNWRITTEN}` : ""}`,
    first,
  );

const FAMILIES = `over as (select * from locked), ${endedFamilies("over")}, `;
const LOCK = lockFamilies(`json_to_recordset($1::text::json) as item (position integer, uuid uuid)`);

/** Ends runs that are alone; it passes over the others. */
export const END_RUNS = end("end_runs", { among: ALONE, more: "", first: "", starts: false });
/** Ends any runs, and says so to others. */
export const END_FAMILIES = end("end_families", { among: "true", more: FAMILIES, first: LOCK, starts: false });
/** The same for runs that start others as they end. An item with one whose id came too late, or that has to be made by another version, is not written. */
export const END_STARTING = end("end_starting", {
  among: "true",
  more: `${FAMILIES}${startedRuns("$5", "$6", "locked as item")}, `,
  first: `${lockLines(`json_to_recordset($1::text::json) as item (children json)`)};
  ${LOCK}`,
  starts: true,
});

export const ENDS = [END_RUNS, END_FAMILIES, END_STARTING];
