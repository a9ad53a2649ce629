-- Inbound hooks: what starts a run for each delivery of a sender.
create table hooks (
  uuid uuid not null,
  namespace text not null,
  workflow text not null,
  token_hash text not null,
  verify json,
  filter text,
  created_at timestamptz not null default now(),
  rotated_at timestamptz,
  constraint hooks_pkey primary key (uuid)
);
comment on table hooks is 'What starts a run for each delivery of a sender';
comment on column hooks.workflow is 'uuid or author''s id of a workflow, resolved at each delivery';
comment on column hooks.token_hash is 'SHA-256 of the token in its address, which is told once and not stored';
comment on column hooks.verify is 'The scheme of its sender''s signatures and the secret, as it is: it has to be known to verify. Null where deliveries are not verified';
comment on column hooks.filter is 'An expression over a delivery; null where each starts a run';
comment on column hooks.rotated_at is 'When it got its last token; null while it has its first';
create unique index hooks_by_token on hooks (token_hash);
comment on index hooks_by_token is 'Finds the hook of a delivery';
create index hooks_by_namespace on hooks (namespace, uuid);
comment on index hooks_by_namespace is 'Lists of hooks, by page';

create table hook_deliveries (
  hook_uuid uuid not null,
  key text not null,
  run_uuid uuid not null,
  expires_at timestamptz not null,
  constraint hook_deliveries_pkey primary key (hook_uuid, key)
);
comment on table hook_deliveries is 'What verified deliveries are known by, so that none starts a second run. New ones take away those that are over';
comment on column hook_deliveries.key is 'A digest of the id of a delivery, or of its signature';
comment on column hook_deliveries.run_uuid is 'The run of the delivery, or that it was to have: if it is not stored, the delivery may come again';
create index hook_deliveries_over on hook_deliveries (expires_at);
comment on index hook_deliveries_over is 'Those that can be taken away';
