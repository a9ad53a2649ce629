import { keptFunction } from "../../../db/postgres/kept.ts";
import type { Pool } from "../../../db/postgres/pool.ts";
import type { ControlRequest, ControlResult } from "../../../schemas/control/control.ts";
import type { BulkMove, BulkMoved, NewRetry, Outcome } from "../../port.ts";
import { CANCEL_RUNS } from "../control/cancel.ts";
import { PAUSE_RUNS, RESUME_RUNS } from "../control/pause.ts";
import { INSERT_RETRY, insertableRetry, type RetryAnswer, retryOutcomeOf } from "../inserts/new-retries.ts";
import { boundsOf } from "../statement.ts";

/** Attempts for runs that are claimed and given back meanwhile, again and again. */
const ATTEMPTS = 5;

/** Tells apart an id that came too late: all of the step is taken back. */
const LATE = "BLATE";

/**
 * Moves an action ($1, JSON), with the retries ($2, JSON; $3 the oldest id time) and the requests ($4, JSON; $5 as CANCEL_RUNS has it, $6 and $7 the
 * bounds of their runs) of its step. JSON text: what came of these, by their positions; null where it is at another revision.
 */
export const MOVE_BULK = keptFunction(
  "move_bulk",
  ["text", "text", "float8", "text", "text", "uuid", "uuid"],
  `declare
  step record;
  item record;
  left_over text := $4;
  open integer := json_array_length($4::json);
  attempt integer := 0;
  answer jsonb;
  retried jsonb := '[]';
  asked jsonb := '[]';
  denied jsonb;
  acted integer;
begin
  select * into step from json_to_record($1::json) as m (bulk uuid, revision integer, kind text, status text, after uuid, rest float8, counted integer,
    refused jsonb);
  perform from bulk_actions b where b.uuid = step.bulk and b.revision = step.revision for update;
  if not found then return null; end if;
  -- In the order of their workflows, whose lines they lock.
  for item in select r.value, r.position - 1 as position from json_array_elements($2::json) with ordinality as r (value, position)
    order by r.value ->> 'workflowUuid', r.position
  loop
    answer := ${INSERT_RETRY.name}(item.value::text, $3)::jsonb;
    if answer ->> 'refused' = 'late' then raise exception using errcode = '${LATE}'; end if;
    retried := retried || (answer || jsonb_build_object('position', item.position));
  end loop;
  while open > 0 and attempt < ${ATTEMPTS} loop
    attempt := attempt + 1;
    if step.kind = 'cancel' then
      select coalesce(jsonb_agg(to_jsonb(a)), '[]') into answer from ${CANCEL_RUNS.name}(left_over, $5, $6, $7) as a;
    elsif step.kind = 'pause' then
      select coalesce(jsonb_agg(to_jsonb(a)), '[]') into answer from ${PAUSE_RUNS.name}(left_over, $6, $7) as a;
    else
      select coalesce(jsonb_agg(to_jsonb(a)), '[]') into answer from ${RESUME_RUNS.name}(left_over, $6, $7) as a;
    end if;
    asked := asked || (select coalesce(jsonb_agg(a), '[]') from jsonb_array_elements(answer) as a where a ->> 'result' <> 'open');
    select coalesce(json_agg(r), '[]') into left_over from json_array_elements(left_over::json) as r
      where exists (select from jsonb_array_elements(answer) as a where a -> 'position' = (r -> 'position')::jsonb and a ->> 'result' = 'open');
    -- Of a family one generation is answered at a time.
    if json_array_length(left_over::json) < open then attempt := 0; end if;
    open := json_array_length(left_over::json);
  end loop;
  denied := step.refused || (
    select coalesce(jsonb_agg(jsonb_build_object('code', r ->> 'refused', 'run', $2::json -> (r ->> 'position')::integer ->> 'retryOf', 'subject',
      case r ->> 'refused' when 'version_not_found' then 'version ' || ($2::json -> (r ->> 'position')::integer ->> 'version')
        else $2::json -> (r ->> 'position')::integer ->> 'most' end)), '[]')
    from jsonb_array_elements(retried) as r where r ->> 'refused' is not null
  ) || (
    select coalesce(jsonb_agg(jsonb_build_object('code', case a ->> 'result' when 'over' then 'run_ended' when 'refused' then 'run_cancelling'
      else 'run_not_found' end, 'run', r ->> 'uuid', 'subject', '')), '[]')
    from json_array_elements($4::json) as r left join jsonb_array_elements(asked) as a on a -> 'position' = (r -> 'position')::jsonb
    where a is null or a ->> 'result' in ('over', 'refused')
  );
  acted := jsonb_array_length(step.refused) + json_array_length($2::json) + json_array_length($4::json) - jsonb_array_length(denied);
  -- What came to fit since it was counted is acted upon as well.
  update bulk_actions b set status = step.status, after_uuid = step.after,
    total = greatest(b.total + step.counted, b.done + b.failed + acted + jsonb_array_length(denied)),
    done = b.done + acted, failed = b.failed + jsonb_array_length(denied), errors = (
      select coalesce(json_object_agg(code, json_build_object('count', count, 'run', run, 'subject', subject)), '{}') from (
        select code, sum(count) as count, (array_agg(run order by at))[1] as run, (array_agg(subject order by at))[1] as subject from (
          select key as code, (value ->> 'count')::integer as count, value ->> 'run' as run, value ->> 'subject' as subject, 0 as at from json_each(b.errors)
          union all select d ->> 'code', 1, d ->> 'run', d ->> 'subject', at from jsonb_array_elements(denied) with ordinality as e (d, at)
        ) as error group by code order by code
      ) as errors
    ), due_at = now() + step.rest * interval '1 millisecond',
    ended_at = case when step.rest is null then now() end, revision = b.revision + 1
    where b.uuid = step.bulk;
  return jsonb_build_object('retried', retried, 'asked', asked)::text;
exception when sqlstate '${LATE}' then
  return '{"isLate":true}';
end`,
  "text",
);

/** A move whose retries have their uuids. */
export interface NamedBulkMove extends Omit<BulkMove, "retries"> {
  retries: NewRetry[];
}

type MoveAnswer =
  | { isLate: true }
  | {
      isLate?: never;
      retried: (RetryAnswer & { position: number })[];
      asked: { position: number; result: ControlResult }[];
    };

/** Null where the id of a retry came too late. `event`: see Control. */
export async function moveBulk(
  pool: Pool,
  { bulk, revision, to, restMilliseconds: rest, counted, refused, retries, requests }: NamedBulkMove,
  [event, oldest]: [event: string, oldest: number | null],
): Promise<Outcome<BulkMoved> | null> {
  const move = { bulk, revision, ...to, kind: kindOf(requests), rest: rest ?? undefined, counted, refused };
  const [row] = await pool.run<{ result: string | null }>(MOVE_BULK.call, [
    JSON.stringify(move),
    JSON.stringify(retries.map(insertableRetry)),
    oldest,
    JSON.stringify(requests.map((request, position) => ({ ...request, position }))),
    event,
    ...boundsOf(requests.map(({ uuid }) => uuid)),
  ]);
  if (!row?.result) return { kind: "lost" };
  const answer: MoveAnswer = JSON.parse(row.result);
  if (answer.isLate) return null;
  const retried = new Map(answer.retried.map((one) => [one.position, one]));
  const asked = new Map(answer.asked.map(({ position, result }) => [position, result]));
  return {
    kind: "ok",
    value: {
      retried: retries.map((item, position) => retryOutcomeOf(item, retried.get(position) ?? {})),
      asked: requests.map((_, position) => asked.get(position) ?? null),
    },
  };
}

/** Those of one step are of one kind. */
function kindOf([first]: ControlRequest[]): string | undefined {
  return first?.kind;
}
