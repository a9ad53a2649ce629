alter table run_queue
  add column compensates boolean not null default true,
  add column is_obeyed boolean not null default false,
  add column paused_at timestamptz;
comment on column run_queue.control is 'The request to end it: cancel. Null without one';
comment on column run_queue.compensates is 'Of a request to cancel: whether what succeeded is undone';
comment on column run_queue.is_obeyed is 'Whether the log of the run has the request to cancel: nobody needs to be told of it any more';
comment on column run_queue.paused_at is 'When it was asked to stand still: from then on nothing of it begins, and its times stand still. One that no worker holds is never due (infinity). Null for most';
alter table run_turns add column paused_at timestamptz;
comment on column run_turns.paused_at is 'The same of a run that waits for its turn';

drop index run_queue_control;
create index run_queue_control on run_queue (holder) where control is not null or paused_at is not null;
comment on index run_queue_control is 'For a worker: the runs it holds that have a request';

alter table workflow_runs add column cancel_reason text, add column retry_of uuid;
comment on column workflow_runs.cancel_reason is 'Why it was to be cancelled, as the client said; null for most';
comment on column workflow_runs.retry_of is 'The run that it tries again; null for most';
-- Where an upgrade comes while runs are dropped: the copy that replaces old partitions has to have the columns of the rest.
alter table if exists workflow_runs_kept add column cancel_reason text, add column retry_of uuid;

alter table figures add column paused integer not null default 0;
comment on column figures.paused is 'Runs that stand still on request';
