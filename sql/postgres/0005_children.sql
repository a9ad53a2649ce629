-- Runs that steps of other runs start. Their end is told to the run that waits for it.
alter table run_queue
  add column parent_uuid uuid,
  add column parent_path text,
  add column parent_cancels boolean not null default false,
  add column has_children boolean not null default false;
comment on column run_queue.parent_uuid is 'The run that waits for its end; null for most';
comment on column run_queue.parent_path is 'The path of the attempt of the step that waits';
comment on column run_queue.parent_cancels is 'Whether it is cancelled with the step that waits for it';
comment on column run_queue.has_children is 'Whether it ever started runs that it waits for';
create index run_queue_by_parent on run_queue (parent_uuid) where parent_uuid is not null;
comment on index run_queue_by_parent is 'For a run that ends or gives up a step: the runs that it waits for';

alter table workflow_runs add column generation smallint not null default 0;
comment on column workflow_runs.generation is 'How many runs started one another up to this run: 0 for one that no step started';
