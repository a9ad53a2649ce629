-- Under load new runs are left to their messages. A sweeper that looks for the others must not have to walk past them.

create index workflow_runs_due_begun on workflow_runs (due_at) where due_at is not null and status <> 'pending';
comment on index workflow_runs_due_begun is 'The sweeper''s: what is due and was begun, soonest first, while new runs are left to their messages';
