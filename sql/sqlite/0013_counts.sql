-- Numbers of runs by time, so that nobody has to count runs.

-- Runs that were made, and that ended, by minute: written with the commits that make and end them. Whole hours go to run_count_hours
-- after a while.
create table run_counts (
  -- Since 1970, UTC.
  minute integer not null,
  namespace text not null,
  workflow_uuid text not null,
  -- created, or that in which the runs ended.
  status text not null,
  count integer not null,
  primary key (minute, workflow_uuid, status)
) strict, without rowid;

-- What was in run_counts, by hour. Kept for eight days.
create table run_count_hours (
  -- The first of the hour, since 1970, UTC.
  minute integer not null,
  namespace text not null,
  workflow_uuid text not null,
  status text not null,
  count integer not null,
  primary key (minute, workflow_uuid, status)
) strict, without rowid;
