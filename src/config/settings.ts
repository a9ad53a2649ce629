import { availableParallelism } from "node:os";
import { type Static, Type } from "@sinclair/typebox";
import { FAILPOINTS } from "../failpoints.ts";
import { SHORTCUTS, SHORTCUTS_PATTERN } from "../shortcuts.ts";
import { OBSERVED } from "./observed.ts";

/** The setting that turns a service on. */
export const SWITCHES = {
  postgres: ["POSTGRES_HOST", "DATABASE_URL"],
  kafka: ["KAFKA_BOOTSTRAP_SERVERS"],
  redis: ["REDIS_HOST", "REDIS_URL"],
  traces: ["OTEL_EXPORTER_OTLP_ENDPOINT"],
} as const;

/** Marks: `service` has a setting read where that service is on, `secret` keeps it out of sentences and lets it be in a file. */
interface Marks {
  service?: keyof typeof SWITCHES;
  secret?: true;
}
const postgres: Marks = { service: "postgres" };
const kafka: Marks = { service: "kafka" };
const redis: Marks = { service: "redis" };
const postgresPort = Type.Integer({ minimum: 1, maximum: 65_535, default: 5432, description: "Its port", ...postgres });

/** The configuration table: every variable of the environment that the platform reads, with its default. */
export const Environment = Type.Object({
  PORT: Type.Integer({ minimum: 0, maximum: 65_535, default: 8001, description: "Port; 0 takes a free one" }),
  HOST: Type.String({ pattern: "\\S", default: "127.0.0.1", description: "Address to listen on" }),
  PUBLIC_HOSTS: Type.String({
    default: "",
    description: "host,…: names of this server that clients use, beside those it knows itself",
  }),
  CORS_ORIGINS: Type.String({
    default: "",
    description: "https://host,…: origins whose pages may use the API",
  }),
  ASSET_PREFIX: Type.String({
    default: "",
    description: "https://host or /path: where browsers find the assets of pages; without, at the API itself",
  }),
  ...OBSERVED,
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
  WORKER_MAX_EFFECTS: Type.Integer({
    minimum: 1,
    maximum: 65_535,
    default: 2048,
    description: "Effects under way at once, in one process",
  }),
  WEBHOOK_ALLOW: Type.String({
    default: "",
    description:
      "What webhooks may reach beside public addresses: hosts, addresses and networks, with a port or without",
  }),
  WEBHOOK_CA_FILE: Type.Optional(
    Type.String({ description: "PEM file of authorities that webhooks trust beside the usual ones" }),
  ),
  WEBHOOK_PROXY: Type.Optional(
    Type.String({
      pattern: "^http://",
      description: "http://… of a proxy that all webhooks go through, and that judges their addresses in our place",
      secret: true,
    }),
  ),
  LEASE_SECONDS: Type.Number({
    minimum: 1,
    maximum: 3600,
    default: 30,
    description: "How long a claim lasts unrenewed",
  }),
  RETENTION_DAYS: Type.Integer({
    minimum: 0,
    maximum: 36_500,
    default: 0,
    description: "How long runs that are over are kept; 0: for ever",
  }),
  DRAIN_SECONDS: Type.Number({
    minimum: 0,
    maximum: 15,
    default: 0,
    description: "How long a server that is ending goes on answering, to have proxies let go of it",
  }),
  SHORTCUTS: Type.String({
    pattern: SHORTCUTS_PATTERN,
    default: "all",
    description: `for tests and the bench: ways of a run that save a write; all, none, or some of ${SHORTCUTS.join(", ")}`,
  }),
  FAILPOINT: Type.Optional(
    Type.String({
      pattern: `^(${FAILPOINTS.join("|")})(:[1-9]\\d{0,8})?$`,
      description: `for tests: where this process kills itself, and at which time it gets there; ${FAILPOINTS.join(", ")}`,
    }),
  ),
  POSTGRES_HOST: Type.Optional(Type.String({ description: "PostgreSQL, or PgBouncer before it; turns PostgreSQL on" })),
  POSTGRES_PORT: postgresPort,
  POSTGRES_DB: Type.String({ default: "workflow", description: "Database", ...postgres }),
  POSTGRES_USER: Type.String({ default: "postgres", description: "Role", ...postgres }),
  POSTGRES_PASSWORD: Type.String({ default: "", description: "Its password", ...postgres, secret: true }),
  DATABASE_URL: Type.Optional(
    Type.String({ description: "postgres://…; what it leaves out is as in the five above", secret: true }),
  ),
  MIGRATE_DATABASE_URL: Type.Optional(
    Type.String({
      description: "PostgreSQL itself where PgBouncer is in between: migrations run there",
      ...postgres,
      secret: true,
    }),
  ),
  POSTGRES_POOL: Type.Integer({
    minimum: 2,
    maximum: 100,
    default: 6,
    description: "Connections of one process; a third of them is for reads",
    ...postgres,
  }),
  POSTGRES_REPLICA_HOST: Type.Optional(
    Type.String({
      description: "A replica that reads of the API go to; all but its host and port as above",
      ...postgres,
    }),
  ),
  POSTGRES_REPLICA_PORT: postgresPort,
  POSTGRES_PREPARE: Type.Boolean({
    default: false,
    description: "Prepared statements: true straight at PostgreSQL or behind PgBouncer 1.21 and later",
    ...postgres,
  }),
  KAFKA_BOOTSTRAP_SERVERS: Type.Optional(Type.String({ description: "host:port,[IPv6]:port,…; turns Kafka on" })),
  KAFKA_SASL_MECHANISM: Type.Union(
    [Type.Literal("PLAIN"), Type.Literal("SCRAM-SHA-256"), Type.Literal("SCRAM-SHA-512")],
    { default: "SCRAM-SHA-512", description: "How the user below is proven", ...kafka },
  ),
  KAFKA_SASL_USERNAME: Type.Optional(
    Type.String({ description: "User, where the brokers do not take everybody", ...kafka }),
  ),
  KAFKA_SASL_PASSWORD: Type.Optional(Type.String({ description: "Its password", ...kafka, secret: true })),
  KAFKA_SSL: Type.Boolean({ default: false, description: "TLS to the brokers", ...kafka }),
  KAFKA_SSL_CA_FILE: Type.Optional(
    Type.String({ description: "Certificates in PEM that the brokers' are signed by; the system's without", ...kafka }),
  ),
  KAFKA_CONSUMER_GROUP: Type.String({ default: "workflow-workers", description: "Group of the workers", ...kafka }),
  KAFKA_TOPIC_WORKFLOW_TRIGGER: Type.String({
    default: "workflow.trigger",
    description: "Runs to start; .dlq beside it",
    ...kafka,
  }),
  KAFKA_TOPIC_WORKFLOW_COMPLETED: Type.String({
    default: "workflow.completed",
    description: "Runs that ended",
    ...kafka,
  }),
  KAFKA_PARTITIONS: Type.Integer({
    minimum: 1,
    maximum: 1000,
    default: 3,
    description: "Partitions of topics that are created at the start",
    ...kafka,
  }),
  REDIS_HOST: Type.Optional(Type.String({ description: "Redis; turns the shared cache on" })),
  REDIS_PORT: Type.Integer({ minimum: 1, maximum: 65_535, default: 6379, description: "Its port", ...redis }),
  REDIS_USERNAME: Type.Optional(
    Type.String({ description: "User, where Redis has more than the default one", ...redis }),
  ),
  REDIS_PASSWORD: Type.Optional(Type.String({ description: "Its password", ...redis, secret: true })),
  REDIS_URL: Type.Optional(
    Type.String({ description: "redis://… or rediss://…; what it leaves out is as in the four above", secret: true }),
  ),
});

export type Settings = Static<typeof Environment>;

/** The names of all settings. */
export const SETTINGS: readonly string[] = Object.keys(Environment.properties);
/** Those that may hold a password: each may be in a file that <name>_FILE names. */
export const SECRETS: readonly string[] = SETTINGS.filter((name) => marksOf(name).secret);

/** The marks of a setting. */
export function marksOf(name: string): Marks {
  const found: (Marks & { description?: string }) | undefined = Object.entries(Environment.properties).find(
    ([key]) => key === name,
  )?.[1];
  return found ?? {};
}
