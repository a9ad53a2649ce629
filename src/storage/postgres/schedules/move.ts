import { equals, keptFunction } from "../../../db/postgres/kept.ts";
import type { Pool } from "../../../db/postgres/pool.ts";
import type { InsertedRun, Outcome, ScheduleMove } from "../../port.ts";
import { FENCE_IDS } from "../ids.ts";
import { INSERT_BY_UUID } from "../inserts/insert-runs.ts";
import { insertable } from "../inserts/new-runs.ts";
import { type Answer, INSERT_TURN_RUNS, outcomeOf, turnInsertable } from "../inserts/turn-runs.ts";

/** The runs of a parameter whose moves are live: nearly always all of them, which are not read one by one then. */
const liveRuns = (runs: string) => `(case when cardinality(live) = json_array_length($1::json) then ${runs} else (
      select coalesce(json_agg(r), '[]') from json_array_elements(${runs}::json) as r where (r ->> 'position')::integer = any(live))::text end)`;

/** Whether the last run of a schedule "s" is not over. One that waits for its turn is in no queue before. */
export const IS_UNDER_WAY = `(exists (select from run_queue q where ${equals("q.run_uuid", "s.last_run_uuid")} and not q.ended)
      or exists (select from run_turns t where ${equals("t.run_uuid", "s.last_run_uuid")} and t.begun_at is null))`;

/**
 * Moves schedules ($1, JSON), each with the insert of its run: $2 those that take no turns, $3 those that do, $4 to $6 as the inserts have
 * them. JSON text: what came of each, by its position; nothing of one that is at another revision. A move that leaves its schedule where it is
 * can be told by its run alone: one whose run is stored came before, and its answer was lost.
 */
export const MOVE_SCHEDULES = keptFunction(
  "move_schedules",
  ["text", "text", "text", "text", "float8", "float8"],
  `declare
  live integer[];
  done integer[];
  results jsonb;
begin
  perform from json_to_recordset($1::json) as i (schedule uuid) join schedules s on ${equals("s.uuid", "i.schedule")}
    order by s.uuid for update of s;
  live := array(select i.position from json_to_recordset($1::json) as i (position integer, schedule uuid, revision integer, moves boolean, "runId" uuid)
    join schedules s on ${equals("s.uuid", "i.schedule")} and s.revision = i.revision
    where i.moves or not exists (select from workflow_runs r where r.uuid = i."runId"));
  select coalesce(jsonb_agg(jsonb_build_object('position', i.position, 'kind', 'moved')), '[]') into results
    from json_to_recordset($1::json) as i (position integer, "runId" uuid) where i.position = any(live) and i."runId" is null;
  results := results || (select coalesce(jsonb_agg(jsonb_build_object('position', i.position, 'workflowUuid', stored."workflowUuid",
      'workflowVersion', stored."workflowVersion", 'ended', false, 'waits', false)), '[]')
    from ${INSERT_BY_UUID.name}(${liveRuns("$2")}, $4, $5, $6) as stored
    join json_to_recordset($1::json) as i (position integer, "runId" uuid) on i."runId" = stored.uuid);
  if $3 <> '[]' then results := results || ${INSERT_TURN_RUNS.name}(${liveRuns("$3")}, $6)::jsonb; end if;
  done := array(select (r ->> 'position')::integer from jsonb_array_elements(results) as r);
  results := results || (select coalesce(jsonb_agg(jsonb_build_object('position', i.position, 'workflowUuid', d.uuid, 'workflowVersion', d.version,
      'refused', case when d.uuid is null then 'workflow_not_found' when i."runId" < f.floor then 'late' else 'unprepared' end)), '[]')
    from json_to_recordset($1::json) as i (position integer, "runId" uuid, namespace text, "workflowUuid" uuid)
    left join workflow_definitions d on ${equals("d.uuid", 'i."workflowUuid"')} and d.namespace = i.namespace and d.deleted_at is null
    cross join ${FENCE_IDS.name}($6) as f
    where i.position = any(live) and not i.position = any(done));
  done := array(select (r ->> 'position')::integer from jsonb_array_elements(results) as r
    where r ->> 'refused' is null and (r ->> 'isOthers')::boolean is not true);
  update schedules s set last_run_uuid = case when i.moves or not ${IS_UNDER_WAY} then coalesce(i."runId", s.last_run_uuid)
      else s.last_run_uuid end,
    position = case when i.moves then i."newPosition" else s.position end,
    due_at = case when i.moves then to_timestamp(i."newDue" / 1000) else s.due_at end,
    revision = case when i.moves then s.revision + 1 else s.revision end,
    skipped = case when i.moves then coalesce(i.skipped, s.skipped) else s.skipped end
    from json_to_recordset($1::json) as i (position integer, schedule uuid, moves boolean, "newPosition" json, "newDue" float8, skipped json,
      "runId" uuid)
    where ${equals("s.uuid", "i.schedule")} and i.position = any(done);
  return (results || (select coalesce(jsonb_agg(jsonb_build_object('position', i.position, 'workflowUuid', r.workflow_id, 'workflowVersion',
      r.workflow_version, 'ended', r.completed_at is not null,
      'waits', exists (select from run_turns t where t.run_uuid = r.uuid and t.begun_at is null))), '[]')
    from json_to_recordset($1::json) as i (position integer, moves boolean, "runId" uuid) join workflow_runs r on r.uuid = i."runId"
    where not i.moves and not i.position = any(live)))::text;
end`,
  "text",
);

/** A move whose run has its uuid. */
export interface NamedMove extends ScheduleMove {
  uuid: string;
}

type MoveAnswer = { position: number; kind: "moved" } | (Answer & { kind?: never });

/** Null for each whose run's id came too late. */
export async function moveSchedules(
  pool: Pool,
  moves: NamedMove[],
  [event, now, oldest]: [event: string, now: number, oldest: number | null],
): Promise<(Outcome<InsertedRun | null> | null)[]> {
  const items = JSON.stringify(moves.map(itemOf));
  const runs = moves.flatMap(({ run, uuid }, position) => (run === null ? [] : [{ run: { ...run, uuid }, position }]));
  const [others, turned] = [runs.filter(({ run }) => !run.turn), runs.filter(({ run }) => run.turn)];
  const inserts = [
    JSON.stringify(others.map(({ run, position }) => insertable(run, position))),
    JSON.stringify(turned.map(({ run, position }) => turnInsertable(run, position))),
  ];
  const parameters = [items, ...inserts, event, now, oldest];
  // A backfill has no run yet: repeated, its own move would look like another's, after which it is asked for anew.
  const [row] = await pool.run<{ result: string }>(MOVE_SCHEDULES.call, parameters, runs.length > 0);
  const answers: MoveAnswer[] = JSON.parse(row?.result ?? "[]");
  const found = new Map(answers.map((answer) => [answer.position, answer]));
  return moves.map(({ uuid, run }, position) => {
    const answer = found.get(position);
    if (answer === undefined) return { kind: "lost" };
    if (answer.kind === "moved" || run === null) return { kind: "ok", value: null };
    return outcomeOf({ ...run, uuid }, answer);
  });
}

function itemOf({ schedule, revision, to, skipped, run, uuid }: NamedMove, position: number) {
  return {
    position,
    schedule,
    revision,
    moves: to !== null,
    newPosition: to?.position,
    newDue: to?.dueAt ?? undefined,
    skipped: skipped ?? undefined,
    ...(run !== null && { runId: uuid, namespace: run.namespace, workflowUuid: run.workflow }),
  };
}
