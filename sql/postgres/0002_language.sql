alter table workflow_versions add column language integer not null default 1;
comment on column workflow_versions.language is
  'The language that it was written in. What was stored before is in language 1, where ${{ is literal text';
