-- The contract's three tables, with what the engine needs beside them. Times are the database's own.

create table health_status (
  id bigint generated always as identity primary key,
  status text not null,
  timestamp timestamptz not null default now()
);
comment on table health_status is 'A row of every process every 10 seconds; rows older than a day are dropped';
create index health_status_by_time on health_status (timestamp);

create table workflow_definitions (
  uuid uuid primary key,
  namespace text not null default 'default',
  id text,
  name text not null,
  description text,
  steps jsonb not null,
  version integer not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  constraint workflow_definitions_version_positive check (version > 0)
);
comment on table workflow_definitions is 'The newest version of every workflow';
comment on column workflow_definitions.uuid is 'UUIDv7: creation order';
comment on column workflow_definitions.id is 'The author''s own name for it; several may share one, the newest answers to it';
comment on column workflow_definitions.deleted_at is 'No new triggers, no longer shown; its runs and versions stay';
create index workflow_definitions_by_id on workflow_definitions (namespace, id, uuid)
  where id is not null and deleted_at is null;
comment on index workflow_definitions_by_id is 'Finds the newest workflow that answers to an author''s id';

create table workflow_versions (
  workflow_uuid uuid not null,
  version integer not null,
  id text,
  name text not null,
  description text,
  steps json not null,
  created_at timestamptz not null,
  constraint workflow_versions_pkey primary key (workflow_uuid, version)
);
comment on table workflow_versions is 'Every version as it was written, never updated: it may be cached for ever';
comment on column workflow_versions.steps is 'json, not jsonb: the text as its author wrote it, keys in order';

create table workflow_runs (
  uuid uuid primary key,
  namespace text not null default 'default',
  id text,
  workflow_id uuid not null,
  workflow_version integer not null default 1,
  status text not null default 'pending',
  payload jsonb not null default '{}',
  created_at timestamptz not null default now(),
  started_at timestamptz,
  completed_at timestamptz,
  error text,
  step_results jsonb,
  due_at timestamptz default now(),
  lease_token integer not null default 0,
  claim_id uuid,
  log_length integer not null default 0,
  crashes integer not null default 0,
  completed_event_due_at timestamptz,
  root_run_id uuid,
  parent_run_id uuid,
  parent_path text,
  constraint workflow_runs_status
    check (status in ('pending', 'running', 'success', 'failed', 'paused', 'cancelled')),
  constraint workflow_runs_ended_is_not_due
    check (due_at is null or status not in ('success', 'failed', 'cancelled'))
);
comment on table workflow_runs is 'A row with the contract''s columns alone is run: the others have defaults';
comment on column workflow_runs.uuid is 'UUIDv7: creation order, and the only key, so that runs can be partitioned by range of it';
comment on column workflow_runs.id is 'The contract''s second id; null shows the uuid';
comment on column workflow_runs.step_results is 'Folded from run_log when the run ends; null before';
comment on column workflow_runs.due_at is 'Who may take the run: new: when its message had its chance; leased: end of the lease; sleeping: wake time; ended: null';
comment on column workflow_runs.lease_token is 'One more with every claim; every write of progress must name it';
comment on column workflow_runs.claim_id is 'Which claim holds the run; null while nobody does';
comment on column workflow_runs.log_length is 'Rows in run_log: the next checkpoint''s sequence number';
comment on column workflow_runs.crashes is 'Threads that died under this run since it last made progress';
comment on column workflow_runs.completed_event_due_at is 'The completed event is owed, and sent by the sweeper from then on; null once the broker has it';
create index workflow_runs_due on workflow_runs (due_at) where due_at is not null;
comment on index workflow_runs_due is 'The sweeper''s: what is due, soonest first; ended runs are not in it';
create index workflow_runs_owed_events on workflow_runs (completed_event_due_at) where completed_event_due_at is not null;
comment on index workflow_runs_owed_events is 'The sweeper''s: completed events that the broker does not have yet';
create index workflow_runs_by_status on workflow_runs (status, started_at);
create index workflow_runs_by_started_at on workflow_runs (started_at);
create index workflow_runs_by_workflow on workflow_runs (workflow_id, uuid);

create table run_log (
  run_uuid uuid not null,
  seq integer not null,
  token integer not null,
  entries json not null,
  constraint run_log_pkey primary key (run_uuid, seq)
);
comment on table run_log is 'The history of a run''s steps: one row for every checkpoint, appended only while the lease holds';
comment on column run_log.entries is 'JSON array of [path, step result, wake time or null]';
