/** The statements that end runs. */
import { few, keptStatement } from "../../db/postgres/kept.ts";
import { eventDueAt } from "./events.ts";
import { endedFamilies, lockFamilies } from "./family.ts";
import { APPENDED, asTold, ITEM, locked } from "./fence.ts";
import { ENDED_AT, within } from "./statement.ts";

/** The item was not written by this statement: it may have been written before. */
const SOME_LEFT =
  "(select count(*) from locked) < (select count(*) from item) and item.position not in (select position from locked)";

/** Most runs: nothing came for them, no other waits for them, and they wait for no other. */
const ALONE = "q.inbox = 0 and q.parent_uuid is null and not q.has_children";

// The same progress by two texts: one for all of it took 5% more of an end, and 19% of a checkpoint, in batches of 10.
// Where a broker is owed the completed event ($2), the row of run_queue stays until the broker has it. The results ($4, an array
// in the order of the items) are most of the text: within the items they would be escaped and parsed twice.
const end = (name: string, among: string, more: string, first: string) =>
  keptStatement(
    name,
    ["text", "text", "float8", "text", "uuid", "uuid"],
    { position: "integer" },
    `with item as (
    select * from rows from (
      json_to_recordset($1::text::json) as (${ITEM}, status text, error text, output text, "errorDetails" text),
      jsonb_array_elements($4::text::jsonb)
    ) as item (position, namespace, uuid, token, seq, crashes, entries, "startedAt", "workflowUuid", version, payload, status, error,
      output, "errorDetails", results)
    where ${few("position")} order by uuid
  ), ${locked("$5", "$6", among)}, owing as (
    update run_queue q set ended = true, holder = null, due_at = ${eventDueAt("q.due_at")}
    from locked as item where q.run_uuid = item.uuid and $2::text = 'owed'
  ), gone as (
    delete from run_queue q using locked as item where q.run_uuid = item.uuid and $2::text = 'none'
  ), ${more}${APPENDED}, ended as (
    update workflow_runs r set status = item.status, started_at = item.started_at, completed_at = ${ENDED_AT},
      error = item.error, step_results = item.results, token = item.token, crashes = item.crashes,
      output = item.output::json, error_details = item."errorDetails"::json
    from locked as item where r.uuid = item.uuid and ${within("r.uuid", "$5", "$6")}
  )
  select position from locked
  union all
  select item.position from item join workflow_runs r using (namespace, uuid)
  where ${SOME_LEFT} and ${within("r.uuid", "$5", "$6")} and r.token = item.token and r.status = item.status
    and ${asTold("$5", "$6")}`,
    first,
  );

/** Ends runs that are alone; it passes over the others. */
export const END_RUNS = end("end_runs", ALONE, "", "");
/** Ends any runs, and says so to others. */
export const END_FAMILIES = end(
  "end_families",
  "true",
  `over as (select * from locked), ${endedFamilies("over")}, `,
  lockFamilies(`json_to_recordset($1::text::json) as item (position integer, uuid uuid)`),
);
