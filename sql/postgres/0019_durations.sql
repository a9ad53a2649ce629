-- How long runs took, so that nobody has to look at runs.

create table run_durations (
  minute integer not null,
  namespace text not null,
  workflow_uuid uuid not null,
  bucket integer not null,
  count integer not null,
  constraint run_durations_pkey primary key (minute, workflow_uuid, bucket, namespace)
) with (fillfactor = 50);
comment on table run_durations is 'Runs that ended as success or failed, by minute and by how long they took: added up in memory by the processes that ended them, and written once in some seconds. Whole hours go to run_duration_hours after a while';
comment on column run_durations.minute is 'Since 1970, UTC';
comment on column run_durations.workflow_uuid is 'Of a workflow; the nil UUID is for the runs of all workflows';
comment on column run_durations.bucket is 'Four for each doubling from one millisecond on; 0 is less than that';

create table run_duration_hours (
  minute integer not null,
  namespace text not null,
  workflow_uuid uuid not null,
  bucket integer not null,
  count bigint not null,
  constraint run_duration_hours_pkey primary key (minute, workflow_uuid, bucket, namespace)
);
comment on table run_duration_hours is 'What was in run_durations, by hour. Kept for eight days';
comment on column run_duration_hours.minute is 'The first of the hour, since 1970, UTC';
