-- Processes tell how late their timers are, with each renewal of their leases.
-- How late they were at most in the ten seconds before the last renewal, milliseconds; null for a process of the version before.
alter table workers add column late_ms integer;
