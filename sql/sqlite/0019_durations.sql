-- How long runs took, so that nobody has to look at runs.

-- Runs that ended as success or failed, by minute and by how long they took: added up in memory by the process that ended them, and written
-- once in some seconds. Whole hours go to run_duration_hours after a while.
create table run_durations (
  -- Since 1970, UTC.
  minute integer not null,
  namespace text not null,
  -- Of a workflow; the nil UUID is for the runs of all workflows.
  workflow_uuid text not null,
  -- Four for each doubling from one millisecond on; 0 is less than that.
  bucket integer not null,
  count integer not null,
  primary key (minute, workflow_uuid, bucket, namespace)
) strict, without rowid;

-- What was in run_durations, by hour. Kept for eight days.
create table run_duration_hours (
  -- The first of the hour, since 1970, UTC.
  minute integer not null,
  namespace text not null,
  workflow_uuid text not null,
  bucket integer not null,
  count integer not null,
  primary key (minute, workflow_uuid, bucket, namespace)
) strict, without rowid;
