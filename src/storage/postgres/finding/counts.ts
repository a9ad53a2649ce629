import type { Pool } from "../../../db/postgres/pool.ts";
import { failuresText, limitsAt, partsText, workflowsText } from "../../counting.ts";
import { failingOf, minuteOf } from "../../port/finding/counts.ts";
import type { CountsAsked, CountsFound } from "../../port.ts";

const PARTS = partsText("$1::text", "$2::text::integer", "$3::text::integer");
const WORKFLOWS = workflowsText("$1::text", "$2::text::integer", "$3::text::integer");
const FAILURES = failuresText(
  "$1::text",
  "$2::text::integer",
  "$3::text::integer",
  "select value::uuid from json_array_elements_text($4::text::json)",
);

const FOLD = `with old as (
    delete from run_counts where minute < $1::text::integer returning minute - minute % 60 as hour, namespace, workflow_uuid, status, count
  ), dropped as (
    delete from run_count_hours where minute < $2::text::integer
  )
  insert into run_count_hours as h (minute, namespace, workflow_uuid, status, count)
  select hour, namespace, workflow_uuid, status, sum(count) from old group by hour, namespace, workflow_uuid, status order by 1, 3, 4
  on conflict (minute, workflow_uuid, status) do update set count = h.count + excluded.count`;

/** See Storage. */
export async function findCounts(pool: Pool, asked: CountsAsked): Promise<CountsFound> {
  const { namespace, from, minutes, workflows } = asked;
  const [parts, most] = await Promise.all([
    pool.run<CountsFound["parts"][number]>(PARTS, [namespace, String(from), String(minutes)]),
    pool.run<CountsFound["workflows"][number]>(WORKFLOWS, [namespace, String(from), String(workflows)]),
  ]);
  const failing = failingOf(most);
  const failures =
    failing.length === 0
      ? []
      : await pool.run<CountsFound["failures"][number]>(FAILURES, [
          ...[namespace, String(from), String(minutes), JSON.stringify(failing)],
        ]);
  return { parts, workflows: most, failures };
}

/** Puts old minutes together, and drops old hours. Any number of processes may do so. @param now milliseconds since the epoch */
export async function foldCounts(pool: Pool, now: number): Promise<void> {
  const { hours, kept } = limitsAt(minuteOf(now));
  await pool.run(FOLD, [String(hours), String(kept)], false);
}
