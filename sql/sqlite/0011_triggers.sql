-- Requests that may be repeated: a row is written in the transaction that does what the request asks for. It counts for 24 hours,
-- and is dropped some time later.
create table request_keys (
  namespace text not null,
  -- What the request was sent to, with the run that its path names.
  route text not null,
  -- Its Idempotency-Key.
  key text not null,
  -- SHA-256 of its body as canonical JSON: another body with the same key is refused.
  request_hash text not null,
  -- What its answer is made of again: for a trigger the uuid of the run.
  answer text not null,
  created_at integer not null,
  primary key (namespace, route, key)
) strict, without rowid;

-- Finds the rows that count no longer.
create index request_keys_by_time on request_keys (created_at);

-- When its trigger asked for it to begin; null where it asked for no time.
alter table workflow_runs add column start_at integer;
-- The priority that its trigger asked for, 1 to 5; null where it asked for none.
alter table workflow_runs add column priority integer;

-- 1 to 5, of a run whose trigger asked for a time or a priority: no message names it, so that the sweeper alone begins it. Null, which
-- counts as 3, for all others.
alter table run_queue add column priority integer;

-- For the sweeper: due runs of each priority, soonest first. Empty where no trigger asks for a time or a priority.
create index run_queue_priority on run_queue (priority, due_at) where priority is not null;
-- The same as before, with the priority beside it: those of other priorities are passed over without a look at their rows.
drop index run_queue_due;
create index run_queue_due on run_queue (due_at, priority);

-- The run stands in no line before; null for most.
alter table run_turns add column start_at integer;
-- For run_queue, once its turn came.
alter table run_turns add column priority integer;
