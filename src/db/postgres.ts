import { join } from "node:path";
import type { Logger } from "pino";
import { Breaker, type BreakerState } from "../breaker.ts";
import type { Clock } from "../clock.ts";
import type { PostgresAddress } from "../config/postgres.ts";
import type { PostgresConfig } from "../config.ts";
import { messageOf, StartError } from "../errors.ts";
import type { KeptStatement } from "./kept.ts";
import { type AppliedMigration, pendingMigrations, readMigrations } from "./migrations.ts";
import { connect, isOutage, Pool } from "./pool.ts";

const MIGRATIONS = join(import.meta.dir, "../../sql/postgres");
/** "workflow" as a number: processes that start together migrate one after the other. */
const MIGRATION_LOCK = 2_003_792_742;
const START_MILLISECONDS = 60_000;
const RETRY_MILLISECONDS = 500;

/** The connections of one process: slow reads can never take the last one from the writes. */
export interface Pools {
  writes: Pool;
  reads: Pool;
  /** The state of the breaker before both. */
  breaker(): BreakerState;
  close(): Promise<void>;
}

/** Opens the pools. Nothing is connected before the first statement. */
export function openPools(
  { address, pool, prepare }: Pick<PostgresConfig, "address" | "pool" | "prepare">,
  clock: Clock,
  log: Logger,
): Pools {
  const breaker = new Breaker({ name: "postgres", clock, log, probe: () => writes.probe() });
  const readers = Math.max(1, Math.floor(pool / 3));
  const writes = new Pool({ address, prepare, clock, breaker, size: pool - readers });
  const reads = new Pool({ address, prepare, clock, breaker, size: readers });
  return {
    writes,
    reads,
    breaker: () => breaker.state,
    async close() {
      breaker.stop();
      await Promise.all([writes.close(), reads.close()]);
    },
  };
}

/**
 * Brings the schema up to date, and the statements that it keeps, in one transaction under a lock of that transaction, so
 * that any number of processes may start at once, also through a pooler.
 *
 * @throws StartError when the database can't be reached within a minute, is newer, or holds an edited migration.
 */
export async function migrate(
  address: PostgresAddress,
  kept: KeptStatement[],
  clock: Clock,
  onWait: (error: string) => void,
): Promise<void> {
  const migrations = readMigrations(MIGRATIONS);
  const deadline = clock.monotonic() + START_MILLISECONDS;
  for (;;) {
    const sql = connect({ address, size: 1, prepare: false });
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
        const names = kept.map(({ name }) => name);
        const there = await transaction<{ name: string }[]>`select proname as name from pg_proc
          where proname in ${transaction(names)} and pronamespace = current_schema()::regnamespace`;
        const missing = kept.filter(({ name }) => !there.some((one) => one.name === name));
        for (const { definition } of missing) await transaction.unsafe(definition).simple();
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
