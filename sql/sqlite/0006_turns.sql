-- A row for each run that has to wait for its turn, or is counted by others that do. It stays until its run is over, and its begin
-- counts no more.
create table run_turns (
  -- The order in which runs take their turns.
  seq integer primary key autoincrement,
  run_uuid text not null unique,
  namespace text not null,
  workflow_uuid text not null,
  -- Runs of one line are counted together, and begin one after the other.
  line text not null,
  -- Runs of the line that may be under way; null for any number.
  most integer,
  -- 1 where the oldest run under way is cancelled for it.
  cancels_oldest integer not null,
  -- Of those that are counted together, "rate_most" may begin within "rate_per" milliseconds; null for any number.
  rate_key text,
  rate_most integer,
  rate_per integer,
  -- When its turn came; null while it waits.
  begun_at integer
) strict;

-- The runs that wait, line by line.
create index run_turns_waiting on run_turns (workflow_uuid, line, seq) where begun_at is null;
-- The runs of a line that are under way, or were not long ago.
create index run_turns_begun on run_turns (workflow_uuid, line, seq) where begun_at is not null;
-- The last begins that count for a rate, and the runs that wait for one.
create index run_turns_rate on run_turns (workflow_uuid, rate_key, begun_at) where rate_key is not null;
