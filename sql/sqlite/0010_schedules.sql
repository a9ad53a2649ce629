-- Schedules: what starts runs at times. Whoever fires a tick stores its run and moves the schedule behind it in one transaction,
-- so that a tick has one run.
create table schedules (
  uuid text primary key,
  namespace text not null,
  -- The author's id, or the uuid where he gave none.
  id text not null,
  -- uuid or author's id of a workflow, resolved at each tick.
  workflow text not null,
  -- JSON: what its author wrote of it, cron or every, timezone, payload and so on.
  settings text not null,
  -- JSON: the next tick that nothing is decided about, the ticks that wait for the end of a run, and the backfill under way, in
  -- milliseconds since the epoch.
  position text not null,
  -- When it is to be looked at: at its next tick; while somebody does, when another may; null for never.
  due_at integer,
  -- Raised by each write of settings or position: a tick that was decided by another revision is not fired.
  revision integer not null default 1,
  -- The last run that it started; it may be gone.
  last_run_uuid text,
  -- JSON: the last tick that got no run, and why; null for none.
  skipped text,
  created_at integer not null,
  updated_at integer not null
) strict, without rowid;

-- Finds a schedule by its name, and lets no two have one.
create unique index schedules_by_id on schedules (namespace, id);
-- Lists of schedules, by page.
create index schedules_by_namespace on schedules (namespace, uuid);
-- The schedules that are to be looked at next.
create index schedules_due on schedules (due_at) where due_at is not null;
