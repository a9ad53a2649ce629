-- What runs are asked from outside: to end, to stand still, to go on; and which run another one tries again.

-- Of a request to cancel: 0 where what succeeded is not undone.
alter table run_queue add column compensates integer not null default 1;
-- Whether the log of the run has the request: nobody needs to be told of it any more.
alter table run_queue add column is_obeyed integer not null default 0;
-- When it was asked to stand still: from then on nothing of it begins, and its times stand still. Null for most. A run that no worker
-- holds has no time at which it is due.
alter table run_queue add column paused_at integer;
-- The same of a run that waits for its turn.
alter table run_turns add column paused_at integer;

-- For a worker: the runs it holds that have a request.
drop index run_queue_control;
create index run_queue_control on run_queue (holder) where control is not null or paused_at is not null;

-- Why it was to be cancelled, as the client said; null for most.
alter table workflow_runs add column cancel_reason text;
-- The run that it tries again; null for most.
alter table workflow_runs add column retry_of text;
