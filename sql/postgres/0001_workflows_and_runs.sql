-- The contract's three tables, and the tables beside them that the engine needs. Times are the database's own.

create table health_status (
  id bigint generated always as identity primary key,
  status text not null,
  timestamp timestamptz not null default now()
);
comment on table health_status is 'Every process writes a row every 10 seconds; rows older than a day are dropped';
create index health_status_by_time on health_status (timestamp);

create table workflow_definitions (
  uuid uuid primary key,
  namespace text not null,
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
comment on column workflow_definitions.id is 'The author''s own name for it. Several workflows may have the same; it then names the newest';
comment on column workflow_definitions.deleted_at is 'A deleted workflow can''t be triggered and is not shown; its runs and versions stay';
create index workflow_definitions_by_id on workflow_definitions (namespace, id, uuid)
  where id is not null and deleted_at is null;
comment on index workflow_definitions_by_id is 'Finds the newest workflow with an author''s id';

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

-- The columns that the end of a run changes come last: the WAL record of an update within a page holds the bytes from the first
-- difference to the last.
create table workflow_runs (
  uuid uuid not null,
  workflow_id uuid not null,
  created_at timestamptz not null default now(),
  workflow_version integer not null default 1,
  depth smallint not null default 0,
  namespace text not null,
  payload jsonb not null default '{}',
  id text,
  root_run_id uuid,
  parent_run_id uuid,
  parent_path text,
  traceparent text,
  status text not null default 'pending',
  error text,
  started_at timestamptz,
  completed_at timestamptz,
  token integer,
  crashes integer,
  unsuccessful text generated always as (case when status in ('failed', 'paused', 'cancelled') then status end) stored,
  step_results jsonb,
  constraint workflow_runs_pkey primary key (uuid),
  constraint workflow_runs_status
    check (status in ('pending', 'running', 'success', 'failed', 'paused', 'cancelled'))
) partition by range (uuid);
comment on table workflow_runs is 'Written when the run is made and when it ends; changes in between are in run_queue. A row with the contract''s columns alone is executed. One partition for each month, and three for uuids of other times';
comment on column workflow_runs.uuid is 'UUIDv7: creation order. The only key, since partitions are ranges of it';
comment on column workflow_runs.id is 'The contract''s second id; null shows the uuid';
comment on column workflow_runs.status is '"pending" until the run ends: whether it has begun is in run_queue.started_at';
comment on column workflow_runs.started_at is 'Written when the run ends; before, run_queue has it';
comment on column workflow_runs.step_results is 'Folded from run_log when the run ends; null before';
comment on column workflow_runs.depth is 'How many workflows triggered one another up to this run: 0 for one that no webhook started. Its webhooks say one more';
comment on column workflow_runs.traceparent is 'W3C trace context of the request that triggered it; null for most';
comment on column workflow_runs.token is 'The token of the write that ended it, by which a repetition of that write is recognised; null before';
comment on column workflow_runs.crashes is 'Threads that died under this run after its last progress, when it ended; null before';
comment on column workflow_runs.unsuccessful is 'The status if it is failed, paused or cancelled. A column of its own, because an index on status would get an entry with every end';
create index workflow_runs_by_workflow on workflow_runs (workflow_id, uuid);
comment on index workflow_runs_by_workflow is 'Lists of the runs of a workflow';
create index workflow_runs_unsuccessful on workflow_runs (unsuccessful, uuid) where unsuccessful is not null;
comment on index workflow_runs_unsuccessful is 'Lists of the runs that failed, were paused or were cancelled. Those that are pending or running are found by run_queue';

create table run_queue (
  run_uuid uuid not null,
  due_at timestamptz,
  started_at timestamptz,
  token integer not null default 0,
  log_length integer not null default 0,
  log_size integer not null default 0,
  crashes integer not null default 0,
  claims integer not null default 0,
  ended boolean not null default false,
  holder uuid,
  claim_id uuid,
  control text,
  namespace text not null,
  constraint run_queue_pkey primary key (run_uuid),
  constraint run_queue_control check (control in ('cancel'))
) with (
  fillfactor = 45, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0,
  autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 100000
);
comment on table run_queue is 'A row for each run that is not over: inserted with the run, deleted with its end, or once the broker has its completed event. Under load thousands of rows come and go each second, so autovacuum starts at a number of dead rows and does not pause. The fillfactor leaves room for checkpoints and ends, which change no indexed column';
comment on column run_queue.due_at is 'When the run may be claimed: a new run after the time for its message, a sleeping run at its wake time. For a run that ended: when its event is overdue. Null while a worker holds it';
comment on column run_queue.started_at is 'When it was begun: null is a pending run, else a running one';
comment on column run_queue.token is 'Raised by every claim; every write of progress must name it';
comment on column run_queue.log_length is 'Rows in run_log: the next checkpoint''s sequence number';
comment on column run_queue.log_size is 'Characters in run_log, so that a claim need not read a log for its size';
comment on column run_queue.crashes is 'Threads that died under this run since it last made progress';
comment on column run_queue.claims is 'Claims since it last made progress or was given back: after each but the last its worker died, or lost its lease';
comment on column run_queue.ended is 'The run is over, and its completed event is owed to the broker. The worker that ended it sends the event; from due_at on a claim moves it to owed_events';
comment on column run_queue.holder is 'The worker that holds the run, for as long as its lease lasts; null while none does';
comment on column run_queue.claim_id is 'The claim that took the run, so that a repetition of it finds the run; null while no worker holds it';
comment on column run_queue.control is 'The request to its holder: cancel. Null without one';
create index run_queue_due on run_queue (due_at) where due_at is not null;
comment on index run_queue_due is 'For the sweeper: due runs, soonest first';
create index run_queue_due_begun on run_queue (due_at) where due_at is not null and started_at is not null;
comment on index run_queue_due_begun is 'For the sweeper: due runs that were begun, soonest first, while new runs are left to their messages';
create index run_queue_by_holder on run_queue (holder) where holder is not null;
comment on index run_queue_by_holder is 'Finds the runs of a worker, once its lease is over';
create index run_queue_control on run_queue (holder) where control is not null;
comment on index run_queue_control is 'For a worker: the runs it holds that have a request';

create table workers (
  uuid uuid not null,
  lease_until timestamptz not null,
  constraint workers_pkey primary key (uuid)
) with (fillfactor = 50);
comment on table workers is 'The lease of each worker, renewed in one row for all the runs that it holds';
comment on column workers.lease_until is 'The end of the lease: from then on it can''t be renewed, and its runs are due';

-- Other programs insert rows without a namespace; the platform never does, so that its inserts pay for the condition of the
-- trigger alone. A trigger after the insert could not tell the two apart.
create function enqueue_run() returns trigger language plpgsql as $body$
begin
  new.namespace := coalesce((select namespace from workflow_definitions where uuid = new.workflow_id), 'default');
  if new.status in ('pending', 'running') and not exists (select from workflow_runs where uuid = new.uuid) then
    insert into run_queue (run_uuid, namespace, due_at) values (new.uuid, new.namespace, now()) on conflict do nothing;
  end if;
  return new;
end
$body$;
comment on function enqueue_run is 'Puts a run of another program into the namespace of its workflow and into run_queue';
create trigger workflow_runs_of_others before insert on workflow_runs for each row when (new.namespace is null)
  execute function enqueue_run();

create table run_log (
  run_uuid uuid not null,
  seq integer not null,
  token integer not null,
  format smallint not null default 1,
  entries json not null,
  constraint run_log_pkey primary key (run_uuid, seq)
) partition by range (run_uuid);
comment on table run_log is 'The history of a run''s steps: one row for every checkpoint, appended only while the lease lasts';
comment on column run_log.format is 'Of the entries';
comment on column run_log.entries is 'Format 1: JSON array of [path, step result, wake time or null]';

-- Months are split off "after" ahead of time, the first by the first start; months whose runs were dropped become part of "past".
-- Nearly all random uuids are in "beyond", whose bounds never change. The fillfactor of workflow_runs leaves room for the results: a row
-- that ends on the page where it began needs no new entry in any index.
do $body$
declare
  month uuid := (lpad(to_hex((extract(epoch from date_trunc('month', now() at time zone 'UTC') at time zone 'UTC') * 1000)::bigint), 12, '0')
    || '00000000000000000000')::uuid;
  far uuid := '04000000-0000-0000-0000-000000000000';
begin
  execute format('create table workflow_runs_past partition of workflow_runs for values from (minvalue) to (%L) with (fillfactor = 20)', month);
  execute format('create table workflow_runs_after partition of workflow_runs for values from (%L) to (%L) with (fillfactor = 20)', month, far);
  execute format('create table workflow_runs_beyond partition of workflow_runs for values from (%L) to (maxvalue) with (fillfactor = 20)', far);
  execute format('create table run_log_past partition of run_log for values from (minvalue) to (%L)', month);
  execute format('create table run_log_after partition of run_log for values from (%L) to (%L)', month, far);
  execute format('create table run_log_beyond partition of run_log for values from (%L) to (maxvalue)', far);
end
$body$;
-- Few runs of these partitions end, so that their ends may change an index.
create index workflow_runs_past_over on workflow_runs_past (completed_at);
create index workflow_runs_after_over on workflow_runs_after (completed_at);
create index workflow_runs_beyond_over on workflow_runs_beyond (completed_at);
comment on index workflow_runs_past_over is 'Finds runs to delete one by one, since they are not dropped with a month';
comment on table workflow_runs_past is 'Runs that were kept when their month was dropped, since they were not over or had not been for long, and uuids of times before the first month';
comment on table workflow_runs_after is 'uuids of times after the last month that was made';
comment on table workflow_runs_beyond is 'uuids of times from 2109 on: random ones';

create table retention (
  only_row boolean not null default true,
  kept_until uuid,
  ended_before timestamptz,
  walked_to uuid,
  constraint retention_pkey primary key (only_row),
  constraint retention_only_row check (only_row)
);
comment on table retention is 'Progress of the dropping of runs: runs to keep are copied into new tables, which then replace the oldest partitions. One row, which each step locks; any process may do the next step';
comment on column retention.kept_until is 'The end of the partitions that are being replaced; null while none is';
comment on column retention.ended_before is 'Runs that were over then are not copied';
comment on column retention.walked_to is 'The last uuid that was checked; null before the first';
insert into retention default values;

create table figures (
  only_row boolean not null default true,
  measured_at timestamptz not null default '-infinity',
  due integer not null default 0,
  asleep integer not null default 0,
  owed integer not null default 0,
  months_ahead integer not null default 0,
  oldest_ended_at timestamptz,
  constraint figures_pkey primary key (only_row),
  constraint figures_only_row check (only_row)
);
comment on table figures is 'What was measured last for the metrics, once in 10 seconds by one process for all. One row';
comment on column figures.due is 'Runs that could be claimed; as in the next two columns, 10000 are counted at most';
comment on column figures.asleep is 'Runs that were begun and waited for a time';
comment on column figures.owed is 'Completed events that were overdue';
comment on column figures.months_ahead is 'Months after the current one that had partitions';
comment on column figures.oldest_ended_at is 'The end of the first month, if it was over';
insert into figures default values;

create table retention_changes (
  id bigint generated always as identity,
  run_uuid uuid not null
);
comment on table retention_changes is 'Runs that changed since the copying began, one row for each change; they are copied again';

create function note_change() returns trigger language plpgsql as $body$
begin
  if tg_argv[0] = 'uuid' then
    insert into retention_changes (run_uuid) values (new.uuid);
  else
    insert into retention_changes (run_uuid) values (new.run_uuid);
  end if;
  return null;
end
$body$;
comment on function note_change is 'Trigger of partitions that are being replaced: notes the runs that change';

create table owed_events (
  run_uuid uuid not null,
  due_at timestamptz not null,
  constraint owed_events_pkey primary key (run_uuid)
) with (
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0,
  autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 100000
);
comment on table owed_events is 'Runs that ended and whose completed event is overdue: moved here from run_queue, so that claims need not pass them while a broker is out; deleted once the broker has the event. Vacuumed like run_queue';
comment on column owed_events.due_at is 'From then on any worker sends the event; before, one worker is sending it';
