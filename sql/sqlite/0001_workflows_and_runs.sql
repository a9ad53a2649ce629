-- Times are milliseconds since the epoch, UTC. JSON is text that json_valid accepts.

-- The health task writes a row every 10 seconds; rows older than a day are dropped.
create table health_status (
  id integer primary key,
  status text not null,
  timestamp integer not null
) strict;

-- The newest version of every workflow.
create table workflow_definitions (
  -- UUIDv7: creation order.
  uuid text primary key not null,
  namespace text not null,
  -- The author's own name for it. Several workflows may have the same; it then names the newest.
  id text,
  name text not null,
  description text,
  steps text not null check (json_valid(steps)),
  version integer not null default 1,
  created_at integer not null,
  updated_at integer not null,
  -- A deleted workflow can't be triggered and is not shown; its runs and versions stay.
  deleted_at integer
) strict;

-- Finds the newest workflow with an author's id.
create index workflow_definitions_by_id on workflow_definitions (namespace, id, uuid)
  where id is not null and deleted_at is null;

-- Every version as it was written; never updated, so it may be cached for ever. Runs point here.
create table workflow_versions (
  workflow_uuid text not null,
  version integer not null,
  id text,
  name text not null,
  description text,
  steps text not null check (json_valid(steps)),
  created_at integer not null,
  primary key (workflow_uuid, version)
) strict;

-- Written when the run is made and when it ends; changes in between are in run_queue. A row with the contract's columns alone is
-- executed.
create table workflow_runs (
  -- UUIDv7: creation order, and the only key.
  uuid text primary key not null,
  -- Null while a row of another program is being inserted.
  namespace text,
  -- The contract's second id; null shows the uuid.
  id text,
  workflow_id text not null,
  workflow_version integer not null default 1,
  -- "pending" until the run ends: whether it has begun is in run_queue.started_at.
  status text not null default 'pending'
    constraint run_status check (status in ('pending', 'running', 'success', 'failed', 'paused', 'cancelled')),
  payload text not null default '{}' constraint run_payload check (json_valid(payload)),
  created_at integer not null default (cast(unixepoch('subsec') * 1000 as integer)),
  -- Written when the run ends; before, run_queue has it.
  started_at integer,
  completed_at integer,
  error text,
  -- Folded from run_log when the run ends; null before.
  step_results text constraint run_step_results check (step_results is null or json_valid(step_results)),
  -- How many workflows triggered one another up to this run: 0 for one that no webhook started. Its webhooks say one more.
  depth integer not null default 0,
  -- The token of the write that ended it, by which a repetition of that write is recognised; null before.
  token integer,
  -- Threads that died under this run after its last progress, when it ended; null before.
  crashes integer,
  root_run_id text,
  parent_run_id text,
  parent_path text,
  -- W3C trace context of the request that triggered it; null for most.
  traceparent text
) strict;

-- A row for each run that is not over: inserted with the run, deleted with its end.
create table run_queue (
  run_uuid text primary key not null,
  namespace text not null,
  -- When the run may be claimed: a new run after the time for its message, a sleeping run at its wake time; null while a worker
  -- holds it.
  due_at integer,
  -- When it was begun: null is a pending run, else a running one.
  started_at integer,
  -- Raised by every claim; every write of progress must name it.
  token integer not null default 0,
  -- The worker that holds the run, for as long as its lease lasts; null while none does.
  holder text,
  -- The claim that took the run; null while no worker holds it.
  claim_id text,
  -- The request to its holder; null without one.
  control text check (control in ('cancel')),
  -- Rows in run_log: the next checkpoint's sequence number.
  log_length integer not null default 0,
  -- Threads that died under this run since it last made progress.
  crashes integer not null default 0,
  -- Claims since it last made progress or was given back: after each but the last its worker died, or lost its lease.
  claims integer not null default 0
) strict, without rowid;

-- For the sweeper: due runs, soonest first. Held runs, which are few, come before them: an index on the holder as well would be
-- written with every claim and end.
create index run_queue_due on run_queue (due_at);

-- For a worker: the runs it holds that have a request.
create index run_queue_control on run_queue (holder) where control is not null;

-- The lease of each worker, renewed in one row for all the runs that it holds. From its end on it can't be renewed, and its
-- runs are due.
create table workers (
  uuid text primary key not null,
  lease_until integer not null
) strict, without rowid;

-- Other programs insert rows without a namespace, the platform never does. Such a row gets the namespace of its workflow, and a
-- row of the queue.
create trigger workflow_runs_of_others after insert on workflow_runs when new.namespace is null begin
  update workflow_runs set namespace =
    coalesce((select namespace from workflow_definitions where uuid = new.workflow_id), 'default') where uuid = new.uuid;
  insert into run_queue (run_uuid, namespace, due_at)
    select uuid, namespace, cast(unixepoch('subsec') * 1000 as integer) from workflow_runs
    where uuid = new.uuid and status in ('pending', 'running');
end;

-- The history of a run's steps: one row for every checkpoint, appended only while the lease lasts.
create table run_log (
  run_uuid text not null,
  seq integer not null,
  token integer not null,
  -- Of the entries.
  format integer not null default 1,
  -- Format 1: JSON array of [path, step result, wake time or null].
  entries text not null check (json_valid(entries)),
  primary key (run_uuid, seq)
) strict, without rowid;
