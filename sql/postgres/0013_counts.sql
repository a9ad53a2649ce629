-- Numbers of runs by time, so that nobody has to count runs.

create table run_counts (
  minute integer not null,
  writer integer not null,
  namespace text not null,
  workflow_uuid uuid not null,
  status text not null,
  count integer not null,
  constraint run_counts_pkey primary key (minute, writer, workflow_uuid, status)
) with (
  fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0
);
comment on table run_counts is 'Runs that were made, and that ended, by minute: written by triggers with the commits that make and end them. Whole hours go to run_count_hours after a while';
comment on column run_counts.minute is 'Since 1970, UTC';
comment on column run_counts.writer is 'The backend that counted: no two commits wait for one row';
comment on column run_counts.status is 'created, or that in which the runs ended';

create table run_count_hours (
  minute integer not null,
  namespace text not null,
  workflow_uuid uuid not null,
  status text not null,
  count bigint not null,
  constraint run_count_hours_pkey primary key (minute, workflow_uuid, status)
);
comment on table run_count_hours is 'What was in run_counts, by hour. Kept for eight days';
comment on column run_count_hours.minute is 'The first of the hour, since 1970, UTC';

create function count_runs() returns trigger language plpgsql as $body$
begin
  insert into run_counts as c (minute, writer, namespace, workflow_uuid, status, count)
  select floor(extract(epoch from now()) / 60), pg_backend_pid(), namespace, workflow_id, kind, count(*)
  from (
    select namespace, workflow_id, 'created' as kind from changed where tg_op = 'INSERT'
    union all select namespace, workflow_id, status from changed where completed_at is not null
  ) as counted
  group by namespace, workflow_id, kind order by workflow_id, kind
  on conflict (minute, writer, workflow_uuid, status) do update set count = c.count + excluded.count;
  return null;
end
$body$;
comment on function count_runs is 'Counts the runs of a statement. A run that is over does not change any more, so that none is counted twice';
create trigger workflow_runs_made after insert on workflow_runs referencing new table as changed for each statement
  execute function count_runs();
create trigger workflow_runs_ended after update on workflow_runs referencing new table as changed for each statement
  execute function count_runs();
