-- Lists of runs by what they are. None of these columns changes after the insert, so that an end of a run writes no index.
create index workflow_runs_by_parent on workflow_runs (parent_run_id, uuid) where parent_run_id is not null;
comment on index workflow_runs_by_parent is 'Lists of the runs that a run started; no entry for a run that no step started';
create index workflow_runs_by_root on workflow_runs (root_run_id, uuid) where root_run_id is not null;
comment on index workflow_runs_by_root is 'Lists of all runs that came of a run; likewise';
