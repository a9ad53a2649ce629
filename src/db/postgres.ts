import { join } from "node:path";
import postgres, { type Sql } from "postgres";
import type { Clock } from "../clock.ts";
import type { PostgresConfig } from "../config.ts";
import { messageOf, StartError } from "../errors.ts";
import { type AppliedMigration, pendingMigrations, readMigrations } from "./migrations.ts";

const MIGRATIONS = join(import.meta.dir, "../../sql/postgres");
/** "workflow" as a number: processes that start together migrate one after the other. */
const MIGRATION_LOCK = 2_003_792_742;
const CONNECT_SECONDS = 5;
const START_MILLISECONDS = 60_000;
const RETRY_MILLISECONDS = 500;

/** The connections of one process: slow reads can never take the last one from the writes. */
export interface Pools {
  writes: Sql;
  reads: Sql;
  close(): Promise<void>;
}

/** Opens the pools. Nothing is connected before the first query. */
export function openPools({ url, pool, prepare }: Pick<PostgresConfig, "url" | "pool" | "prepare">): Pools {
  const readers = Math.max(1, Math.floor(pool / 3));
  const writes = connect(url, pool - readers, prepare);
  const reads = connect(url, readers, prepare);
  return {
    writes,
    reads,
    async close() {
      await Promise.all([writes.end({ timeout: 5 }), reads.end({ timeout: 5 })]);
    },
  };
}

function connect(url: string, max: number, prepare: boolean): Sql {
  return postgres(url, {
    max,
    prepare,
    // A query for types at every connect is a statement that a pooler need not see.
    fetch_types: false,
    connect_timeout: CONNECT_SECONDS,
    onnotice: () => {},
    connection: { application_name: "workflow-platform" },
  });
}

/**
 * Brings the schema up to date, in one transaction under a lock of that transaction, so that any number of processes may
 * start at once, also through a pooler.
 *
 * @throws StartError when the database can't be reached within a minute, is newer, or holds an edited migration.
 */
export async function migrate(url: string, clock: Clock, onWait: (error: string) => void): Promise<void> {
  const migrations = readMigrations(MIGRATIONS);
  const deadline = clock.monotonic() + START_MILLISECONDS;
  for (;;) {
    const sql = connect(url, 1, false);
    try {
      await sql.begin(async (transaction) => {
        await transaction`select pg_advisory_xact_lock(${MIGRATION_LOCK})`;
        await transaction`create table if not exists schema_migrations (
          version integer primary key, name text not null, checksum text not null, applied_at timestamptz not null default now())`;
        const applied = await transaction<
          AppliedMigration[]
        >`select version, checksum from schema_migrations order by version`;
        for (const { version, name, checksum, sql: text } of pendingMigrations(migrations, [...applied])) {
          await transaction.unsafe(text).simple();
          await transaction`insert into schema_migrations (version, name, checksum) values (${version}, ${name}, ${checksum})`;
        }
      });
      return;
    } catch (error) {
      if (error instanceof StartError) throw error;
      if (!isOutage(error) || clock.monotonic() > deadline) {
        throw new StartError(
          `PostgreSQL can't be used (${messageOf(error)}); check POSTGRES_* and MIGRATE_DATABASE_URL`,
        );
      }
      onWait(messageOf(error));
      await new Promise<void>((resolve) => clock.timer(RETRY_MILLISECONDS, resolve));
    } finally {
      await sql.end({ timeout: 1 });
    }
  }
}

/** SQLSTATE of an error of the server; the library's own word (CONNECTION_CLOSED, …) for one of the connection. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

// 08: connection, 53: out of resources, 57: shut down or starting, 58: its system; the rest are the library's and Node's.
const OUTAGE = /^(08|53|57|58)|^CONN|^E[A-Z]+$|TIMEOUT/;

/** The server or the way to it is out: asking again may help. PgBouncer says so in protocol_violation, too. */
export function isOutage(error: unknown): boolean {
  return OUTAGE.test(codeOf(error));
}
