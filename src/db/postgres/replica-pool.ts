import type { Logger } from "pino";
import type { Clock } from "../../clock.ts";
import type { PostgresAddress } from "../../config/postgres.ts";
import type { Reading } from "../../metrics/readings.ts";
import { Breaker, type BreakerState } from "../../resilience/breaker.ts";
import { Pool } from "./pool.ts";
import { type PoolSettings, readersOf, readingsOf } from "./postgres.ts";

/** The connections to a replica: as many as there are for reads of the primary. */
export interface ReplicaPool {
  pool: Pool;
  breaker(): BreakerState;
  readings(): Reading[];
  close(): Promise<void>;
}

/** Opens none before the first statement, so that no start waits for a replica. `onBack` is called when it answers again. */
export function openReplicaPool(
  address: PostgresAddress,
  { pool: size, prepare }: PoolSettings,
  clock: Clock,
  log: Logger,
  onBack: () => void,
): ReplicaPool {
  const breaker: Breaker = new Breaker({
    name: "postgres, replica",
    clock,
    log,
    async probe() {
      await pool.probe();
      onBack();
    },
  });
  // Without a limit of the server: a pooler in between might refuse it, and nobody waits for what takes long.
  const limitMilliseconds = null;
  const pool = new Pool({
    address,
    prepare,
    limitMilliseconds,
    clock,
    breaker,
    log,
    size: readersOf(size),
    isSpare: true,
  });
  return {
    pool,
    breaker: () => breaker.state,
    readings: () => readingsOf("replica", { pool, breaker }),
    close() {
      breaker.stop();
      return pool.close();
    },
  };
}
