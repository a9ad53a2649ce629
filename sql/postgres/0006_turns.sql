create table run_turns (
  seq bigint generated always as identity,
  run_uuid uuid not null,
  namespace text not null,
  workflow_uuid uuid not null,
  line text not null,
  most integer,
  cancels_oldest boolean not null,
  rate_key text,
  rate_most integer,
  rate_per float8,
  begun_at timestamptz,
  constraint run_turns_pkey primary key (run_uuid)
);
comment on table run_turns is 'A row for each run that has to wait for its turn, or is counted by others that do. It stays until its run is over, and its begin counts no more. A run that waits is not in run_queue';
comment on column run_turns.seq is 'The order in which runs take their turns: given under the lock of their workflow';
comment on column run_turns.line is 'Runs of one line are counted together, and begin one after the other';
comment on column run_turns.most is 'Runs of the line that may be under way; null for any number';
comment on column run_turns.cancels_oldest is 'Whether the oldest run under way is cancelled for it';
comment on column run_turns.rate_key is 'Of those that are counted together, rate_most may begin within rate_per milliseconds; null for any number';
comment on column run_turns.begun_at is 'When its turn came; null while it waits';
create index run_turns_waiting on run_turns (workflow_uuid, line, seq) where begun_at is null;
comment on index run_turns_waiting is 'The runs that wait, line by line';
create index run_turns_begun on run_turns (workflow_uuid, line, seq) where begun_at is not null;
comment on index run_turns_begun is 'The runs of a line that are under way, or were not long ago';
create index run_turns_rate on run_turns (workflow_uuid, rate_key, begun_at) where rate_key is not null;
comment on index run_turns_rate is 'The last begins that count for a rate, and the runs that wait for one';

create table turn_locks (
  workflow_uuid uuid not null,
  constraint turn_locks_pkey primary key (workflow_uuid)
);
comment on table turn_locks is 'A row for each workflow whose runs take turns: whoever counts them, or lets one begin, locks it';
