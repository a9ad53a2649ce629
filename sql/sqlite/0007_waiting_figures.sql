-- What waits is counted in the tables themselves; PostgreSQL keeps the figures of all processes in a row, which has new columns.
select 1;
