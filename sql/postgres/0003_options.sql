alter table workflow_definitions add column options json;
alter table workflow_definitions add column prepares_runs boolean not null default false;
comment on column workflow_definitions.options is
  'An object of all that its author wrote beside id, name, description and steps; null for nothing. json, not jsonb: keys in order';
comment on column workflow_definitions.prepares_runs is
  'Its options say something about a run before it is stored: an insert has to name the version that it was made for';
alter table workflow_versions add column options json;
comment on column workflow_versions.options is 'As in workflow_definitions, of this version';
alter table workflow_runs add column output json, add column error_details json, add column tags jsonb;
comment on column workflow_runs.output is 'What the run gives, as its definition says; null where that says nothing';
comment on column workflow_runs.error_details is 'The error of a run that failed as an object; null for runs of plain steps';
comment on column workflow_runs.tags is 'An array of texts; null for none';
-- Where an upgrade comes while runs are dropped: the copy that replaces old partitions has to have the columns of the rest.
alter table if exists workflow_runs_kept
  add column output json, add column error_details json, add column tags jsonb;
