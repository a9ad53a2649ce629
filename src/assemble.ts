/** Opens the adapters that the configuration names: the one place that knows all of them. */
import type { Logger } from "pino";
import { openInProcessCache } from "./cache/in-process.ts";
import type { Cache } from "./cache/port.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { Config } from "./config.ts";
import { loadStepTypes, type StepTypes } from "./connectors/index.ts";
import { messageOf } from "./errors.ts";
import { openInProcessMessaging } from "./messaging/in-process.ts";
import type { Messaging } from "./messaging/port.ts";
import type { Program } from "./metrics/counts.ts";
import { RunDurations } from "./run-durations.ts";
import { RunEnds } from "./run-ends.ts";
import type { Replica } from "./storage/port/finding/replica.ts";
import type { Storage } from "./storage/port.ts";
import { openPostgresStorage } from "./storage/postgres/index.ts";
import { openFileStorage, openMemoryStorage } from "./storage/sqlite/index.ts";
import type { Tracing } from "./tracing/port.ts";

/** The parts of a process, in every mode. */
export interface Parts {
  config: Config;
  log: Logger;
  clock: Clock;
  storage: Storage;
  /** What else answers reads of the API; null where there is none, and in workers. */
  replica: Replica | null;
  messaging: Messaging;
  cache: Cache;
  types: StepTypes;
  /** What workers of this process tell its API. */
  ends: RunEnds;
  /** How long the runs took that workers of this process have ended. */
  durations: RunDurations;
  /** Null while traces are off. */
  tracing: Tracing | null;
  close(): Promise<void>;
}

/** Opens the parts of a program. @throws StartError when a part can not be had. */
export async function openParts(program: Program, config: Config, log: Logger): Promise<Parts> {
  const { storage, replica, clock } = await openStorage(config, log, program !== "worker");
  const messaging = await openMessaging(config, clock, log);
  const cache = await openCache(config, clock, log);
  const types = await loadStepTypes();
  const tracing = await openTracing(program, config, log);
  const durations = new RunDurations(storage, clock, log);
  return {
    config,
    log,
    clock,
    storage,
    replica,
    messaging,
    cache,
    types,
    ends: new RunEnds(),
    durations,
    tracing,
    async close() {
      await durations.write();
      await messaging.close();
      await cache.close();
      await replica?.close();
      await storage.close();
      await tracing?.close();
    },
  };
}

/** Opens the database, migrated. @throws StartError when it can not be had. */
export async function openStorage(
  config: Config,
  log: Logger,
  usesReplica: boolean,
): Promise<{ storage: Storage; replica: Replica | null; clock: Clock }> {
  if (config.postgres !== null) {
    const onWait = (error: string) => log.warn({ error }, "waiting for PostgreSQL");
    return openPostgresStorage({ ...config.postgres, owesEvents: config.kafka !== null, usesReplica, log, onWait });
  }
  if (config.STORAGE === "memory")
    return { storage: openMemoryStorage(systemClock), replica: null, clock: systemClock };
  const storage = await openFileStorage({
    folder: config.DATA_DIR,
    synchronous: config.SQLITE_SYNCHRONOUS,
    onDeath: (error) => {
      log.fatal({ error: messageOf(error) }, "the writing thread died");
      process.exit(1);
    },
  });
  return { storage, replica: null, clock: systemClock };
}

// Clients of other services are loaded where they are used: those of Kafka and Redis are a quarter of the CPU of an embedded start.

async function openMessaging({ kafka }: Config, clock: Clock, log: Logger): Promise<Messaging> {
  if (kafka === null) return openInProcessMessaging();
  const { openKafkaMessaging } = await import("./messaging/kafka/index.ts");
  return openKafkaMessaging({ ...kafka, clock, log });
}

async function openCache({ redis }: Config, clock: Clock, log: Logger): Promise<Cache> {
  if (redis === null) return openInProcessCache({ clock });
  const { openRedisCache } = await import("./cache/redis/index.ts");
  const cache = openRedisCache({ address: redis, clock, log });
  // Or the first answers of a process could say that Redis is down, which they would for a second.
  await cache.met;
  return cache;
}

/** How programs are called in their traces. */
const SERVICE_NAMES: Record<Program, string> = { api: "workflow-api", worker: "workflow-worker", start: "workflow" };

async function openTracing(program: Program, { traces }: Config, log: Logger): Promise<Tracing | null> {
  if (traces === null) return null;
  const { openOtlpTracing } = await import("./tracing/otlp.ts");
  return openOtlpTracing({
    ...traces,
    serviceName: traces.serviceName ?? SERVICE_NAMES[program],
    clock: systemClock,
    log,
  });
}
