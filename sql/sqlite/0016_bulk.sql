-- Actions upon all runs that fit a filter. Whoever carries one out stores what he did to a page of runs and moves the action behind it
-- in one transaction, so that each run is acted upon once.
create table bulk_actions (
  uuid text primary key,
  namespace text not null,
  -- cancel, pause, resume or retry.
  action text not null,
  -- JSON: which runs, and what is said with the action: reason, compensates, from, version.
  settings text not null,
  -- counting, then running, then done; stopped where a client ended it before.
  status text not null default 'counting',
  -- The last run that was counted, or acted upon; null before the first. It goes from the newest run to the oldest.
  after_uuid text,
  -- How many runs were counted.
  total integer not null default 0,
  done integer not null default 0,
  -- Runs that fit and could not be acted upon.
  failed integer not null default 0,
  -- Raised by each write: what was decided by another revision is not stored.
  revision integer not null default 1,
  -- When its next page is to be looked at; while somebody does, when another may; null once it is over.
  due_at integer,
  created_at integer not null,
  ended_at integer
) strict, without rowid;

-- The actions that are to be carried on next.
create index bulk_actions_due on bulk_actions (due_at) where due_at is not null;
-- The actions that are over, for retention.
create index bulk_actions_ended on bulk_actions (ended_at) where ended_at is not null;

-- Lists of the runs that try one again; no entry for a run that tries none.
create index workflow_runs_by_retried on workflow_runs (retry_of, uuid) where retry_of is not null;
