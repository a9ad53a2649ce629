-- Workflows may say how long their runs are kept.
create index workflow_definitions_with_retention on workflow_definitions (uuid) where options ->> 'retention' is not null;
comment on index workflow_definitions_with_retention is 'For retention: the workflows that have days of their own, which are few';
