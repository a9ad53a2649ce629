import { keptFunction } from "../../../db/postgres/kept.ts";
import type { Pool } from "../../../db/postgres/pool.ts";
import type { InsertedRun, Outcome, ScheduleMove } from "../../port.ts";
import { FENCE_IDS } from "../ids.ts";
import { INSERT_BY_UUID } from "../inserts/insert-runs.ts";
import { insertable } from "../inserts/new-runs.ts";
import { type Answer, INSERT_TURN_RUNS, outcomeOf, turnInsertable } from "../inserts/turn-runs.ts";

const FIELDS = `position integer, schedule uuid, revision integer, moves boolean, "newPosition" json, "newDue" float8, skipped json,
    "runId" uuid, run json, "hasTurn" boolean, namespace text, "workflowUuid" uuid`;
const RUNS = (condition: string) => `(select coalesce(json_agg(i.run order by i.position), '[]')
    from json_to_recordset($1::json) as i (${FIELDS}) where i.position = any(live) and i."runId" is not null and ${condition})::text`;

/**
 * Moves schedules ($1, JSON), each with the insert of its run; $2 to $4 are those of the inserts. JSON text: what came of each, by its
 * position; nothing of one that is at another revision.
 */
export const MOVE_SCHEDULES = keptFunction(
  "move_schedules",
  ["text", "text", "float8", "float8"],
  `declare
  item record;
  live integer[];
  done integer[];
  turned jsonb;
  results jsonb;
begin
  perform from schedules s where s.uuid in (select i.schedule from json_to_recordset($1::json) as i (schedule uuid)) order by s.uuid for update;
  live := array(select i.position from json_to_recordset($1::json) as i (${FIELDS})
    join schedules s on s.uuid = i.schedule and s.revision = i.revision);
  select coalesce(jsonb_agg(jsonb_build_object('position', i.position, 'kind', 'moved')), '[]') into results
    from json_to_recordset($1::json) as i (${FIELDS}) where i.position = any(live) and i."runId" is null;
  for item in select i.position, stored.* from ${INSERT_BY_UUID.name}(${RUNS('not i."hasTurn"')}, $2, $3, $4) as stored
    join json_to_recordset($1::json) as i (${FIELDS}) on i."runId" = stored.uuid
  loop
    results := results || jsonb_build_object('position', item.position, 'workflowUuid', item."workflowUuid",
      'workflowVersion', item."workflowVersion", 'ended', false, 'waits', false);
  end loop;
  turned := ${INSERT_TURN_RUNS.name}(${RUNS('i."hasTurn"')}, $4)::jsonb;
  results := results || turned;
  done := array(select (r ->> 'position')::integer from jsonb_array_elements(results) as r);
  for item in select i.position, i."runId", d.uuid as found, d.version, f.floor
    from json_to_recordset($1::json) as i (${FIELDS})
    left join workflow_definitions d on d.uuid = i."workflowUuid" and d.namespace = i.namespace and d.deleted_at is null
    cross join ${FENCE_IDS.name}($4) as f
    where i.position = any(live) and not i.position = any(done)
  loop
    results := results || jsonb_build_object('position', item.position, 'workflowUuid', item.found, 'workflowVersion', item.version,
      'refused', case when item.found is null then 'workflow_not_found' when item."runId" < item.floor then 'late' else 'unprepared' end);
  end loop;
  done := array(select (r ->> 'position')::integer from jsonb_array_elements(results) as r
    where r ->> 'refused' is null and (r ->> 'isOthers')::boolean is not true);
  update schedules s set last_run_uuid = coalesce(i."runId", s.last_run_uuid),
    position = case when i.moves then i."newPosition" else s.position end,
    due_at = case when i.moves then to_timestamp(i."newDue" / 1000) else s.due_at end,
    revision = case when i.moves then s.revision + 1 else s.revision end,
    skipped = case when i.moves then coalesce(i.skipped, s.skipped) else s.skipped end
    from json_to_recordset($1::json) as i (${FIELDS}) where s.uuid = i.schedule and i.position = any(done);
  return results::text;
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
  const text = JSON.stringify(moves.map(itemOf));
  const [row] = await pool.run<{ result: string }>(MOVE_SCHEDULES.call, [text, event, now, oldest]);
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
  const named = run === null ? null : { ...run, uuid };
  return {
    position,
    schedule,
    revision,
    moves: to !== null,
    newPosition: to?.position,
    newDue: to?.dueAt ?? undefined,
    skipped: skipped ?? undefined,
    ...(named !== null && {
      runId: uuid,
      run: named.turn === undefined ? insertable(named, position) : turnInsertable(named, position),
      hasTurn: named.turn !== undefined,
      namespace: named.namespace,
      workflowUuid: named.workflow,
    }),
  };
}
