-- Runs that steps of other runs start take turns as others do. While one waits it is in no queue, so what the queue has of it is here.
alter table run_turns add column parent_uuid text;
alter table run_turns add column parent_path text;
alter table run_turns add column parent_cancels integer not null default 0;

-- For a run that ends or gives up a step: the runs that it waits for, and that wait for their turn.
create index run_turns_by_parent on run_turns (parent_uuid) where parent_uuid is not null and begun_at is null;
