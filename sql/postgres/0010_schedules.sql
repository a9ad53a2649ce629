-- Schedules: what starts runs at times.
create table schedules (
  uuid uuid not null,
  namespace text not null,
  id text not null,
  workflow text not null,
  settings json not null,
  position json not null,
  due_at timestamptz,
  revision integer not null default 1,
  last_run_uuid uuid,
  skipped json,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint schedules_pkey primary key (uuid)
);
comment on table schedules is 'What starts runs at times. Whoever fires a tick stores its run and moves the schedule behind it in one transaction, so that a tick has one run';
comment on column schedules.id is 'The author''s id, or the uuid where he gave none';
comment on column schedules.workflow is 'uuid or author''s id of a workflow, resolved at each tick';
comment on column schedules.settings is 'What its author wrote of it: cron or every, timezone, payload and so on';
comment on column schedules.position is 'The next tick that nothing is decided about, the ticks that wait for the end of a run, and the backfill under way, in milliseconds since the epoch';
comment on column schedules.due_at is 'When it is to be looked at: at its next tick; while somebody does, when another may; null for never';
comment on column schedules.revision is 'Raised by each write of settings or position: a tick that was decided by another revision is not fired';
comment on column schedules.last_run_uuid is 'The last run that it started; it may be gone';
comment on column schedules.skipped is 'The last tick that got no run, and why; null for none';
create unique index schedules_by_id on schedules (namespace, id);
comment on index schedules_by_id is 'Finds a schedule by its name, and lets no two have one';
create index schedules_by_namespace on schedules (namespace, uuid);
comment on index schedules_by_namespace is 'Lists of schedules, by page';
create index schedules_due on schedules (due_at) where due_at is not null;
comment on index schedules_due is 'The schedules that are to be looked at next';
