import { join } from "node:path";
import type { Launch, Part } from "./processes/parts.ts";
import { PLATFORM } from "./secrets.ts";
import { httpTrouble } from "./services/nginx.ts";
import { kafkaAddress, type ServiceName } from "./services.ts";
import type { Size } from "./sizing.ts";

const REPOSITORY = join(import.meta.dir, "../..");
/** Requests and runs under way get 20 s of the process itself. */
const STOP = { signal: "SIGTERM", seconds: 25 } as const;
const START_SECONDS = 60;
/** Longer than nginx keeps idle connections to it. */
const DRAIN_SECONDS = "6";

const ELSEWHERE = [
  "DATABASE_URL",
  "MIGRATE_DATABASE_URL",
  "POSTGRES_PASSWORD",
  "REDIS_URL",
  "REDIS_PASSWORD",
  "KAFKA_SASL_PASSWORD",
];

/** Where the services of a stack are, with the passwords that they ask for, and PostgreSQL's replica, if it has one. */
export type Addresses = Record<ServiceName, string> & { replica?: string | undefined };

/** Where a process has its metrics and probes. */
export interface Place {
  host: string;
  port: number;
}

/** Addresses of loopback that nothing else is on, so that the ports from the base on are free for the metrics of each process. */
const METRICS_HOSTS = { api: "127.0.0.2", worker: "127.0.0.3" };

export function metricsOf(kind: keyof typeof METRICS_HOSTS, number: number, basePort: number): Place {
  return { host: METRICS_HOSTS[kind], port: basePort + number };
}

/** One API process. Without a place for its metrics it has none. */
export function apiPart(
  number: number,
  port: number,
  services: Addresses,
  size: Size,
  metrics: Place | null = null,
): Part {
  const address = `http://127.0.0.1:${port}`;
  return {
    name: `api-${number}`,
    address,
    ports: [port],
    prepare: async () =>
      launch(
        "src/server.ts",
        { PORT: String(port), HOST: "127.0.0.1", ...doors(), DRAIN_SECONDS },
        services,
        size,
        metrics,
      ),
    trouble: () => httpTrouble(`${address}/health`),
    stop: STOP,
    startSeconds: START_SECONDS,
  };
}

/** One worker process. Without a place for its metrics its log tells whether it works. */
export function workerPart(number: number, services: Addresses, size: Size, metrics: Place | null = null): Part {
  const address = metrics === null ? "" : `http://${metrics.host}:${metrics.port}`;
  return {
    name: `worker-${number}`,
    address,
    ports: [],
    prepare: async () => launch("workers/main.ts", {}, services, size, metrics),
    trouble: async (log) => {
      if (metrics !== null) return httpTrouble(`${address}/health/ready`);
      return log.includes('"msg":"working"') ? null : "it has not logged that it works";
    },
    stop: STOP,
    startSeconds: START_SECONDS,
  };
}

/** nginx passes on what clients name. */
function doors(): Record<string, string> {
  const { PUBLIC_HOSTS = "", CORS_ORIGINS = "" } = process.env;
  return { PUBLIC_HOSTS, CORS_ORIGINS };
}

function launch(
  entry: string,
  own: Record<string, string>,
  services: Addresses,
  size: Size,
  metrics: Place | null,
): Launch {
  const pooled = new URL(services.pgbouncer);
  const kafka = kafkaAddress(services.kafka);
  const replica = services.replica === undefined ? null : new URL(services.replica);
  const env = {
    // What is set for the stack is set for its processes.
    ...process.env,
    // An address, or a password in a file, for another database would win over what follows; empty is unset.
    ...Object.fromEntries(["DATABASE_URL", ...ELSEWHERE.map((name) => `${name}_FILE`)].map((name) => [name, ""])),
    NODE_ENV: "production",
    // Its start line is what tells that a worker works.
    LOG_LEVEL: "info",
    WORKER_THREADS: process.env.WORKER_THREADS ?? "1",
    BUN_JSC_forceRAMSize: process.env.BUN_JSC_forceRAMSize ?? "240000000",
    WEBHOOK_ALLOW: process.env.WEBHOOK_ALLOW ?? "",
    WEBHOOK_CA_FILE: process.env.WEBHOOK_CA_FILE ?? "",
    WEBHOOK_PROXY: process.env.WEBHOOK_PROXY ?? "",
    POSTGRES_HOST: pooled.hostname,
    POSTGRES_PORT: pooled.port,
    POSTGRES_DB: PLATFORM,
    POSTGRES_USER: PLATFORM,
    POSTGRES_PASSWORD: pooled.password,
    MIGRATE_DATABASE_URL: services.postgres,
    POSTGRES_REPLICA_HOST: replica?.hostname ?? "",
    POSTGRES_REPLICA_PORT: replica?.port ?? "",
    // PgBouncer 1.18 loses prepared statements between transactions.
    POSTGRES_PREPARE: "false",
    POSTGRES_POOL: process.env.POSTGRES_POOL || String(size.postgresPool),
    KAFKA_PARTITIONS: process.env.KAFKA_PARTITIONS || String(size.partitions),
    KAFKA_BOOTSTRAP_SERVERS: kafka.brokers,
    // Empty where it takes everybody.
    KAFKA_SASL_USERNAME: kafka.username,
    KAFKA_SASL_PASSWORD: kafka.password,
    KAFKA_SASL_MECHANISM: "PLAIN",
    REDIS_URL: services.redis,
    METRICS_HOST: metrics?.host ?? "",
    METRICS_PORT: String(metrics?.port ?? ""),
    ...own,
  };
  return { command: [process.execPath, entry], cwd: REPOSITORY, env };
}
