-- Why runs could not be acted upon by an action upon many: JSON, by the code of an error its count, run (the first one) and subject (what
-- its sentence names); of a fault of the request itself subject is its sentence.
alter table bulk_actions add column errors text not null default '{}';
