-- What the broker is owed, in a table of its own: clearing a debt rewrote the whole run and its entries in every index.

create table owed_events (
  run_uuid uuid not null,
  due_at timestamptz not null,
  constraint owed_events_pkey primary key (run_uuid)
);
comment on table owed_events is 'Runs that ended and whose completed event the broker does not have yet: inserted with the end, deleted once it is acknowledged';
comment on column owed_events.due_at is 'From then on a sweeper sends it; before, the worker that ended the run does';

insert into owed_events (run_uuid, due_at)
  select uuid, completed_event_due_at from workflow_runs where completed_event_due_at is not null;
alter table workflow_runs drop column completed_event_due_at;
