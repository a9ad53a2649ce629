/** The settings of a stack that follow from how many processes it has. */
import { describe, expect, test } from "bun:test";
import { availableParallelism } from "node:os";
import { sizeOf, USUAL_SIZE } from "../infrastructure/local/sizing.ts";
import { stackSettings } from "../infrastructure/local/stack.ts";
import { readText } from "./harness/docker/files.ts";

const ALL = Array.from({ length: 30 }, (_, index) => index + 1);
const SIZES = ALL.flatMap((apis) => ALL.map((workers) => ({ apis, workers, ...sizeOf({ apis, workers }) })));

test("six processes have what the files say that Docker uses as well", () => {
  const pooler = readText("infrastructure/pgbouncer/pgbouncer.ini");
  expect(pooler).toContain(`\nmax_client_conn = ${USUAL_SIZE.poolerClients}\n`);
  expect(pooler).toContain(`\ndefault_pool_size = ${USUAL_SIZE.poolerConnections}\n`);
  expect(pooler).toContain(`\nmax_db_connections = ${USUAL_SIZE.poolerConnections}\n`);
  expect(readText("infrastructure/postgres/postgresql.conf")).toContain(
    `\nmax_connections = ${USUAL_SIZE.serverConnections}\n`,
  );
  const compose = readText("docker-compose.yml");
  expect(compose).toContain(` POSTGRES_POOL: ${USUAL_SIZE.postgresPool}\n`);
  expect(compose).toContain(` KAFKA_PARTITIONS: ${USUAL_SIZE.partitions}\n`);
});

test("twenty have fewer connections each, and 12 partitions", () => {
  expect(sizeOf({ apis: 10, workers: 10 })).toEqual({
    partitions: 12,
    postgresPool: 4,
    poolerClients: 600,
    poolerConnections: 40,
    serverConnections: 100,
  });
});

describe("any number up to thirty of each", () => {
  test("leaves no worker without a partition", () => {
    expect(SIZES.filter(({ workers, partitions }) => partitions < workers)).toEqual([]);
  });

  test("fits into PgBouncer with half as many to spare, and that into PostgreSQL with all that migrate", () => {
    const tooMany = SIZES.filter(({ apis, workers, ...size }) => {
      const processes = apis + workers;
      const fits = processes * size.postgresPool * 1.5 <= size.poolerClients;
      return !fits || size.poolerConnections + processes + 3 > size.serverConnections;
    });
    expect(tooMany).toEqual([]);
  });
});

test("the numbers are read from the environment, and two brokers are refused", () => {
  const { apis, workers, brokers } = stackSettings({ STACK_APIS: "10", STACK_WORKERS: "10", STACK_BROKERS: "3" });
  expect([apis, workers, brokers]).toEqual([10, 10, 3]);
  expect(stackSettings({}).brokers).toBe(1);
  expect([stackSettings({}).replica, stackSettings({ STACK_REPLICA: "1" }).replica]).toEqual([false, true]);
  expect(() => stackSettings({ STACK_REPLICA: "2" })).toThrow("STACK_REPLICA");
  // One of each for two cores.
  const usual = Math.max(1, Math.min(Math.floor(availableParallelism() / 2), 30));
  expect(stackSettings({})).toMatchObject({ apis: usual, workers: usual });
  for (const wrong of ["0", "2", "4", "many"]) {
    expect(() => stackSettings({ STACK_BROKERS: wrong })).toThrow("STACK_BROKERS");
  }
});
