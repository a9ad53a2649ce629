import { keptFunction } from "../../db/kept.ts";
import type { Pool } from "../../db/pool.ts";

// workflow_runs and run_log have the same partitions: "past", a month each, "after" and "beyond". What replaces partitions holds
// the locks of both tables for some milliseconds, and waits no longer than this for them: statements that came later wait behind it.
const LOCK = `set_config('lock_timeout', '50ms', true);
    lock table only workflow_runs in access exclusive mode;
    perform set_config('lock_timeout', '20ms', true);
    lock table only run_log in access exclusive mode`;

/** A bound of a partition of workflow_runs as its catalog has it: "FROM" or "TO". */
const boundOf = (partition: string, side: "FROM" | "TO") => `(select (regexp_match(pg_get_expr(relpartbound, oid),
      '${side} \\(''([0-9a-f-]+)''\\)'))[1]::uuid from pg_class where oid = '${partition}'::regclass)`;

const timeOf = (uuid: string) =>
  `to_timestamp(('x' || left(replace((${uuid})::text, '-', ''), 12))::bit(48)::bigint / 1000.0)`;

const floorOf = (time: string) =>
  `(lpad(to_hex((extract(epoch from ${time}) * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid`;

/** The month after that of a time; months are those of UTC. */
const monthAfter = (time: string, months = "1") =>
  `(date_trunc('month', (${time}) at time zone 'UTC') + ${months} * interval '1 month') at time zone 'UTC'`;

const nameOf = (time: string) => `to_char((${time}) at time zone 'UTC', 'YYYY_MM')`;

/** The columns of workflow_runs that are written. */
const COLUMNS = `(select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute
    where attrelid = 'workflow_runs'::regclass and attnum > 0 and not attisdropped and attgenerated = '')`;

/** Rows of "after" that are moved to a month which is made too late for them; more would hold everybody up. */
const MOVED = 5000;
/** Months that one call makes: should the clock be years ahead, tables are few all the same. */
const MADE = 12;
/** Months that are there before they are needed, so that nothing hangs on this for weeks. */
const AHEAD = 3;

/** Makes the months up to $1 after this one, by the time of the database. Whether they are there. */
export const MAKE_MONTHS = keptFunction(
  "make_months",
  ["integer"],
  `declare
  columns text := ${COLUMNS};
  until timestamptz := ${monthAfter("now()", "($1 + 1)")};
  low uuid;
  high uuid;
  far uuid := ${boundOf("workflow_runs_after", "TO")};
  month text;
  locked boolean := false;
begin
  for made in 0..${MADE} loop
    low := ${boundOf("workflow_runs_after", "FROM")};
    if ${timeOf("low")} >= until then return true; end if;
    if not locked then
      perform ${LOCK};
      locked := true;
      continue;
    end if;
    high := ${floorOf(monthAfter(timeOf("low")))};
    month := ${nameOf(timeOf("low"))};
    if exists (select from workflow_runs_after where uuid < high offset ${MOVED}) then
      raise exception 'the month % was not made in time: more than ${MOVED} runs of it are in workflow_runs_after', month;
    end if;
    alter table workflow_runs detach partition workflow_runs_after;
    alter table run_log detach partition run_log_after;
    execute format('create table workflow_runs_%s partition of workflow_runs for values from (%L) to (%L) with (fillfactor = 20)',
      month, low, high);
    execute format('create table run_log_%s partition of run_log for values from (%L) to (%L)', month, low, high);
    execute format('with moved as (delete from workflow_runs_after where uuid < %L returning *)
      insert into workflow_runs_%s (%s) select %3$s from moved', high, month, columns);
    execute format('with moved as (delete from run_log_after where run_uuid < %L returning *)
      insert into run_log_%s select * from moved', high, month);
    execute format('alter table workflow_runs attach partition workflow_runs_after for values from (%L) to (%L)', high, far);
    execute format('alter table run_log attach partition run_log_after for values from (%L) to (%L)', high, far);
  end loop;
  return false;
exception when lock_not_available or deadlock_detected then
  return false;
end`,
);

/** Runs that one step looks at. */
const WALKED = 5000;
/** Changed runs that are copied again while everybody waits. */
const CHANGED = 200;
/** Runs of "past" that may be dropped, from which on it is replaced: fewer are deleted, so many at a time. */
const WORTH_IT = 10_000;
const DELETED = 500;

const copy = (uuids: string) => `execute format('insert into workflow_runs_kept (%s) select %1$s from workflow_runs
      where uuid = any($1) on conflict do nothing', columns) using ${uuids};
    execute 'insert into run_log_kept select * from run_log where run_uuid = any($1) on conflict do nothing' using ${uuids}`;

const NOT_OWED = `not exists (select from run_queue where run_uuid = uuid) and not exists (select from owed_events where run_uuid = uuid)`;

/**
 * Does one step of dropping runs that were over at $1 (milliseconds since the epoch) in months that were over then. Whether there
 * is another to do now. Runs to keep are copied while everything goes on; what changes meanwhile is noted by triggers and copied
 * again; at last the copies stand in for "past" and its next month, under a short lock.
 */
export const DROP_RUNS = keptFunction(
  "drop_runs",
  ["float8"],
  `declare
  columns text := ${COLUMNS};
  before timestamptz := to_timestamp($1 / 1000);
  past uuid := ${boundOf("workflow_runs_past", "TO")};
  month text := ${nameOf(timeOf("past"))};
  state retention;
  last uuid;
  kept uuid[];
  many boolean;
  name text;
begin
  select * into state from retention for update skip locked;
  if not found then return false; end if;

  if state.kept_until is null then
    state.kept_until := ${floorOf(monthAfter(timeOf("past")))};
    if to_regclass('workflow_runs_' || month) is null or ${timeOf("state.kept_until")} > before then
      state.kept_until := past;
      if (select count(*) from (select from workflow_runs_past where completed_at < before limit ${WORTH_IT}) as over) < ${WORTH_IT} then
        select array_agg(uuid) into kept from (
          select uuid from (
            select uuid, completed_at from workflow_runs_past union all select uuid, completed_at from workflow_runs_after
            union all select uuid, completed_at from workflow_runs_beyond
          ) as alone
          where completed_at < before and ${NOT_OWED} limit ${DELETED}
        ) as over;
        delete from run_log where run_uuid = any(kept);
        delete from workflow_runs where uuid = any(kept);
        return coalesce(cardinality(kept), 0) = ${DELETED};
      end if;
    end if;
    create table workflow_runs_kept (like workflow_runs including all) with (fillfactor = 20);
    create table run_log_kept (like run_log including all);
    create index on workflow_runs_kept (completed_at);
    execute format('alter table workflow_runs_kept add constraint kept_until check (uuid < %L)', state.kept_until);
    execute format('alter table run_log_kept add constraint kept_until check (run_uuid < %L)', state.kept_until);
    delete from retention_changes;
    foreach name in array case when state.kept_until = past then '{past}' else array['past', month] end loop
      execute format('create trigger retention_changes after insert or update on workflow_runs_%s for each row
        execute function note_change(uuid)', name);
      execute format('create trigger retention_changes after insert on run_log_%s for each row
        execute function note_change(run_uuid)', name);
    end loop;
    update retention set kept_until = state.kept_until, ended_before = before, walked_to = null;
    return true;
  end if;

  select array_agg(uuid) filter (where completed_at is null or completed_at >= state.ended_before
      or not (${NOT_OWED})),
    (array_agg(uuid order by uuid desc))[1]
  into kept, last from (
    select uuid, completed_at from workflow_runs
    where uuid >= coalesce(state.walked_to, '00000000-0000-0000-0000-000000000000') and uuid < state.kept_until
    order by uuid limit ${WALKED}
  ) as walked;
  if last is distinct from state.walked_to then
    ${copy("kept")};
    update retention set walked_to = last;
    return true;
  end if;

  many := exists (select from retention_changes offset ${CHANGED});
  if not many then
    perform ${LOCK};
  end if;
  with changes as (
    delete from retention_changes where id in (select id from retention_changes order by id limit ${WALKED}) returning run_uuid
  )
  select array_agg(distinct run_uuid) into kept from changes;
  delete from workflow_runs_kept where uuid = any(kept);
  delete from run_log_kept where run_uuid = any(kept);
  ${copy("kept")};
  if many then return true; end if;

  foreach name in array case when state.kept_until = past then '{past}' else array['past', month] end loop
    execute format('alter table workflow_runs detach partition workflow_runs_%s', name);
    execute format('alter table run_log detach partition run_log_%s', name);
    execute format('drop table workflow_runs_%s', name);
    execute format('drop table run_log_%s', name);
  end loop;
  execute format('alter table workflow_runs attach partition workflow_runs_kept for values from (minvalue) to (%L)', state.kept_until);
  execute format('alter table run_log attach partition run_log_kept for values from (minvalue) to (%L)', state.kept_until);
  alter table workflow_runs_kept drop constraint kept_until;
  alter table run_log_kept drop constraint kept_until;
  alter table workflow_runs_kept rename to workflow_runs_past;
  alter table run_log_kept rename to run_log_past;
  update retention set kept_until = null, ended_before = null, walked_to = null;
  return true;
exception when lock_not_available or deadlock_detected then
  return false;
end`,
);

/** The partitions of runs and their logs. */
export class Partitions {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Makes the months that will be needed. False where others use the tables too much right now: ask again later. */
  async make(): Promise<boolean> {
    const [row] = await this.#pool.run<{ result: boolean }>(MAKE_MONTHS.call, [AHEAD]);
    return row?.result ?? false;
  }

  /** See Storage.maintain. */
  async drop(before: number): Promise<boolean> {
    const [row] = await this.#pool.run<{ result: boolean }>(DROP_RUNS.call, [before]);
    return row?.result ?? false;
  }
}
