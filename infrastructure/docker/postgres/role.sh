#!/bin/sh
# Run once, by the image's entry point on a new volume: a role that owns the platform's database and is no superuser, and
# one that a replica streams as, where it has a password.
set -eu
psql --no-psqlrc --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" \
  --set=role="$PLATFORM_USER" --set=password="$PLATFORM_PASSWORD" --set=database="$POSTGRES_DB" <<'SQL'
create role :"role" login password :'password';
alter database :"database" owner to :"role";
alter schema public owner to :"role";
SQL
[ -n "${REPLICATION_PASSWORD:-}" ] || exit 0
psql --no-psqlrc --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" \
  --set=password="$REPLICATION_PASSWORD" <<'SQL'
create role replica login replication password :'password';
SQL
echo 'host replication replica all scram-sha-256' >>"$PGDATA/pg_hba.conf"
