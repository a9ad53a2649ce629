alter table figures
  add column waiting integer not null default 0,
  add column in_line integer not null default 0,
  add column oldest_owed_at timestamptz;
comment on column figures.waiting is 'Runs that waited for a signal or the end of another run, without a limit; 10000 are counted at most';
comment on column figures.in_line is 'Runs that waited for their turn; 10000 are counted at most';
comment on column figures.oldest_owed_at is 'When the run ended that ended first, of the oldest 1000 whose events were overdue; null without any';
