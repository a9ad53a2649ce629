import { keptStatement } from "../../../db/postgres/kept.ts";
import type { Pool } from "../../../db/postgres/pool.ts";
import { isUuid } from "../../../ids.ts";
import { nameOfRun, type RunKey } from "../../../schemas/runs/run.ts";
import { MOST_PROGRESS } from "../../port/finding/looks.ts";
import type { SmallProgress } from "../../port.ts";
import { entriesOf } from "../runs.ts";
import { boundRuns, within } from "../statement.ts";

/** What the size of a stored value says, without a look at it: it is mostly compressed to the fourth, or less. */
const sizeOf = (column: string) => `pg_column_size(${column}) * 4`;

// Of a run that was cancelled while no worker held it the log is all there is, and no row of the queue says how long that is.
const SIZE = `case when r.step_results is not null then ${sizeOf("r.step_results")} when r.completed_at is null then coalesce(q.log_size, 0)
  else (select case when count(*) > ${MOST_PROGRESS.rows} then ${MOST_PROGRESS.each} + 1 else coalesce(sum(${sizeOf("entries")}), 0) end
    from (select entries from run_log where run_uuid = r.uuid and ${within("run_log.run_uuid", "$3", "$4")} limit ${MOST_PROGRESS.rows + 1}) as rows) end`;

/** For a look at its plan as well. The results are made text, and the log is read, of those alone that are small: "offset 0". */
export const SMALL_PROGRESS = `select t.namespace, t.uuid, t.results, case when t.results is null and t.has_log then ${entriesOf("t.uuid", "$3", "$4")} else '[]' end
  from (
    select namespace, uuid, has_log, step_results::text as results from (
      select *, sum(size) over (order by uuid desc) as together from (
        select r.namespace, r.uuid, r.step_results, r.completed_at is not null or q.log_length > 0 as has_log, ${SIZE} as size
        from workflow_runs r left join run_queue q on q.run_uuid = r.uuid
        where r.uuid = any($2) and r.namespace = any($1) and ${within("r.uuid", "$3", "$4")} offset 0
      ) as sized where size <= ${MOST_PROGRESS.each}
    ) as small where together <= ${MOST_PROGRESS.together} offset 0
  ) as t where t.results is null or octet_length(t.results) <= ${MOST_PROGRESS.each}`;

export const FIND_SMALL_PROGRESS = keptStatement(
  "find_small_progress",
  ["text[]", "uuid[]", "uuid", "uuid"],
  { namespace: "text", uuid: "uuid", stepResults: "text", log: "text" },
  SMALL_PROGRESS,
);

/** See Reads. */
export async function findSmallProgress(pool: Pool, keys: RunKey[]): Promise<(SmallProgress | null)[]> {
  const asked = keys.filter(({ uuid }) => isUuid(uuid));
  if (asked.length === 0) return keys.map(() => null);
  const rows = await pool.run<RunKey & SmallProgress>(FIND_SMALL_PROGRESS.call, boundRuns(asked));
  const found = new Map(rows.map(({ stepResults, log, ...key }) => [nameOfRun(key), { stepResults, log }]));
  return keys.map((key) => found.get(nameOfRun(key)) ?? null);
}
