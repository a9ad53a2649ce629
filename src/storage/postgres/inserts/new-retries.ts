import { keptFunction } from "../../../db/postgres/kept.ts";
import type { Pool } from "../../../db/postgres/pool.ts";
import type { RunKey } from "../../../schemas/runs/run.ts";
import type { InsertedRun, NewRetry, Outcome, Unnamed } from "../../port.ts";
import { FENCE_IDS, type Ids } from "../ids.ts";
import { ADVANCE_LINE } from "../turns.ts";
import { isKept, keepKeys } from "./request-keys.ts";

/** Stores a run that tries another one again ($1, JSON; $2 the oldest id time), with what it keeps, in its line if it takes turns. */
export const INSERT_RETRY = keptFunction(
  "insert_retry",
  ["text", "float8"],
  `declare
  item record;
  advanced jsonb;
  kept text;
  lowest uuid;
begin
  select * into item from json_to_record($1::json) as i (uuid uuid, namespace text, "workflowUuid" uuid, version integer, payload text,
    depth smallint, traceparent text, tags text, "retryOf" uuid, log text, line text, most integer, "onLimit" text, "rateKey" text, "rateMost" integer,
    "ratePer" float8, "keyRoute" text, key text, "keyHash" text, more text);
  if item.line is not null then
    insert into turn_locks (workflow_uuid) values (item."workflowUuid") on conflict do nothing;
    perform from turn_locks k where k.workflow_uuid = item."workflowUuid" for update;
  end if;
  lowest := (select f.floor from ${FENCE_IDS.name}($2) as f);
  -- One that was stored before is found, also by an id that is too old by now.
  if exists (select from workflow_runs r where r.uuid = item.uuid) then return '{}'; end if;
  if item.uuid < lowest then return '{"refused":"late"}'; end if;
  if not exists (select from workflow_versions v where v.workflow_uuid = item."workflowUuid" and v.version = item.version) then
    return '{"refused":"version_not_found"}';
  end if;
  if item.key is not null and ${isKept("item.namespace", 'item."keyRoute"', "item.key")} then return '{"isTaken":true}'; end if;
  if item."onLimit" = 'reject' and item.most <= (select count(*) from run_turns t where t.workflow_uuid = item."workflowUuid"
    and t.line = item.line and (t.begun_at is null and (t.start_at is null or t.start_at <= now()) or exists (select from run_queue q where q.run_uuid = t.run_uuid and not q.ended)))
  then return '{"refused":"concurrency_limit"}'; end if;
  if item.key is not null then
    ${keepKeys(`select item.namespace, item."keyRoute", item.key, item."keyHash", item.uuid::text || item.more`)} into kept;
    if kept is null then return '{"isTaken":true}'; end if;
  end if;
  insert into workflow_runs (uuid, namespace, workflow_id, workflow_version, payload, depth, traceparent, tags, retry_of)
    values (item.uuid, item.namespace, item."workflowUuid", item.version, item.payload::jsonb, item.depth, item.traceparent, item.tags::jsonb, item."retryOf");
  if item.log is not null then
    insert into run_log (run_uuid, seq, token, entries) values (item.uuid, 0, 0, item.log::json);
  end if;
  if item.line is null then
    insert into run_queue (run_uuid, namespace, due_at, log_length, log_size) values (item.uuid, item.namespace, now(),
      case when item.log is null then 0 else 1 end, coalesce(length(item.log), 0));
    return '{}';
  end if;
  insert into run_turns (run_uuid, namespace, workflow_uuid, line, most, cancels_oldest, rate_key, rate_most, rate_per)
    values (item.uuid, item.namespace, item."workflowUuid", item.line, item.most, item."onLimit" = 'cancel_oldest', item."rateKey",
      item."rateMost", item."ratePer");
  advanced := ${ADVANCE_LINE.name}(item."workflowUuid", item.line, '{}')::jsonb;
  return jsonb_build_object('cancel', advanced -> 'cancel',
    'waits', exists (select from run_turns t where t.run_uuid = item.uuid and t.begun_at is null))::text;
end`,
  "text",
);

/** What INSERT_RETRY says of one. */
export interface RetryAnswer {
  refused?: "late" | "version_not_found" | "concurrency_limit";
  isTaken?: true;
  waits?: boolean;
  cancel?: RunKey[];
}

/** See Storage. They are few: each is stored by a statement of its own. */
export function insertRetries(pool: Pool, ids: Ids, items: Unnamed<NewRetry>[]): Promise<Outcome<InsertedRun>[]> {
  return ids.store(items, async (named, oldest) => {
    const outcomes: (Outcome<InsertedRun> | null)[] = [];
    for (const item of named) outcomes.push(await insertOne(pool, item, oldest));
    return outcomes;
  });
}

/** Null for one whose id came too late. */
async function insertOne(pool: Pool, item: NewRetry, oldest: number | null): Promise<Outcome<InsertedRun> | null> {
  const [row] = await pool.run<{ result: string }>(INSERT_RETRY.call, [JSON.stringify(insertableRetry(item)), oldest]);
  const answer: RetryAnswer = JSON.parse(row?.result ?? "{}");
  return answer.refused === "late" ? null : retryOutcomeOf(item, answer);
}

/** A retry as INSERT_RETRY reads it. */
export function insertableRetry({ turn, log, request, ...rest }: NewRetry): object {
  const { line, most, onLimit, rate } = turn ?? {};
  const { key, more } = request ?? {};
  return {
    ...rest,
    ...{ line, most, onLimit, rateKey: rate?.key, rateMost: rate?.most, ratePer: rate?.perMilliseconds },
    ...{ keyRoute: key?.route, key: key?.key, keyHash: key?.hash, more },
    log: log === "[]" ? undefined : log,
  };
}

export function retryOutcomeOf(
  { uuid, workflowUuid, version, turn }: NewRetry,
  { refused, isTaken, waits = false, cancel = [] }: RetryAnswer,
): Outcome<InsertedRun> {
  if (refused === "version_not_found") return { kind: "error", code: refused, subject: `version ${version}` };
  if (refused === "concurrency_limit") return { kind: "error", code: refused, subject: String(turn?.most ?? "") };
  const value = { uuid, workflowUuid, workflowVersion: version, claimed: false, ended: false };
  const rest = { ...(isTaken && { isTaken }), ...(waits && { waits }), ...(cancel.length > 0 && { cancel }) };
  return { kind: "ok", value: { ...value, ...rest } };
}
