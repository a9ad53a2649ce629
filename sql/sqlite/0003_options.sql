-- An object of all that its author wrote beside id, name, description and steps; null for nothing.
alter table workflow_definitions add column options text check (options is null or json_valid(options));
-- 1 where its options say something about a run before it is stored: an insert has to name the version that it was made for.
alter table workflow_definitions add column prepares_runs integer not null default 0;
-- As in workflow_definitions, of this version.
alter table workflow_versions add column options text check (options is null or json_valid(options));
-- What the run gives, as its definition says; null where that says nothing.
alter table workflow_runs add column output text check (output is null or json_valid(output));
-- The error of a run that failed as an object; null for runs of plain steps.
alter table workflow_runs add column error_details text check (error_details is null or json_valid(error_details));
-- An array of texts; null for none.
alter table workflow_runs add column tags text check (tags is null or json_valid(tags));
