import { keptFunction } from "../../../db/postgres/kept.ts";
import { boundOf, COLUMNS, floorOf, LOCK, monthAfter, nameOf, timeOf } from "./months.ts";

/** Runs that one step checks. */
const WALKED = 1000;
/** The most changed runs that are copied again under the lock. */
const CHANGED = 200;
/** "past" is replaced if so many of its runs may be dropped; fewer are deleted, DELETED at a time. */
const WORTH_IT = 10_000;
const DELETED = 500;

const copy = (uuids: string) => `execute format('insert into workflow_runs_kept (%s) select %1$s from workflow_runs
      where uuid = any($1) on conflict do nothing', columns) using ${uuids};
    execute 'insert into run_log_kept select * from run_log where run_uuid = any($1) on conflict do nothing' using ${uuids}`;

const NOT_OWED = `not exists (select from run_queue where run_uuid = uuid) and not exists (select from owed_events where run_uuid = uuid)`;

/**
 * Does one step of dropping runs that were over at $1 (milliseconds since the epoch) in months that were over then. True if there
 * is another to do now. Runs to keep are copied while statements go on; triggers note runs that change meanwhile, which are copied
 * again. At the end the copies replace "past" and the month after it, under a short lock.
 */
export const DROP_RUNS = keptFunction(
  "drop_runs",
  ["float8"],
  `declare
  columns text := ${COLUMNS};
  before timestamptz := to_timestamp($1 / 1000);
  past uuid;
  month text;
  state retention;
  last uuid;
  kept uuid[];
  many boolean;
  name text;
begin
  select * into state from retention for update skip locked;
  if not found then return false; end if;
  -- Only now: another process may just have replaced it.
  past := ${boundOf("workflow_runs_past", "TO")};
  month := ${nameOf(timeOf("past"))};

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
    delete from retention_changes where id in (select id from retention_changes order by id limit case when many then ${WALKED} end) returning run_uuid
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
