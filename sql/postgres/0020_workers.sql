-- What workers tell of themselves, with each renewal of their leases; null for those of the version before.
alter table workers add column version text, add column started_at timestamptz, add column held integer;
comment on column workers.held is 'Runs that it held at the last renewal';
