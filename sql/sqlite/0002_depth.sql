-- How many workflows triggered one another up to this run: 0 for one that nobody's webhook started. Its webhooks say one more.
alter table workflow_runs add column depth integer not null default 0;
