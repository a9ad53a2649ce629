-- Processes tell how late their timers are, with each renewal of their leases.
alter table workers add column late_ms integer;
comment on column workers.late_ms is 'How late its timers were at most in the ten seconds before the last renewal, milliseconds; null for a process of the version before';
