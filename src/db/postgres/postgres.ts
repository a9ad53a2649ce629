import { join } from "node:path";
import type { Logger } from "pino";
import type { Clock } from "../../clock.ts";
import type { PostgresAddress } from "../../config/postgres.ts";
import type { PostgresConfig } from "../../config.ts";
import { messageOf, PlatformError, StartError } from "../../errors.ts";
import { breakerOpen, opennessOf, type PoolName, poolConnections, poolWaiting } from "../../metrics/gauges.ts";
import type { Collector, Reading } from "../../metrics/readings.ts";
import { Breaker, type BreakerState } from "../../resilience/breaker.ts";
import { type AppliedMigration, pendingMigrations, readMigrations } from "../migrations.ts";
import { connect } from "./connect.ts";
import { isOutage } from "./failures.ts";
import type { KeptStatement } from "./kept.ts";
import { Pool } from "./pool.ts";

const MIGRATIONS = join(import.meta.dir, "../../../sql/postgres");
/** "workflow" as a number: processes that start together migrate one after the other. */
const MIGRATION_LOCK = 2_003_792_742;
const START_MILLISECONDS = 60_000;
const RETRY_MILLISECONDS = 500;
/** The server ends a statement by itself: before the pool gives it up, and also when this process is gone. */
const LIMIT_MILLISECONDS = 9000;

/** The connections of one process: slow reads can never take the last one from the writes. */
export interface Pools {
  writes: Pool;
  reads: Pool;
  /** The worse state of the two breakers: reads and writes are judged apart. */
  breaker(): BreakerState;
  /** Reads the connections and breakers of both. */
  collector: Collector;
  /** Opens every connection, so that no statement has to. @throws the error of the server or the library, if none could be. */
  open(): Promise<void>;
  close(): Promise<void>;
}

export type PoolSettings = Pick<PostgresConfig, "address" | "pool" | "prepare">;

/** The pools, with no connection open yet, after a look whether PostgreSQL or PgBouncer answers at the address. */
export async function openPools({ address, pool, prepare }: PoolSettings, clock: Clock, log: Logger): Promise<Pools> {
  const limitMilliseconds = (await takesLimit(address)) ? LIMIT_MILLISECONDS : null;
  const open = (name: string, size: number) => {
    const breaker: Breaker = new Breaker({ name, clock, log, probe: () => opened.probe() });
    const opened = new Pool({ address, prepare, limitMilliseconds, clock, breaker, log, size, isSpare: false });
    return { breaker, pool: opened };
  };
  const readers = readersOf(pool);
  const [writes, reads] = [open("postgres", pool - readers), open("postgres, reads", readers)];
  return {
    writes: writes.pool,
    reads: reads.pool,
    breaker() {
      const states = [writes.breaker.state, reads.breaker.state];
      return (["open", "half_open"] as const).find((state) => states.includes(state)) ?? "closed";
    },
    collector: {
      name: "pools",
      read: () => [...readingsOf("writes", writes), ...readingsOf("reads", reads)],
    },
    async open() {
      await Promise.all([writes.pool.open(), reads.pool.open()]);
    },
    async close() {
      for (const { breaker } of [writes, reads]) breaker.stop();
      await Promise.all([writes.pool.close(), reads.pool.close()]);
    },
  };
}

/** How many connections of a process are for reads. */
export function readersOf(pool: number): number {
  return Math.max(1, Math.floor(pool / 3));
}

/** The metrics of a pool. */
export function readingsOf(name: PoolName, { pool, breaker }: { pool: Pool; breaker: Breaker }): Reading[] {
  const { used, idle, waiting } = pool.figures();
  return [
    poolConnections.at({ pool: name, state: "used" }, used),
    poolConnections.at({ pool: name, state: "idle" }, idle),
    poolWaiting.at({ pool: name }, waiting),
    breakerOpen.at({ breaker: name }, opennessOf(breaker.state)),
  ];
}

/**
 * Whether the limit of a statement can be set at the start of a connection. PostgreSQL takes it; PgBouncer refuses settings that
 * it was not configured to ignore, and sets the limit itself (`connect_query`). False where nothing answers.
 */
async function takesLimit(address: PostgresAddress): Promise<boolean> {
  const sql = connect({ address, size: 1, prepare: false, limitMilliseconds: LIMIT_MILLISECONDS });
  try {
    await sql`select 1`;
    return true;
  } catch {
    return false;
  } finally {
    await sql.end({ timeout: 1 });
  }
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
  await startWith("POSTGRES_* and MIGRATE_DATABASE_URL", clock, onWait, async () => {
    const sql = connect({ address, size: 1, prepare: false, limitMilliseconds: null });
    try {
      await sql.begin(async (transaction) => {
        // It waits for another process that migrates, which may take long; the role or a pooler may have set a limit.
        await transaction`set local statement_timeout = 0`;
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
    } finally {
      await sql.end({ timeout: 1 });
    }
  });
}

/**
 * Does the work of a start that needs PostgreSQL, again while that is out.
 *
 * @param settings what to check where it can't be done
 * @throws StartError when it can't be done within a minute
 */
export async function startWith<Value>(
  settings: string,
  clock: Clock,
  onWait: (error: string) => void,
  work: () => Promise<Value>,
): Promise<Value> {
  const deadline = clock.monotonic() + START_MILLISECONDS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof StartError) throw error;
      // An outage, as a pool or another part reports it.
      const reason = error instanceof PlatformError ? String(error.cause ?? error.message) : messageOf(error);
      if (!(error instanceof PlatformError || isOutage(error)) || clock.monotonic() > deadline) {
        throw new StartError(`PostgreSQL can't be used (${reason}); check ${settings}`);
      }
      onWait(reason);
      await new Promise<void>((resolve) => clock.timer(RETRY_MILLISECONDS, resolve));
    }
  }
}
