import { keptFunction } from "../../../db/postgres/kept.ts";
import { floorOf } from "./months.ts";

/** Runs that one step deletes. */
const DELETED = 500;

/**
 * Deletes some runs whose workflows keep them for so many days, counted back from $1 (milliseconds since the epoch). True if there may be more.
 * While partitions are being replaced by their copies none is deleted, which would be in the copy again.
 */
export const DROP_BY_WORKFLOW = keptFunction(
  "drop_by_workflow",
  ["float8"],
  `declare
  own record;
  dropped uuid[];
  left_over integer := ${DELETED};
begin
  perform from retention where kept_until is null for update skip locked;
  if not found then return false; end if;
  for own in
    select d.uuid, to_timestamp($1 / 1000) - (d.options ->> 'retention')::integer * interval '1 day' as until
    from workflow_definitions d where d.options ->> 'retention' is not null order by d.uuid
  loop
    dropped := array(
      select r.uuid from workflow_runs r
      where r.workflow_id = own.uuid and r.uuid < ${floorOf("own.until")} and r.completed_at < own.until
        and not exists (select from run_queue q where q.run_uuid = r.uuid) and not exists (select from owed_events o where o.run_uuid = r.uuid)
      order by r.uuid limit left_over);
    delete from run_log l where l.run_uuid = any(dropped);
    delete from workflow_runs r where r.uuid = any(dropped);
    left_over := left_over - cardinality(dropped);
    exit when left_over <= 0;
  end loop;
  return left_over <= 0;
end`,
);
