-- Runs that steps of other runs start. Their end is told to the run that waits for it.

-- The run that waits for its end, and the path of the attempt of its step; null for most.
alter table run_queue add column parent_uuid text;
alter table run_queue add column parent_path text;
-- Whether it is cancelled with the step that waits for it.
alter table run_queue add column parent_cancels integer not null default 0;
-- Whether it ever started runs that it waits for.
alter table run_queue add column has_children integer not null default 0;

-- For a run that ends or gives up a step: the runs that it waits for.
create index run_queue_by_parent on run_queue (parent_uuid) where parent_uuid is not null;

-- How many runs started one another up to this run: 0 for one that no step started.
alter table workflow_runs add column generation integer not null default 0;
