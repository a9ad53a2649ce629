-- Processes of the API tell of themselves as workers do, and both where they are.
alter table workers add column kind text, add column host text;
comment on table workers is 'The lease of each worker, renewed in one row for all the runs that it holds. A process of the API has a row and a lease too, under which it holds nothing';
comment on column workers.kind is 'worker or api; null for a worker of the version before';
comment on column workers.host is 'The name of its machine';
comment on column workers.held is 'Runs that a worker held at the last renewal; requests that a process of the API was answering then';
