-- Lists of runs by what they are. An index by workflow would cost 12 microseconds of the 24 to 42 that a run takes the writing thread:
-- runs of a workflow are looked for among all.

-- No entry for a run that is open or ended in success, as most are. Not "in (...)": SQLite would make a table of the list for each
-- end of a run, which takes 8 microseconds.
create index workflow_runs_unsuccessful on workflow_runs (status, uuid)
  where status = 'failed' or status = 'paused' or status = 'cancelled';
-- No entry for a run that no step started.
create index workflow_runs_by_parent on workflow_runs (parent_run_id, uuid) where parent_run_id is not null;
create index workflow_runs_by_root on workflow_runs (root_run_id, uuid) where root_run_id is not null;
