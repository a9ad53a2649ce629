import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { type Static, Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { brokersOf } from "./brokers.ts";
import { StartError } from "./errors.ts";
import { FAILPOINTS } from "./failpoints.ts";

/** The configuration table: every variable of the environment that the platform reads, with its default. */
const Environment = Type.Object({
  PORT: Type.Integer({ minimum: 0, maximum: 65_535, default: 8001, description: "Port; 0 takes a free one" }),
  HOST: Type.String({ pattern: "\\S", default: "127.0.0.1", description: "Address to listen on" }),
  DATA_DIR: Type.String({ pattern: "\\S", default: "./data", description: "Folder of the database file" }),
  STORAGE: Type.Union([Type.Literal("file"), Type.Literal("memory")], {
    default: "file",
    description: "file survives everything; memory is gone with the process",
  }),
  SQLITE_SYNCHRONOUS: Type.Union([Type.Literal("FULL"), Type.Literal("NORMAL")], {
    default: "FULL",
    description:
      "FULL: on disk before the answer; NORMAL: a power cut may lose the last moments, a crash loses nothing",
  }),
  WORKER_THREADS: Type.Integer({
    minimum: 1,
    maximum: 64,
    default: Math.max(1, availableParallelism() - 1),
    description: "Threads that execute steps; cores - 1",
  }),
  WORKER_MAX_IN_FLIGHT: Type.Integer({ minimum: 1, maximum: 100_000, default: 4096, description: "Runs held at once" }),
  BUN_CONFIG_MAX_HTTP_REQUESTS: Type.Integer({
    minimum: 1,
    maximum: 65_535,
    default: 256,
    description: "Effects under way at once: what Bun itself lets out, so it has to be in the environment at the start",
  }),
  LEASE_SECONDS: Type.Number({
    minimum: 1,
    maximum: 3600,
    default: 30,
    description: "How long a claim lasts unrenewed",
  }),
  DRAIN_SECONDS: Type.Number({
    minimum: 0,
    maximum: 15,
    default: 0,
    description: "How long a server that is ending goes on answering, to have proxies let go of it",
  }),
  FAILPOINT: Type.Optional(
    Type.String({
      pattern: `^(${FAILPOINTS.join("|")})(:[1-9]\\d{0,8})?$`,
      description: `for tests: where this process kills itself, and at which time it gets there; ${FAILPOINTS.join(", ")}`,
    }),
  ),
  LOG_LEVEL: Type.Union(
    ["trace", "debug", "info", "warn", "error"].map((level) => Type.Literal(level)),
    { default: "info", description: "Least severe level that is logged" },
  ),
  POSTGRES_HOST: Type.Optional(Type.String({ description: "PostgreSQL, or PgBouncer before it; turns PostgreSQL on" })),
  POSTGRES_PORT: Type.Integer({ minimum: 1, maximum: 65_535, default: 5432, description: "Its port" }),
  POSTGRES_DB: Type.String({ default: "workflow", description: "Database" }),
  POSTGRES_USER: Type.String({ default: "postgres", description: "Role" }),
  POSTGRES_PASSWORD: Type.String({ default: "", description: "Its password" }),
  DATABASE_URL: Type.Optional(
    Type.String({ pattern: "^postgres(ql)?://", description: "postgres://… in place of the five above" }),
  ),
  MIGRATE_DATABASE_URL: Type.Optional(
    Type.String({
      pattern: "^postgres(ql)?://",
      description: "PostgreSQL itself where PgBouncer is in between: migrations run there",
    }),
  ),
  POSTGRES_POOL: Type.Integer({
    minimum: 2,
    maximum: 100,
    default: 6,
    description: "Connections of one process; a third of them is for reads",
  }),
  POSTGRES_PREPARE: Type.Boolean({
    default: false,
    description: "Prepared statements: true straight at PostgreSQL or behind PgBouncer 1.21 and later",
  }),
  KAFKA_BOOTSTRAP_SERVERS: Type.Optional(Type.String({ description: "host:port,[IPv6]:port,…; turns Kafka on" })),
  KAFKA_CONSUMER_GROUP: Type.String({ default: "workflow-workers", description: "Group of the workers" }),
  KAFKA_TOPIC_WORKFLOW_TRIGGER: Type.String({
    default: "workflow.trigger",
    description: "Runs to start; .dlq beside it",
  }),
  KAFKA_TOPIC_WORKFLOW_COMPLETED: Type.String({ default: "workflow.completed", description: "Runs that ended" }),
  KAFKA_PARTITIONS: Type.Integer({
    minimum: 1,
    maximum: 1000,
    default: 3,
    description: "Partitions of topics that are created at the start",
  }),
  REDIS_HOST: Type.Optional(Type.String({ description: "Redis; turns the shared cache on" })),
  REDIS_PORT: Type.Integer({ minimum: 1, maximum: 65_535, default: 6379, description: "Its port" }),
  REDIS_URL: Type.Optional(Type.String({ pattern: "^rediss?://", description: "redis://… in place of the two above" })),
});
/** The names of all settings. */
export const SETTINGS: readonly string[] = Object.keys(Environment.properties);

/** Where PostgreSQL is. */
export interface PostgresConfig {
  url: string;
  /** The address for migrations: never a pooler's. */
  migrateUrl: string;
  /** Connections of this process. */
  pool: number;
  prepare: boolean;
}

export interface KafkaConfig {
  /** host:port of each, or [IPv6]:port. */
  brokers: string[];
  group: string;
  triggerTopic: string;
  completedTopic: string;
  partitions: number;
}

export interface RedisConfig {
  url: string;
}

/** The settings, and the services that they turn on; null is off. */
export type Config = Readonly<Static<typeof Environment>> & {
  readonly postgres: Readonly<PostgresConfig> | null;
  readonly kafka: Readonly<KafkaConfig> | null;
  readonly redis: Readonly<RedisConfig> | null;
  /** "embedded", or the services in use. */
  readonly mode: string;
};

/**
 * Reads the environment once. What is set decides the mode.
 *
 * @throws StartError naming the variable that does not fit.
 */
export function loadConfig(environment: Record<string, string | undefined>): Config {
  const named = Object.fromEntries(
    Object.entries(Environment.properties).flatMap(([name, { type }]) => {
      const value = environment[name];
      return value === undefined || value === "" ? [] : [[name, converted(value, type)]];
    }),
  );
  const settings = Value.Default(Environment, named);
  if (!Value.Check(Environment, settings)) {
    const error = Value.Errors(Environment, settings).First();
    const name = error?.path.split("/")[1] ?? "environment";
    const description = Object.entries(Environment.properties).find(([key]) => key === name)?.[1].description ?? "";
    // Addresses hold passwords: the value is not repeated.
    const shown = /URL|PASSWORD/.test(name) ? "" : `=${environment[name] ?? ""}`;
    throw new StartError(`${name}${shown} is not a valid setting (${description})`);
  }
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
  return Object.freeze({ ...settings, DATA_DIR: resolve(settings.DATA_DIR), ...services, mode });
}

function converted(value: string, type: unknown): string | number | boolean {
  if ((type === "integer" || type === "number") && /^-?\d+(\.\d+)?$/.test(value)) return Number(value);
  if (type === "boolean" && /^(true|false)$/.test(value)) return value === "true";
  return value;
}

type Settings = Static<typeof Environment>;

function postgresOf(settings: Settings): PostgresConfig | null {
  const { POSTGRES_HOST: host, POSTGRES_PORT: port, POSTGRES_DB: db, POSTGRES_USER: user, DATABASE_URL } = settings;
  if (DATABASE_URL === undefined && host === undefined) return null;
  const authority = `${encodeURIComponent(user)}:${encodeURIComponent(settings.POSTGRES_PASSWORD)}@${host}:${port}`;
  const url = DATABASE_URL ?? `postgres://${authority}/${encodeURIComponent(db)}`;
  return {
    url,
    migrateUrl: settings.MIGRATE_DATABASE_URL ?? url,
    pool: settings.POSTGRES_POOL,
    prepare: settings.POSTGRES_PREPARE,
  };
}

function kafkaOf(settings: Settings): KafkaConfig | null {
  if (settings.KAFKA_BOOTSTRAP_SERVERS === undefined) return null;
  return {
    brokers: brokersOf(settings.KAFKA_BOOTSTRAP_SERVERS),
    group: settings.KAFKA_CONSUMER_GROUP,
    triggerTopic: settings.KAFKA_TOPIC_WORKFLOW_TRIGGER,
    completedTopic: settings.KAFKA_TOPIC_WORKFLOW_COMPLETED,
    partitions: settings.KAFKA_PARTITIONS,
  };
}

function redisOf({ REDIS_URL, REDIS_HOST: host, REDIS_PORT: port }: Settings): RedisConfig | null {
  if (REDIS_URL === undefined && host === undefined) return null;
  return { url: REDIS_URL ?? `redis://${host}:${port}` };
}
