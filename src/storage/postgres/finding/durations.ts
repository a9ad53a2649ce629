import type { Pool } from "../../../db/postgres/pool.ts";
import { limitsAt } from "../../counting.ts";
import { minuteOf } from "../../port/finding/counts.ts";
import type { DurationCount, DurationsAsked, DurationsFound } from "../../port.ts";

// In one order, so that two processes can't deadlock.
const ADD = `insert into run_durations as d (minute, namespace, workflow_uuid, bucket, count)
  select minute, namespace, "workflowUuid", bucket, sum(count)
  from json_to_recordset($1::text::json) as item (minute integer, namespace text, "workflowUuid" uuid, bucket integer, count integer)
  group by 1, 2, 3, 4 order by 1, 3, 4, 2
  on conflict on constraint run_durations_pkey do update set count = d.count + excluded.count`;

const FOLD = `with old as (
    delete from run_durations where minute < $1::text::integer
    returning minute - minute % 60 as hour, namespace, workflow_uuid, bucket, count
  ), dropped as (
    delete from run_duration_hours where minute < $2::text::integer
  )
  insert into run_duration_hours as h (minute, namespace, workflow_uuid, bucket, count)
  select hour, namespace, workflow_uuid, bucket, sum(count) from old group by hour, namespace, workflow_uuid, bucket order by 1, 3, 4, 2
  on conflict on constraint run_duration_hours_pkey do update set count = h.count + excluded.count`;

// Looked up minute by minute and workflow by workflow: others may have many more.
const found = (
  table: string,
  from: string,
  step: number,
) => `select workflow_uuid as "workflowUuid", bucket, sum(d.count)::float8 as count
  from generate_series(${from}::text::integer, $3::text::integer, ${step}) as at (minute)
  cross join json_array_elements_text($4::text::json) as w (workflow)
  cross join lateral (
    select workflow_uuid, bucket, count from ${table} t
    where t.minute = at.minute and t.workflow_uuid = w.workflow::uuid and t.namespace = $5::text offset 0
  ) as d
  group by 1, 2`;

const FIND = `${found("run_durations", "$1", 1)} union all ${found("run_duration_hours", "$2", 60)}`;

/** See Storage. */
export async function addDurations(pool: Pool, items: DurationCount[]): Promise<void> {
  await pool.run(ADD, [JSON.stringify(items)], false);
}

/** See Storage. @param now milliseconds since the epoch */
export function findDurations(pool: Pool, asked: DurationsAsked, now: number): Promise<DurationsFound[]> {
  const { namespace, from, workflows } = asked;
  const minute = minuteOf(now);
  // Processes put together what is old by their own clocks.
  const first = Math.max(from, limitsAt(minute).hours - 60);
  const bounds = [first, from - (from % 60), minute].map(String);
  return pool.run<DurationsFound>(FIND, [...bounds, JSON.stringify(workflows), namespace]);
}

/** Puts old minutes together, and drops old hours. Any number of processes may do so. @param now milliseconds since the epoch */
export async function foldDurations(pool: Pool, now: number): Promise<void> {
  const { hours, kept } = limitsAt(minuteOf(now));
  await pool.run(FOLD, [String(hours), String(kept)], false);
}
