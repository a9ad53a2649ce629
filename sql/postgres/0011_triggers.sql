-- What a trigger may ask for: to be repeated safely, to begin later, to go before others.
create table request_keys (
  namespace text not null,
  route text not null,
  key text not null,
  request_hash text not null,
  answer text not null,
  created_at timestamptz not null default now(),
  constraint request_keys_pkey primary key (namespace, route, key)
);
comment on table request_keys is 'Requests that may be repeated: a row is written in the transaction that does what the request asks for. It counts for 24 hours, and is dropped some time later';
comment on column request_keys.route is 'What the request was sent to, with the run that its path names';
comment on column request_keys.key is 'Its Idempotency-Key';
comment on column request_keys.request_hash is 'SHA-256 of its body as canonical JSON: another body with the same key is refused';
comment on column request_keys.answer is 'What its answer is made of again: for a trigger the uuid of the run';
create index request_keys_by_time on request_keys (created_at);
comment on index request_keys_by_time is 'Finds the rows that count no longer';

alter table workflow_runs add column start_at timestamptz, add column priority smallint;
comment on column workflow_runs.start_at is 'When its trigger asked for it to begin; null where it asked for no time';
comment on column workflow_runs.priority is 'The priority that its trigger asked for, 1 to 5; null where it asked for none';
-- Where an upgrade comes while runs are dropped: the copy that replaces old partitions has to have the columns of the rest.
alter table if exists workflow_runs_kept add column start_at timestamptz, add column priority smallint;

alter table run_queue add column priority smallint;
comment on column run_queue.priority is '1 to 5, of a run whose trigger asked for a time or a priority: no message names it, so that the sweepers alone begin it. Null, which counts as 3, for all others';
create index run_queue_priority on run_queue (priority, due_at) where priority is not null and due_at is not null;
comment on index run_queue_priority is 'For the sweeper: due runs of each priority, soonest first. Empty where no trigger asks for a time or a priority';

alter table run_turns add column start_at timestamptz, add column priority smallint;
comment on column run_turns.start_at is 'The run stands in no line before; null for most';
comment on column run_turns.priority is 'For run_queue, once its turn came';
