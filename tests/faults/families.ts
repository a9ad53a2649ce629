/** What must hold of runs that others started, of turns, and of compensations, once every run has ended. */
import type { Sql } from "postgres";
import type { Attempt } from "./deployment/sink.ts";
import { CHILD_PATHS, type Constructs, RATE } from "./load/constructs.ts";

/** How far two clocks may be apart. */
const SKEW = "100 milliseconds";

/** All that is wrong. @param attempts in the order in which they came */
export async function familyFaults(sql: Sql, made: Constructs, attempts: readonly Attempt[]): Promise<string[]> {
  const calls = Map.groupBy(attempts, ({ run }) => run);
  return [
    ...(await childFaults(sql, made, calls)),
    ...(await tellingFaults(sql, made)),
    ...(await turnFaults(sql, made)),
    ...(await undoFaults(sql, made, calls)),
  ];
}

/** Each attempt of a step has started one run, which has called its webhook. */
async function childFaults(
  sql: Sql,
  { parent }: Constructs,
  calls: ReadonlyMap<string, readonly Attempt[]>,
): Promise<string[]> {
  const parents = await sql<{ uuid: string }[]>`select uuid from workflow_runs where workflow_id = ${parent.workflow}`;
  const children = await sql<{ uuid: string; parent: string; path: string; status: string }[]>`
    select uuid, parent_run_id as parent, parent_path as path, status from workflow_runs where parent_run_id is not null`;
  const faults = children.flatMap(({ uuid, status }) => {
    const steps = new Set(calls.get(uuid)?.map(({ step }) => step));
    const isWell = status === "success" && steps.size === 1 && steps.has("0");
    return isWell ? [] : [`the child ${uuid} is ${status}, and called ${[...steps]}`];
  });
  const byParent = Map.groupBy(children, (child) => child.parent);
  for (const { uuid } of parents) {
    const paths = (byParent.get(uuid) ?? []).map(({ path }) => path).toSorted();
    if (!Bun.deepEquals(paths, CHILD_PATHS)) faults.push(`run ${uuid} started runs at ${paths}`);
  }
  const others = children.length - parents.length * CHILD_PATHS.length;
  if (others !== 0) faults.push(`there are ${others} children too many`);
  return faults;
}

/** Each failure has been told by one run. */
async function tellingFaults(sql: Sql, { undone }: Constructs): Promise<string[]> {
  const rows = await sql<{ uuid: string; count: number }[]>`
    select failed.uuid, count(told.uuid)::integer as count from workflow_runs failed
    left join workflow_runs told on told.parent_path = 'on_failure' and told.payload->>'failed' = failed.uuid::text
      and told.status = 'success'
    where failed.workflow_id = ${undone.workflow} group by 1 having count(told.uuid) <> 1`;
  return rows.map(({ uuid, count }) => `the failure of run ${uuid} was told ${count} times`);
}

/** Runs of one key were under way one at a time, and no more began than may. */
async function turnFaults(sql: Sql, { serial, rated }: Constructs): Promise<string[]> {
  const beside = await sql<{ one: string; other: string }[]>`
    with run as (
      select uuid, payload->>'key' as key, started_at, completed_at - ${SKEW}::interval as completed_at
      from workflow_runs where workflow_id = ${serial}
    )
    select one.uuid as one, other.uuid as other from run one join run other on other.key = one.key and one.uuid < other.uuid
      and one.started_at < other.completed_at and other.started_at < one.completed_at limit 5`;
  const [row] = await sql<{ count: number; seconds: number }[]>`
    select count(*)::integer as count, extract(epoch from max(started_at) - min(created_at))::float8 as seconds
    from workflow_runs where workflow_id = ${rated}`;
  const { count = 0, seconds = 0 } = row ?? {};
  const least = Math.floor((count - 1) / RATE.limit) * RATE.per;
  return [
    ...beside.map(({ one, other }) => `runs ${one} and ${other} of one key were under way at once`),
    ...(seconds < least ? [`${count} runs began within ${seconds} s, not ${least}`] : []),
  ];
}

/** What succeeded was undone in the opposite order of the log. */
async function undoFaults(
  sql: Sql,
  { undone }: Constructs,
  calls: ReadonlyMap<string, readonly Attempt[]>,
): Promise<string[]> {
  const rows = await sql<{ run: string; path: string }[]>`
    select l.run_uuid as run, entry->>0 as path from run_log l join workflow_runs r on r.uuid = l.run_uuid,
      json_array_elements(l.entries) with ordinality as e (entry, place)
    where r.workflow_id = ${undone.workflow} and entry->1->>'status' = 'success' and entry->>0 in ('0', '1/0/0', '1/1/0')
    order by l.run_uuid, l.seq, place`;
  return [...Map.groupBy(rows, ({ run }) => run)].flatMap(([run, successes]) => {
    const wanted = successes.map(({ path }) => `${path}/u`).toReversed();
    const steps = (calls.get(run) ?? []).map(({ step }) => step).filter((step) => step.endsWith("/u"));
    const came = [...new Set(steps)];
    return Bun.deepEquals(came, wanted) ? [] : [`run ${run} was undone as ${came}, not as ${wanted}`];
  });
}
