-- The statements that the version before this one keeps in the database: 4c5d099, of 2026-11-28. At a release the file is made
-- anew (CONTRIBUTING.md, "Add a migration").

create function insert_workflows_43c0350e4045(text) returns table ("uuid" uuid, "createdAt" float8) language plpgsql set enable_seqscan = off as $body$
#variable_conflict use_column
begin
  return query with item as (
    select * from json_to_recordset($1::text::json)
      as item (position integer, uuid uuid, namespace text, id text, name text, description text, steps text)
    where position = position + 0
  ), first as (
    select distinct on (uuid) * from item order by uuid, position
  ), inserted as (
    insert into workflow_definitions (uuid, namespace, id, name, description, steps)
    select uuid, namespace, id, name, description, steps::jsonb from first order by uuid on conflict (uuid) do nothing
    returning uuid, created_at
  ), kept as (
    insert into workflow_versions (workflow_uuid, version, id, name, description, steps, created_at)
    select uuid, 1, id, name, description, steps::json, created_at from first join inserted using (uuid)
    on conflict do nothing
  )
  select uuid, floor(extract(epoch from created_at) * 1000)::float8 from inserted;
end
$body$;

create function find_workflows_8f7f298a3717(text) returns table ("position" integer, "uuid" uuid, "id" text, "name" text, "description" text, "steps" text, "version" integer, "createdAt" float8, "updatedAt" float8) language plpgsql set enable_seqscan = off as $body$
#variable_conflict use_column
begin
  return query with reference as (
    select * from json_to_recordset($1::text::json) as item (position integer, namespace text, reference text, uuid uuid, version integer)
  )
  select reference.position, found.* from (select * from reference where position = position + 0) as reference left join workflow_definitions owner
    on owner.uuid = reference.uuid and owner.namespace = reference.namespace
  left join lateral (select owner.uuid, owner.version where owner.deleted_at is null) by_uuid on true
  left join lateral (select uuid, version from workflow_definitions
    where owner.uuid is null and namespace = reference.namespace and id = reference.reference and deleted_at is null
    order by uuid desc limit 1) by_id on true
  cross join lateral (
    select d.uuid, v.id, v.name, v.description, v.steps::text as steps, v.version,
  floor(extract(epoch from d.created_at) * 1000)::float8 as "createdAt", floor(extract(epoch from v.created_at) * 1000)::float8 as "updatedAt" from workflow_definitions d
    join workflow_versions v on v.workflow_uuid = d.uuid and v.version = coalesce(reference.version, d.version)
    where d.uuid = coalesce(by_uuid.uuid, by_id.uuid) offset 0
  ) as found;
end
$body$;

create function find_versions_9b59ea6617b1(text) returns table ("position" integer, "steps" text) language plpgsql set enable_seqscan = off as $body$
#variable_conflict use_column
begin
  return query select key.position, v.steps::text as steps
  from json_to_recordset($1::text::json) as key (position integer, "workflowUuid" uuid, version integer)
  join workflow_versions v on v.workflow_uuid = key."workflowUuid" and v.version = key.version
  where key.position = key.position + 0;
end
$body$;

create function insert_runs_by_uuid_eb6989ddfa9a(text, text, float8) returns table ("uuid" uuid, "workflowUuid" uuid, "workflowVersion" integer, "ended" boolean, "claimed" boolean) language plpgsql set enable_seqscan = off as $body$
#variable_conflict use_column
begin
  return query with stored as (insert into workflow_runs (uuid, namespace, workflow_id, workflow_version, payload,
      created_at, due_at, status, started_at, completed_at, lease_token, claim_id, error, step_results)
    select uuid, namespace, workflow_id, version, payload::jsonb, case when ended then at else now() end,
      case when not ended then now() + coalesce(lease, grace) * interval '1 millisecond' end,
      case when ended then status when "claimId" is null then 'pending' else 'running' end,
      case when ended then at when "claimId" is not null then now() end,
      case when ended then greatest(now(), to_timestamp($3::float8 / 1000)) end,
      case when ended or "claimId" is null then 0 else 1 end,
      case when not ended then "claimId" end,
      case when ended then error end,
      case when ended then "stepResults"::jsonb end
    from (
      select item.*, found.uuid as workflow_id, found.version, to_timestamp("startedAt" / 1000) as at,
        coalesce("endedUuid" = found.uuid and "endedVersion" = found.version, false) as ended
      from json_to_recordset($1::text::json) as item (position integer, uuid uuid, namespace text, workflow text, "workflowUuid" uuid,
  payload text, grace float8, "claimId" uuid, lease float8, "endedUuid" uuid, "endedVersion" integer, "startedAt" float8,
  status text, error text, "stepResults" text) join workflow_definitions found
      on found.uuid = item."workflowUuid" and found.namespace = item.namespace and found.deleted_at is null and item.position = item.position + 0
    ) as placed order by uuid, position
    on conflict (uuid) do nothing
    returning uuid, workflow_id, workflow_version, claim_id, lease_token, completed_at
  ), owed as (insert into owed_events (run_uuid, due_at)
    select uuid, now() + interval '10 seconds' from stored where completed_at is not null and $2::text = 'owed' on conflict do nothing)
  select uuid, workflow_id as "workflowUuid", workflow_version as "workflowVersion", completed_at is not null as ended,
    claim_id is not null as claimed from stored;
end
$body$;

create function find_runs_26a5490c29c6(text) returns table ("uuid" uuid, "id" text, "workflowUuid" uuid, "workflowVersion" integer, "status" text, "payload" text, "createdAt" float8, "startedAt" float8, "completedAt" float8, "error" text, "stepResults" text, "log" text) language plpgsql set enable_seqscan = off as $body$
#variable_conflict use_column
begin
  return query select r.uuid, coalesce(r.id, r.uuid::text) as id, r.workflow_id as "workflowUuid",
  r.workflow_version as "workflowVersion", r.status, r.payload::text as payload,
  floor(extract(epoch from r.created_at) * 1000)::float8 as "createdAt", floor(extract(epoch from r.started_at) * 1000)::float8 as "startedAt",
  floor(extract(epoch from r.completed_at) * 1000)::float8 as "completedAt", r.error, r.step_results::text as "stepResults",
  case when r.step_results is null then case when r.log_length = 0 then '[]' else coalesce((
    select '[' || string_agg(substr(entries::text, 2, length(entries::text) - 2), ',' order by seq) || ']'
    from run_log where run_uuid = r.uuid), '[]') end else '[]' end as log from (
    select distinct value::uuid as uuid from json_array_elements_text($1::text::json) where length(value) = length(value) + 0
  ) as asked join workflow_runs r using (uuid);
end
$body$;

create function find_fresh_runs_fbc113763f6c(text, float8) returns table ("uuid" uuid, "workflowUuid" uuid, "version" integer, "payload" text, "fresh" boolean) language plpgsql set enable_seqscan = off as $body$
#variable_conflict use_column
begin
  return query select uuid, "workflowUuid", version, case when before < $2::float8 then payload end, fresh from (
    select *, coalesce(sum(length(payload)) over (order by uuid) - length(payload), 0) as before from (
      select uuid, workflow_id as "workflowUuid", workflow_version as version, fresh,
        case when fresh then payload::text end as payload
      from (
    select distinct value::uuid as uuid from json_array_elements_text($1::text::json) where length(value) = length(value) + 0
  ) as asked join workflow_runs using (uuid),
        lateral (select (status = 'pending' and lease_token = 0) is true as fresh) as state
    ) as found
  ) as sized;
end
$body$;

create function save_fresh_runs_d4737b94ca35(text, text, float8) returns table ("position" integer) language plpgsql set enable_seqscan = off as $body$
#variable_conflict use_column
begin
  return query with item as (
    select *, to_timestamp("startedAt" / 1000) as at
    from json_to_recordset($1::text::json) as item (position integer, uuid uuid, seq integer, "startedAt" float8, status text,
      error text, results text, "dueAt" float8, entries text, "workflowUuid" uuid, version integer, payload text) where position = position + 0
  ), fresh as (
    select item.* from item join workflow_runs r using (uuid)
    where (r.status = case item.seq when 0 then 'pending' else 'running' end and r.lease_token = 0 and r.log_length = item.seq) is true
      and (item.payload is null or r.workflow_id = item."workflowUuid" and r.workflow_version = item.version
  and r.payload = item.payload::jsonb) is true order by r.uuid for update of r
  ), saved as (
    update workflow_runs r set status = fresh.status, due_at = to_timestamp(fresh."dueAt" / 1000),
      started_at = coalesce(r.started_at, fresh.at), completed_at = case when fresh."dueAt" is null then greatest(now(), to_timestamp($3::float8 / 1000)) end,
      error = fresh.error, step_results = fresh.results::jsonb,
      log_length = fresh.seq + case when fresh.entries is null then 0 else 1 end
    from fresh where r.uuid = fresh.uuid
    returning r.uuid, fresh.position, fresh.seq, fresh.entries, fresh."dueAt" is null as ended
  ), appended as (
    insert into run_log (run_uuid, seq, token, entries) select uuid, seq, 0, entries::json from saved
    where entries is not null on conflict do nothing
  ), owed as (insert into owed_events (run_uuid, due_at)
    select uuid, now() + interval '10 seconds' from saved where ended and $2::text = 'owed' on conflict do nothing)
  select position from saved
  union all
  select item.position from item join workflow_runs r using (uuid)
  where (select count(*) from saved) < (select count(*) from item) and r.lease_token = 0 and (r.status = item.status) is true and (item.payload is null or r.workflow_id = item."workflowUuid" and r.workflow_version = item.version
  and r.payload = item.payload::jsonb) is true and item.position not in (select position from saved)
    and (item."dueAt" is null or exists (
      select from run_log l where l.run_uuid = item.uuid and l.seq = item.seq and l.token = 0 and l.entries::text = item.entries));
end
$body$;

create function claim_runs_by_message_ed19138c71eb(float8, text, float8, text) returns table ("uuid" uuid, "workflowUuid" uuid, "workflowVersion" integer, "payload" text, "logLength" integer, "token" integer, "crashes" integer, "position" integer) language plpgsql set enable_seqscan = off as $body$
#variable_conflict use_column
begin
  return query with candidate as materialized (
    select r.uuid, r.payload::text as payload, row_number() over () as position,
      case when r.log_length = 0 then 0 else coalesce((
        select sum(length(entries::text)) from run_log where run_uuid = r.uuid), 0) end as log_size
    from (select workflow_runs.* from (
    select distinct value::uuid as uuid from json_array_elements_text($4::text::json) where length(value) = length(value) + 0
  ) as asked join workflow_runs using (uuid)
    where (status = 'pending' and lease_token = 0 or claim_id = $2::text::uuid) is true
  order by uuid for update of workflow_runs skip locked) as r
  ), sized as (
    select *, sum(length(payload) + log_size) over (order by position) - length(payload) - log_size as before
    from candidate
  )
  update workflow_runs r set status = 'running', due_at = now() + $1::float8 * interval '1 millisecond',
    lease_token = case when r.claim_id = $2::text::uuid then r.lease_token else r.lease_token + 1 end,
    claim_id = $2::text::uuid, started_at = coalesce(r.started_at, now())
  from sized where r.uuid = sized.uuid and (sized.before < $3::float8 or sized.position = 1) and sized.position = sized.position + 0
  returning r.uuid, r.workflow_id as "workflowUuid", r.workflow_version as "workflowVersion", sized.payload,
    r.log_length as "logLength", r.lease_token as token, r.crashes, sized.position::integer;
end
$body$;

create function claim_due_runs_2353b8bf57d7(float8, text, float8, integer, float8) returns table ("uuid" uuid, "workflowUuid" uuid, "workflowVersion" integer, "payload" text, "logLength" integer, "token" integer, "crashes" integer, "position" integer) language plpgsql set enable_seqscan = off as $body$
#variable_conflict use_column
begin
  return query with candidate as materialized (
    select r.uuid, r.payload::text as payload, row_number() over () as position,
      case when r.log_length = 0 then 0 else coalesce((
        select sum(length(entries::text)) from run_log where run_uuid = r.uuid), 0) end as log_size
    from (select * from workflow_runs where due_at <= now() - $5::float8 * interval '1 millisecond'
    order by due_at limit $4::integer for update of workflow_runs skip locked) as r
  ), sized as (
    select *, sum(length(payload) + log_size) over (order by position) - length(payload) - log_size as before
    from candidate
  )
  update workflow_runs r set status = 'running', due_at = now() + $1::float8 * interval '1 millisecond',
    lease_token = case when r.claim_id = $2::text::uuid then r.lease_token else r.lease_token + 1 end,
    claim_id = $2::text::uuid, started_at = coalesce(r.started_at, now())
  from sized where r.uuid = sized.uuid and (sized.before < $3::float8 or sized.position = 1) and sized.position = sized.position + 0
  returning r.uuid, r.workflow_id as "workflowUuid", r.workflow_version as "workflowVersion", sized.payload,
    r.log_length as "logLength", r.lease_token as token, r.crashes, sized.position::integer;
end
$body$;

create function claim_due_runs_begun_61c721df1347(float8, text, float8, integer) returns table ("uuid" uuid, "workflowUuid" uuid, "workflowVersion" integer, "payload" text, "logLength" integer, "token" integer, "crashes" integer, "position" integer) language plpgsql set enable_seqscan = off as $body$
#variable_conflict use_column
begin
  return query with candidate as materialized (
    select r.uuid, r.payload::text as payload, row_number() over () as position,
      case when r.log_length = 0 then 0 else coalesce((
        select sum(length(entries::text)) from run_log where run_uuid = r.uuid), 0) end as log_size
    from (select * from workflow_runs where due_at <= now() and due_at is not null and status <> 'pending'
    order by due_at limit $4::integer for update of workflow_runs skip locked) as r
  ), sized as (
    select *, sum(length(payload) + log_size) over (order by position) - length(payload) - log_size as before
    from candidate
  )
  update workflow_runs r set status = 'running', due_at = now() + $1::float8 * interval '1 millisecond',
    lease_token = case when r.claim_id = $2::text::uuid then r.lease_token else r.lease_token + 1 end,
    claim_id = $2::text::uuid, started_at = coalesce(r.started_at, now())
  from sized where r.uuid = sized.uuid and (sized.before < $3::float8 or sized.position = 1) and sized.position = sized.position + 0
  returning r.uuid, r.workflow_id as "workflowUuid", r.workflow_version as "workflowVersion", sized.payload,
    r.log_length as "logLength", r.lease_token as token, r.crashes, sized.position::integer;
end
$body$;

create function next_due_run_9840b28017bb(float8) returns table ("dueAt" float8) language plpgsql set enable_seqscan = off as $body$
#variable_conflict use_column
begin
  return query select floor(extract(epoch from least(
    (select min(due_at) from workflow_runs where due_at is not null and status <> 'pending'),
    (select min(due_at) from workflow_runs where due_at is not null) + $1::float8 * interval '1 millisecond')) * 1000)::float8;
end
$body$;

create function renew_leases_e1c695013261(text, float8) returns table ("uuid" uuid) language plpgsql set enable_seqscan = off as $body$
#variable_conflict use_column
begin
  return query with item as (
    select * from json_to_recordset($1::text::json) as item (uuid uuid, token integer) where token = token + 0
  ), held as (
    select r.uuid from workflow_runs r join item using (uuid)
    where r.lease_token = item.token and (r.claim_id is not null and r.due_at is not null) is true order by r.uuid for update of r
  )
  update workflow_runs r set due_at = now() + $2::float8 * interval '1 millisecond' from held
  where r.uuid = held.uuid returning r.uuid;
end
$body$;

create function save_progress_d1bd4ed572ed(text, text, float8) returns table ("position" integer) language plpgsql set enable_seqscan = off as $body$
#variable_conflict use_column
begin
  return query with item as (
    select * from json_to_recordset($1::text::json) as item (position integer, uuid uuid, token integer, seq integer,
      entries text, crashes integer, kind text, "dueAt" float8, status text, error text, results text)
    where position = position + 0
  ), fenced as (
    select item.* from item join workflow_runs r using (uuid)
    where r.lease_token = item.token and (r.status = 'running') is true order by r.uuid for update of r
  ), appended as (
    insert into run_log (run_uuid, seq, token, entries)
    select uuid, seq, token, entries::json from fenced where entries is not null
    on conflict do nothing
  ), saved as (
    update workflow_runs r set
      log_length = greatest(r.log_length, fenced.seq + case when fenced.entries is null then 0 else 1 end),
      crashes = fenced.crashes,
      due_at = case fenced.kind when 'hold' then r.due_at
        when 'give_back' then to_timestamp(fenced."dueAt" / 1000) end,
      claim_id = case fenced.kind when 'hold' then r.claim_id end,
      status = case fenced.kind when 'end' then fenced.status else r.status end,
      completed_at = case fenced.kind when 'end' then greatest(now(), to_timestamp($3::float8 / 1000)) end,
      error = fenced.error,
      step_results = fenced.results::jsonb
    from fenced where r.uuid = fenced.uuid
    returning r.uuid, fenced.position, fenced.kind = 'end' as ended
  ), owed as (insert into owed_events (run_uuid, due_at)
    select uuid, now() + interval '10 seconds' from saved where ended and $2::text = 'owed' on conflict do nothing)
  select position from saved
  union all
  select item.position from item join workflow_runs r using (uuid)
  where item.kind = 'end' and r.lease_token = item.token and (r.status = item.status) is true
    and item.position not in (select position from saved);
end
$body$;

create function take_owed_events_adcf6c1a9823(integer) returns table ("run_id" uuid, "workflow_id" uuid, "status" text, "error" text) language plpgsql set enable_seqscan = off as $body$
#variable_conflict use_column
begin
  return query update owed_events e set due_at = now() + interval '15 seconds'
  from (
    select run_uuid from owed_events where due_at <= now() order by run_uuid limit $1::integer for update skip locked
  ) as overdue, workflow_runs r
  where e.run_uuid = overdue.run_uuid and r.uuid = overdue.run_uuid and length(overdue.run_uuid::text) = length(overdue.run_uuid::text) + 0
  returning r.uuid as run_id, r.workflow_id, r.status, r.error;
end
$body$;

create function owed_events_sent_45127c149840(text) returns table ("run_uuid" uuid) language plpgsql set enable_seqscan = off as $body$
#variable_conflict use_column
begin
  return query with sent as (
    select run_uuid from (
    select distinct value::uuid as uuid from json_array_elements_text($1::text::json) where length(value) = length(value) + 0
  ) as asked join owed_events on run_uuid = uuid order by run_uuid for update of owed_events
  )
  delete from owed_events e using sent where e.run_uuid = sent.run_uuid returning e.run_uuid;
end
$body$;

