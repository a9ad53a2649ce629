import type { Clock } from "../../clock.ts";
import { keptFunction } from "../../db/postgres/kept.ts";
import type { Pool } from "../../db/postgres/pool.ts";
import { isUuid } from "../../ids.ts";
import type { RunKey } from "../../schemas/runs/run.ts";
import { LOOK_MILLISECONDS, MOST_LINES, type TurnsTaken } from "../port/runs/turns.ts";
import { came, FIRST_UUID } from "./statement.ts";

/** The run of a row of run_turns is not over. */
const IS_OPEN = "exists (select from run_queue q where q.run_uuid = t.run_uuid and not q.ended)";
/** A run that waits does so for its turn, and not for its time. */
const IS_HERE = "(t.start_at is null or t.start_at <= at)";
const LATER = `interval '${LOOK_MILLISECONDS} milliseconds'`;

/**
 * Lets runs of a line ($1 workflow, $2 line) begin, in order, while there is room; each is due after its grace ($3, an object of
 * milliseconds by uuid). JSON text: the runs that begin, those to be cancelled, and when there may be room again. The caller has
 * the lock of the workflow.
 */
export const ADVANCE_LINE = keptFunction(
  "advance_line",
  ["uuid", "text", "text"],
  `declare
  at timestamptz := clock_timestamp();
  head run_turns;
  free_at timestamptz;
  under integer;
  behind integer;
  begins timestamptz[];
  begun jsonb := '[]';
  victims jsonb := '[]';
begin
  delete from run_turns t where t.workflow_uuid = $1 and t.line = $2 and t.begun_at is not null and not ${IS_OPEN}
    and (t.rate_per is null or t.begun_at + t.rate_per * interval '1 millisecond' <= at);
  loop
    select * into head from run_turns t where t.workflow_uuid = $1 and t.line = $2 and t.begun_at is null and ${IS_HERE} order by t.seq limit 1;
    if not found then
      select min(t.start_at) into free_at from run_turns t where t.workflow_uuid = $1 and t.line = $2 and t.begun_at is null;
      exit;
    end if;
    free_at := at;
    select count(*) into under from run_turns t where t.workflow_uuid = $1 and t.line = $2 and t.begun_at is not null and ${IS_OPEN};
    if under >= head.most then free_at := at + ${LATER}; exit; end if;
    if head.rate_key is not null then
      if exists (select from run_turns t where t.workflow_uuid = $1 and t.rate_key = head.rate_key and t.begun_at is null
        and ${IS_HERE} and t.seq < head.seq) then free_at := at + ${LATER}; exit; end if;
      select array_agg(b.begun_at order by b.begun_at desc) into begins from (
        select t.begun_at from run_turns t where t.workflow_uuid = $1 and t.rate_key = head.rate_key
          and t.begun_at > at - head.rate_per * interval '1 millisecond' order by t.begun_at desc limit head.rate_most
      ) as b;
      if cardinality(begins) >= head.rate_most then
        free_at := begins[head.rate_most] + head.rate_per * interval '1 millisecond';
        exit when free_at > at;
      end if;
    end if;
    -- As it is now: it may have been cancelled or paused meanwhile.
    update run_turns t set begun_at = at where t.run_uuid = head.run_uuid and t.begun_at is null returning t.* into head;
    continue when not found;
    insert into run_queue (run_uuid, namespace, due_at, parent_uuid, parent_path, parent_cancels, priority, paused_at, log_length, log_size, inbox)
      values (head.run_uuid, head.namespace, case when head.paused_at is null
        then at + coalesce(($3::json ->> head.run_uuid::text)::float8, 0) * interval '1 millisecond' else 'infinity' end, head.parent_uuid,
      head.parent_path, head.parent_cancels, head.priority, head.paused_at,
      (select count(*) from run_log l where l.run_uuid = head.run_uuid),
      (select coalesce(sum(length(l.entries::text)), 0) from run_log l where l.run_uuid = head.run_uuid),
      ${came("head")}) on conflict do nothing;
    begun := begun || jsonb_build_object('namespace', head.namespace, 'uuid', head.run_uuid);
  end loop;
  if free_at is not null and head.cancels_oldest then
    select count(*) into behind from run_turns t where t.workflow_uuid = $1 and t.line = $2 and t.begun_at is null and ${IS_HERE};
    select coalesce(jsonb_agg(jsonb_build_object('namespace', o.namespace, 'uuid', o.run_uuid)), '[]') into victims from (
      select t.namespace, t.run_uuid from run_turns t where t.workflow_uuid = $1 and t.line = $2 and t.begun_at is not null and ${IS_OPEN}
      order by t.seq limit greatest(0, under + behind - head.most)
    ) as o;
  end if;
  return jsonb_build_object('begun', begun, 'cancel', victims, 'nextAt', floor(extract(epoch from free_at) * 1000))::text;
end`,
  "text",
);

/**
 * Goes through the lines of runs that ended ($1, JSON) and those in which runs wait, behind a line ($2, $3); a line whose workflow another
 * process is at is left to that, but for the first ones. JSON text: what ADVANCE_LINE gives for each, and the last line of those behind
 * which there may be more.
 */
export const TAKE_TURNS = keptFunction(
  "take_turns",
  ["text", "uuid", "text"],
  `declare
  lane record;
  looked integer := 0;
  last jsonb;
  taken jsonb := '[]';
begin
  for lane in
    select l.workflow_uuid, l.line, bool_or(l.own) as own, not bool_and(l.own) as waits from (
      select t.workflow_uuid, t.line, true as own from json_to_recordset($1::json) as key (namespace text, uuid uuid)
        join run_turns t on t.run_uuid = key.uuid and t.namespace = key.namespace
      union all
      select w.workflow_uuid, w.line, false from (
        with recursive lines as (
          (select t.workflow_uuid, t.line from run_turns t where t.begun_at is null and (t.workflow_uuid, t.line) > ($2, $3)
            order by t.workflow_uuid, t.line limit 1)
          union all
          select next.workflow_uuid, next.line from lines cross join lateral (
            select t.workflow_uuid, t.line from run_turns t
            where t.begun_at is null and (t.workflow_uuid, t.line) > (lines.workflow_uuid, lines.line)
            order by t.workflow_uuid, t.line limit 1) as next
        ) select * from lines limit ${MOST_LINES}
      ) as w
    ) as l group by l.workflow_uuid, l.line order by l.workflow_uuid, l.line
  loop
    if lane.waits then
      looked := looked + 1;
      last := jsonb_build_object('workflowUuid', lane.workflow_uuid, 'line', lane.line);
    end if;
    if lane.own then perform from turn_locks k where k.workflow_uuid = lane.workflow_uuid for update;
    else perform from turn_locks k where k.workflow_uuid = lane.workflow_uuid for update skip locked; end if;
    if found then taken := taken || ${ADVANCE_LINE.name}(lane.workflow_uuid, lane.line, '{}')::jsonb; end if;
  end loop;
  return jsonb_build_object('lines', taken, 'last', case when looked = ${MOST_LINES} then last end)::text;
end`,
  "text",
);

/** Lines that nobody comes to any more leave rows behind that count for nothing. */
const FORGET = `delete from run_turns where run_uuid in (
    select t.run_uuid from run_turns t where t.begun_at is not null and not ${IS_OPEN}
      and (t.rate_per is null or t.begun_at + t.rate_per * interval '1 millisecond' <= now()) limit ${MOST_LINES}
      for update skip locked
  ) returning true as forgotten`;

interface Line {
  workflowUuid: string;
  line: string;
}

interface Answer {
  lines: TurnsTaken[];
  last: Line | null;
}

const BEFORE_ALL: Line = { workflowUuid: FIRST_UUID, line: "" };

/** The looks of one process at the runs that wait for their turn. */
export class Turns {
  readonly #pool: Pool;
  readonly #clock: Clock;
  /** The last line that a look went through; the next one goes on behind it. */
  #lookedTo = BEFORE_ALL;

  constructor(pool: Pool, clock: Clock) {
    this.#pool = pool;
    this.#clock = clock;
  }

  /** See Storage. */
  async take(ended: RunKey[]): Promise<TurnsTaken> {
    const asked = ended.filter(({ uuid }) => isUuid(uuid));
    const from = this.#lookedTo;
    const parameters = [JSON.stringify(asked), from.workflowUuid, from.line];
    const [row] = await this.#pool.run<{ result: string }>(TAKE_TURNS.call, parameters);
    const { lines, last }: Answer = JSON.parse(row?.result ?? '{"lines":[],"last":null}');
    this.#lookedTo = last ?? BEFORE_ALL;
    const times = lines.flatMap(({ nextAt }) => nextAt ?? []);
    if (from !== BEFORE_ALL || last !== null) times.push(this.#clock.now() + LOOK_MILLISECONDS);
    return {
      begun: lines.flatMap(({ begun }) => begun),
      cancel: lines.flatMap(({ cancel }) => cancel),
      nextAt: times.length === 0 ? null : Math.min(...times),
    };
  }

  /** Drops some of what counts for nothing any more. True if there may be more. */
  async forget(): Promise<boolean> {
    return (await this.#pool.run(FORGET, [])).length === MOST_LINES;
  }
}
