import { keptFunction } from "../../../db/postgres/kept.ts";
import type { Pool } from "../../../db/postgres/pool.ts";
import { isUuid } from "../../../ids.ts";
import type { RunKey } from "../../../schemas/runs/run.ts";
import { DEFAULT_PRIORITY } from "../../port/runs/priorities.ts";
import type { InsertedRun, NewRun, Outcome } from "../../port.ts";
import { notFound, UNSTORABLE } from "../../refusals.ts";
import { FENCE_IDS } from "../ids.ts";
import { RESOLVED } from "../references.ts";
import { ADVANCE_LINE, TAKE_TURNS } from "../turns.ts";
import { isKept, keepKeys } from "./request-keys.ts";

/** Stores runs that take turns ($1, JSON; $2 the oldest id time), each at the end of its line, and lets those begin that may. */
export const INSERT_TURN_RUNS = keptFunction(
  "insert_turn_runs",
  ["text", "float8"],
  `declare
  item record;
  lowest uuid;
  counted integer;
  advanced jsonb;
  results jsonb := '[]';
begin
  insert into turn_locks (workflow_uuid) select distinct i."preparedUuid" from json_to_recordset($1::json) as i ("preparedUuid" uuid)
    where i."preparedUuid" is not null order by i."preparedUuid" on conflict do nothing;
  perform from turn_locks k where k.workflow_uuid in (
    select i."preparedUuid" from json_to_recordset($1::json) as i ("preparedUuid" uuid)) order by k.workflow_uuid for update;
  lowest := (select f.floor from ${FENCE_IDS.name}($2) as f);
  for item in
    select i.*, coalesce(by_uuid.uuid, by_id.uuid) as found_uuid, coalesce(by_uuid.version, by_id.version) as found_version
    from json_to_recordset($1::json) as i (position integer, uuid uuid, namespace text, workflow text, "workflowUuid" uuid, payload text,
      grace float8, depth smallint, traceparent text, tags text, "preparedUuid" uuid, "preparedVersion" integer, line text, most integer,
      "onLimit" text, "rateKey" text, "rateMost" integer, "ratePer" float8, route text, key text, hash text, "startAt" float8, priority smallint)
    cross join lateral (select i.namespace, i.workflow as reference, i."workflowUuid" as uuid) as reference ${RESOLVED}
    order by i.position
  loop
    if exists (select from workflow_runs r where r.uuid = item.uuid) then
      results := results || (select jsonb_build_object('position', item.position, 'isOthers', r.namespace <> item.namespace,
        'workflowUuid', r.workflow_id, 'workflowVersion', r.workflow_version, 'ended', r.completed_at is not null,
        'waits', exists (select from run_turns t where t.run_uuid = r.uuid and t.begun_at is null))
        from workflow_runs r where r.uuid = item.uuid);
      continue;
    end if;
    if item.found_uuid is null then
      results := results || jsonb_build_object('position', item.position, 'refused', 'workflow_not_found');
      continue;
    end if;
    if (item."preparedUuid" = item.found_uuid and item."preparedVersion" = item.found_version) is not true then
      results := results || jsonb_build_object('position', item.position, 'refused', 'unprepared', 'workflowUuid', item.found_uuid,
        'workflowVersion', item.found_version);
      continue;
    end if;
    if item.uuid < lowest then
      results := results || jsonb_build_object('position', item.position, 'refused', 'late');
      continue;
    end if;
    if item.key is not null and ${isKept("item.namespace", "item.route", "item.key")} then
      results := results || jsonb_build_object('position', item.position, 'refused', 'taken', 'workflowUuid', item.found_uuid,
        'workflowVersion', item.found_version);
      continue;
    end if;
    if item."onLimit" = 'reject' and (item."startAt" > extract(epoch from now()) * 1000) is not true then
      select count(*) into counted from run_turns t where t.workflow_uuid = item.found_uuid and t.line = item.line
        and (t.begun_at is null and (t.start_at is null or t.start_at <= now()) or exists (select from run_queue q where q.run_uuid = t.run_uuid and not q.ended));
      if counted >= item.most then
        results := results || jsonb_build_object('position', item.position, 'refused', 'concurrency_limit');
        continue;
      end if;
    end if;
    if item.key is not null then
      ${keepKeys("values (item.namespace, item.route, item.key, item.hash, item.uuid::text)").replace("returning answer", "")};
      if not found then
        results := results || jsonb_build_object('position', item.position, 'refused', 'taken', 'workflowUuid', item.found_uuid,
          'workflowVersion', item.found_version);
        continue;
      end if;
    end if;
    insert into workflow_runs (uuid, namespace, workflow_id, workflow_version, payload, depth, traceparent, tags, start_at, priority)
      values (item.uuid, item.namespace, item.found_uuid, item.found_version, item.payload::jsonb, item.depth, item.traceparent, item.tags::jsonb,
        to_timestamp(item."startAt" / 1000), item.priority);
    insert into run_turns (run_uuid, namespace, workflow_uuid, line, most, cancels_oldest, rate_key, rate_most, rate_per, start_at, priority)
      values (item.uuid, item.namespace, item.found_uuid, item.line, item.most, item."onLimit" = 'cancel_oldest', item."rateKey",
        item."rateMost", item."ratePer", to_timestamp(item."startAt" / 1000),
        case when item."startAt" is not null or item.priority is not null then coalesce(item.priority, ${DEFAULT_PRIORITY}) end);
    advanced := ${ADVANCE_LINE.name}(item.found_uuid, item.line, jsonb_build_object(item.uuid::text, item.grace)::text)::jsonb;
    results := results || jsonb_build_object('position', item.position, 'workflowUuid', item.found_uuid, 'workflowVersion',
      item.found_version, 'ended', false, 'cancel', advanced -> 'cancel',
      'waits', exists (select from run_turns t where t.run_uuid = item.uuid and t.begun_at is null));
  end loop;
  return results::text;
end`,
  "text",
);

/** What the database keeps for runs that take turns. */
export const TURN_FUNCTIONS = [ADVANCE_LINE, TAKE_TURNS, INSERT_TURN_RUNS];

/** What the function says of a run. */
export interface Answer {
  position: number;
  refused?: "workflow_not_found" | "unprepared" | "taken" | "late" | "concurrency_limit";
  isOthers?: boolean;
  workflowUuid: string;
  workflowVersion: number;
  ended: boolean;
  waits: boolean;
  cancel?: RunKey[];
}

/** Stores runs that take turns; null for each whose id came too late. */
export async function insertTurnRuns(
  pool: Pool,
  items: NewRun[],
  oldest: number | null,
): Promise<(Outcome<InsertedRun> | null)[]> {
  if (items.length === 0) return [];
  const [row] = await pool.run<{ result: string }>(INSERT_TURN_RUNS.call, [
    JSON.stringify(items.map(turnInsertable)),
    oldest,
  ]);
  const answers: Answer[] = JSON.parse(row?.result ?? "[]");
  const found = new Map(answers.map((answer) => [answer.position, answer]));
  return items.map((item, position) => outcomeOf(item, found.get(position)));
}

/** Null for a run whose id came too late. */
export function outcomeOf({ uuid, workflow, turn }: NewRun, answer: Answer | undefined): Outcome<InsertedRun> | null {
  if (answer === undefined || answer.refused === "late") return null;
  if (answer.refused === "workflow_not_found") return notFound(workflow);
  if (answer.refused === "concurrency_limit") {
    return { kind: "error", code: "concurrency_limit", subject: String(turn?.most ?? "") };
  }
  if (answer.isOthers) return UNSTORABLE;
  const { workflowUuid, workflowVersion, ended = false, waits, cancel = [] } = answer;
  const value = { uuid, workflowUuid, workflowVersion, claimed: false, ended };
  if (answer.refused === "unprepared") return { kind: "ok", value: { ...value, unprepared: true } };
  if (answer.refused === "taken") return { kind: "ok", value: { ...value, isTaken: true } };
  return { kind: "ok", value: { ...value, ...(waits && { waits }), ...(cancel.length > 0 && { cancel }) } };
}

/** The item of a run that takes a turn. */
export function turnInsertable(
  {
    uuid,
    namespace,
    workflow,
    payload,
    depth,
    traceparent,
    tags,
    preparedFor,
    turn,
    graceMilliseconds,
    ...asked
  }: NewRun,
  position: number,
) {
  const { requestKey, startAt, priority } = asked;
  const workflowUuid = isUuid(workflow) ? workflow : undefined;
  const own = { position, uuid, namespace, workflow, workflowUuid, payload, depth, grace: graceMilliseconds, tags };
  const { line, most, onLimit, rate } = turn ?? {};
  return {
    ...own,
    traceparent: traceparent ?? undefined,
    preparedUuid: preparedFor?.workflowUuid,
    preparedVersion: preparedFor?.version,
    ...{ route: requestKey?.route, key: requestKey?.key, hash: requestKey?.hash, startAt, priority },
    ...{ line, most, onLimit, rateKey: rate?.key, rateMost: rate?.most, ratePer: rate?.perMilliseconds },
  };
}
