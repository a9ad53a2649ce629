-- What workers tell of themselves, with each renewal of their leases; null for those of the version before.
alter table workers add column version text;
-- Milliseconds since 1970, as all times here.
alter table workers add column started_at integer;
-- Runs that it held then.
alter table workers add column held integer;
