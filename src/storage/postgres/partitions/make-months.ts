import { keptFunction } from "../../../db/postgres/kept.ts";
import { boundOf, COLUMNS, floorOf, LOCK, monthAfter, nameOf, timeOf } from "./months.ts";

/** The most rows of "after" that are moved to a month that is made late; more would block all statements for too long. */
const MOVED = 5000;
/** The most months that one call makes, should the clock be years ahead. */
const MADE = 12;

/** Makes the months up to $1 after this one, by the time of the database. True if they exist now. */
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
