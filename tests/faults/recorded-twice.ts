import type { Sql } from "postgres";

const SHOWN = 20;

/** A step's end is in the log at most once, and no older lease wrote behind a newer one. */
export async function recordedTwice(sql: Sql): Promise<string[]> {
  const stale = await sql<{ run: string; tokens: number[] }[]>`
    select run_uuid as run, array_agg(token order by seq) as tokens from run_log group by 1
    having array_agg(token order by seq) <> array_agg(token order by token) limit ${SHOWN}`;
  const rows = await sql<{ run: string; path: string; count: number }[]>`
    select run_uuid as run, entry->>0 as path, count(*)::integer as count
    from run_log, json_array_elements(entries) as entry where entry->1->>'status' in ('success', 'failed')
    group by 1, 2 having count(*) > 1 limit ${SHOWN}`;
  return [
    ...rows.map(({ run, path, count }) => `step ${path} of run ${run} is in its log ${count} times`),
    ...stale.map(({ run, tokens }) => `the leases that wrote the log of run ${run} are ${tokens}`),
  ];
}
