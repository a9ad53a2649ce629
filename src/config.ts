import { resolve } from "node:path";
import { hostOf } from "./config/address.ts";
import { readSettings } from "./config/environment.ts";
import { type KafkaConfig, kafkaOf } from "./config/kafka.ts";
import { type PostgresAddress, postgresAddress } from "./config/postgres.ts";
import { assetPrefixOf, corsOriginsOf, publicHostsOf } from "./config/public.ts";
import { type RedisAddress, redisAddress } from "./config/redis.ts";
import type { Settings } from "./config/settings.ts";
import { type TracesConfig, tracesOf } from "./config/traces.ts";
import { StartError } from "./errors.ts";

/** How PostgreSQL is used. */
export interface PostgresConfig {
  address: PostgresAddress;
  /** The address for migrations: never a pooler's. */
  migrateAddress: PostgresAddress;
  /** The replica for the reads of the API; null where there is none. */
  replicaAddress: PostgresAddress | null;
  /** Connections of this process. */
  pool: number;
  prepare: boolean;
}

/** The settings, and the services that they turn on; null is off. */
export type Config = Readonly<Settings> & {
  /** PUBLIC_HOSTS and CORS_ORIGINS as requests name them. */
  readonly publicHosts: readonly string[];
  readonly corsOrigins: readonly string[];
  readonly postgres: Readonly<PostgresConfig> | null;
  readonly kafka: Readonly<KafkaConfig> | null;
  readonly redis: Readonly<RedisAddress> | null;
  readonly traces: Readonly<TracesConfig> | null;
  /** "embedded", or the services in use. */
  readonly mode: string;
};

/**
 * Reads the environment once. The services that are set decide the mode.
 *
 * @throws StartError naming the variable that does not fit.
 */
export function loadConfig(environment: Record<string, string | undefined>): Config {
  const settings = readSettings(environment);
  const services = { postgres: postgresOf(settings), kafka: kafkaOf(settings), redis: redisOf(settings) };
  if (services.postgres === null) {
    const alone = services.kafka !== null ? "Kafka" : services.redis !== null ? "Redis" : null;
    if (alone !== null) {
      throw new StartError(
        `${alone} needs PostgreSQL beside it: set POSTGRES_HOST or DATABASE_URL, or leave ${alone} out`,
      );
    }
  }
  const on = Object.entries(services).flatMap(([name, service]) => (service === null ? [] : [name]));
  const mode = on.length === 0 ? "embedded" : on.join(" + ");
  const [HOST, METRICS_HOST] = [host("HOST", settings.HOST), host("METRICS_HOST", settings.METRICS_HOST)];
  const DATA_DIR = resolve(settings.DATA_DIR);
  const ASSET_PREFIX = assetPrefixOf(settings.ASSET_PREFIX);
  const publicHosts = publicHostsOf(settings.PUBLIC_HOSTS);
  const corsOrigins = corsOriginsOf(settings.CORS_ORIGINS);
  const traces = tracesOf(settings);
  const named = { HOST, METRICS_HOST, DATA_DIR, ASSET_PREFIX, publicHosts, corsOrigins };
  return Object.freeze({ ...settings, ...named, ...services, traces, mode });
}

function postgresOf(settings: Settings): PostgresConfig | null {
  const {
    POSTGRES_HOST,
    DATABASE_URL,
    MIGRATE_DATABASE_URL,
    POSTGRES_REPLICA_HOST,
    POSTGRES_POOL: pool,
    POSTGRES_PREPARE: prepare,
  } = settings;
  if (DATABASE_URL === undefined && POSTGRES_HOST === undefined) return null;
  const named: PostgresAddress = {
    host: DATABASE_URL === undefined ? hostOrFolder("POSTGRES_HOST", POSTGRES_HOST ?? "") : (POSTGRES_HOST ?? ""),
    port: settings.POSTGRES_PORT,
    user: settings.POSTGRES_USER,
    password: settings.POSTGRES_PASSWORD,
    database: settings.POSTGRES_DB,
    tls: { mode: "disable", ca: null },
    applicationName: "workflow-platform",
    options: "",
  };
  const address = DATABASE_URL === undefined ? named : postgresAddress("DATABASE_URL", DATABASE_URL, named);
  const migrateAddress =
    MIGRATE_DATABASE_URL === undefined
      ? address
      : postgresAddress("MIGRATE_DATABASE_URL", MIGRATE_DATABASE_URL, { ...address, port: 5432 });
  const replicaAddress =
    POSTGRES_REPLICA_HOST === undefined
      ? null
      : {
          ...address,
          host: hostOrFolder("POSTGRES_REPLICA_HOST", POSTGRES_REPLICA_HOST),
          port: settings.POSTGRES_REPLICA_PORT,
        };
  return { address, migrateAddress, replicaAddress, pool, prepare };
}

function redisOf({ REDIS_URL, REDIS_HOST, ...settings }: Settings): RedisAddress | null {
  if (REDIS_URL === undefined && REDIS_HOST === undefined) return null;
  const named: RedisAddress = {
    host: REDIS_URL === undefined ? host("REDIS_HOST", REDIS_HOST ?? "") : "",
    port: settings.REDIS_PORT,
    username: settings.REDIS_USERNAME ?? null,
    password: settings.REDIS_PASSWORD ?? null,
    db: 0,
    tls: false,
  };
  return REDIS_URL === undefined ? named : redisAddress("REDIS_URL", REDIS_URL, named);
}

/** The folder of a Unix socket begins with a slash. */
function hostOrFolder(setting: string, text: string): string {
  return text.startsWith("/") ? text : host(setting, text);
}

function host(setting: string, text: string): string {
  const found = hostOf(text);
  if (found !== null) return found;
  throw new StartError(`${setting} is not one host: a name or an IP address, without a port or anything else`);
}
