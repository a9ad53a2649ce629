-- Actions upon many runs at once, and lists of the runs that try one again.
create table bulk_actions (
  uuid uuid not null,
  namespace text not null,
  action text not null,
  settings json not null,
  status text not null default 'counting',
  after_uuid uuid,
  total integer not null default 0,
  done integer not null default 0,
  failed integer not null default 0,
  revision integer not null default 1,
  due_at timestamptz default now(),
  created_at timestamptz not null default now(),
  ended_at timestamptz,
  constraint bulk_actions_pkey primary key (uuid)
);
comment on table bulk_actions is 'Actions upon all runs that fit a filter. Whoever carries one out stores what he did to a page of runs and moves the action behind it in one transaction, so that each run is acted upon once';
comment on column bulk_actions.action is 'cancel, pause, resume or retry';
comment on column bulk_actions.settings is 'Which runs, and what is said with the action: reason, compensates, from, version';
comment on column bulk_actions.status is 'counting, then running, then done; stopped where a client ended it before';
comment on column bulk_actions.after_uuid is 'The last run that was counted, or acted upon; null before the first. It goes from the newest run to the oldest';
comment on column bulk_actions.total is 'How many runs were counted';
comment on column bulk_actions.failed is 'Runs that fit and could not be acted upon';
comment on column bulk_actions.revision is 'Raised by each write: what was decided by another revision is not stored';
comment on column bulk_actions.due_at is 'When its next page is to be looked at; while somebody does, when another may; null once it is over';
create index bulk_actions_due on bulk_actions (due_at) where due_at is not null;
comment on index bulk_actions_due is 'The actions that are to be carried on next';
create index bulk_actions_ended on bulk_actions (ended_at) where ended_at is not null;
comment on index bulk_actions_ended is 'The actions that are over, for retention';

create index workflow_runs_by_retried on workflow_runs (retry_of, uuid) where retry_of is not null;
comment on index workflow_runs_by_retried is 'Lists of the runs that try one again; no entry for a run that tries none';
