-- What came for runs that are not over and waits to be taken by a step. Taken rows go with the checkpoint that took them, the
-- others with the end of the run.
create table run_inbox (
  run_uuid text not null,
  -- The order of arrival, from 1 on: run_queue.inbox when the row was put here. The log entry that takes the row names it.
  seq integer not null,
  -- signal: sent by a client. child: the end of a child run.
  kind text not null default 'signal' check (kind in ('signal', 'child')),
  -- Of a signal; of a child the path of the step that waits for it.
  name text not null,
  -- Null of a signal that was taken and may be sent again.
  body text check (body is null or json_valid(body)),
  -- Characters of the body, so that it need not be read for its size.
  bytes integer not null,
  -- Of the signal, as its sender was told; of a child its run.
  id text not null,
  -- The sender may send it again with the same Idempotency-Key, from which the id is made: the row stays until the end of the run.
  is_keyed integer not null default 0,
  received_at integer not null,
  primary key (run_uuid, seq)
) strict, without rowid;

-- Finds a signal that is sent again.
create index run_inbox_keyed on run_inbox (run_uuid, id) where is_keyed;

-- Rows that were ever put into run_inbox for the run: the seq of the last.
alter table run_queue add column inbox integer not null default 0;
-- How many of them its steps knew of at the last checkpoint. A run with more to hear does not sleep.
alter table run_queue add column inbox_heard integer not null default 0;

-- For a worker: the runs it holds for which something came.
create index run_queue_inbox on run_queue (holder) where inbox > inbox_heard;
