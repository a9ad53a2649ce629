-- Runs that steps of other runs start take turns as others do. While one waits it is in no queue, so what the queue has of it is here.
alter table run_turns
  add column parent_uuid uuid,
  add column parent_path text,
  add column parent_cancels boolean not null default false;
comment on column run_turns.parent_uuid is 'The run that waits for its end; null for most';
comment on column run_turns.parent_path is 'The path of the attempt of the step that waits';
comment on column run_turns.parent_cancels is 'Whether it is cancelled with the step that waits for it';
create index run_turns_by_parent on run_turns (parent_uuid) where parent_uuid is not null and begun_at is null;
comment on index run_turns_by_parent is 'For a run that ends or gives up a step: the runs that it waits for, and that wait for their turn';
