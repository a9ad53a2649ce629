-- Inbound hooks: what starts a run for each delivery of a sender.
create table hooks (
  uuid text primary key,
  namespace text not null,
  -- uuid or author's id of a workflow, resolved at each delivery.
  workflow text not null,
  -- SHA-256 of the token in its address, which is told once and not stored.
  token_hash text not null,
  -- JSON: the scheme of its sender's signatures and the secret, as it is: it has to be known to verify. Null where deliveries are
  -- not verified.
  verify text,
  -- An expression over a delivery; null where each starts a run.
  filter text,
  created_at integer not null,
  -- When it got its last token; null while it has its first.
  rotated_at integer
) strict, without rowid;

-- Finds the hook of a delivery.
create unique index hooks_by_token on hooks (token_hash);
-- Lists of hooks, by page.
create index hooks_by_namespace on hooks (namespace, uuid);

-- What verified deliveries are known by, so that none starts a second run. New ones take away those that are over.
create table hook_deliveries (
  hook_uuid text not null,
  -- A digest of the id of a delivery, or of its signature.
  key text not null,
  -- The run of the delivery, or that it was to have: if it is not stored, the delivery may come again.
  run_uuid text not null,
  expires_at integer not null,
  primary key (hook_uuid, key)
) strict, without rowid;

-- Those that can be taken away.
create index hook_deliveries_over on hook_deliveries (expires_at);
