-- The language that a version was written in. What was stored before is in language 1, where `${{` is literal text.
alter table workflow_versions add column language integer not null default 1;
