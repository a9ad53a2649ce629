-- What comes for runs that are not over: signals now.
create table run_inbox (
  run_uuid uuid not null,
  seq integer not null,
  kind text not null default 'signal',
  name text not null,
  body json,
  bytes integer not null,
  id uuid not null,
  is_keyed boolean not null default false,
  received_at timestamptz not null default now(),
  constraint run_inbox_pkey primary key (run_uuid, seq),
  constraint run_inbox_kind check (kind in ('signal', 'child'))
);
comment on table run_inbox is 'What came for runs that are not over and waits to be taken by a step. Taken rows go with the checkpoint that took them, the others with the end of the run';
comment on column run_inbox.seq is 'The order of arrival, from 1 on: run_queue.inbox when the row was put here. The log entry that takes the row names it';
comment on column run_inbox.kind is 'signal: sent by a client. child: the end of a child run';
comment on column run_inbox.name is 'Of a signal; of a child the path of the step that waits for it';
comment on column run_inbox.body is 'json, not jsonb: the text as it was sent. Null of a signal that was taken and may be sent again';
comment on column run_inbox.bytes is 'Characters of the body, so that it need not be read for its size';
comment on column run_inbox.id is 'Of the signal, as its sender was told; of a child its run';
comment on column run_inbox.is_keyed is 'The sender may send it again with the same Idempotency-Key, from which the id is made: the row stays until the end of the run';
create index run_inbox_keyed on run_inbox (run_uuid, id) where is_keyed;
comment on index run_inbox_keyed is 'Finds a signal that is sent again';

alter table run_queue
  add column inbox integer not null default 0,
  add column inbox_heard integer not null default 0;
comment on column run_queue.due_at is 'When the run may be claimed: a new run after the time for its message, a sleeping run at its wake time, one that waits for its inbox alone never (infinity). For a run that ended: when its event is overdue. Null while a worker holds it';
comment on column run_queue.inbox is 'Rows that were ever put into run_inbox for the run: the seq of the last';
comment on column run_queue.inbox_heard is 'How many of them its steps knew of at the last checkpoint. A run with more to hear does not sleep';
create index run_queue_inbox on run_queue (holder) where inbox > inbox_heard;
comment on index run_queue_inbox is 'For a worker: the runs it holds for which something came';
