-- Processes of the API tell of themselves as workers do, and both where they are: a row and a lease, under which they hold nothing.
-- worker or api; null for a worker of the version before.
alter table workers add column kind text;
-- The name of its machine.
alter table workers add column host text;
-- What workers.held says of a process of the API: requests that it was answering then.
