-- Why runs could not be acted upon by an action upon many.
alter table bulk_actions add column errors json not null default '{}';
comment on column bulk_actions.errors is 'By the code of an error: count, run (the first one) and subject (what its sentence names); of a fault of the request itself subject is its sentence';
