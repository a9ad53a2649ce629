-- A workflow whose webhooks trigger it again must end some time. With a constant default no row is rewritten, and programs of
-- the version before go on as they did.

alter table workflow_runs add column depth smallint not null default 0;
comment on column workflow_runs.depth is 'How many workflows triggered one another up to this run: 0 for one that nobody''s webhook started. Its webhooks say one more';
