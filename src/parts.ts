/** Opens what the configuration names: the one place where a mode becomes adapters. */
import pino, { type Logger } from "pino";
import { openInProcessCache } from "./cache/in-process.ts";
import type { Cache } from "./cache/port.ts";
import { openRedisCache } from "./cache/redis/index.ts";
import { type Clock, systemClock } from "./clock.ts";
import { type Config, loadConfig } from "./config.ts";
import { loadStepTypes, type StepTypes } from "./connectors/index.ts";
import { messageOf, StartError } from "./errors.ts";
import { openInProcessMessaging } from "./messaging/in-process.ts";
import { openKafkaMessaging } from "./messaging/kafka/index.ts";
import type { Messaging } from "./messaging/port.ts";
import type { Storage } from "./storage/port.ts";
import { openPostgresStorage } from "./storage/postgres/index.ts";
import { openFileStorage, openMemoryStorage } from "./storage/sqlite/index.ts";

/** What a process is made of, whatever the mode. */
export interface Parts {
  config: Config;
  log: Logger;
  clock: Clock;
  storage: Storage;
  messaging: Messaging;
  cache: Cache;
  types: StepTypes;
  close(): Promise<void>;
}

async function openParts(config: Config, log: Logger): Promise<Parts> {
  const { storage, clock } = await openStorage(config, log);
  const messaging =
    config.kafka === null ? openInProcessMessaging() : await openKafkaMessaging({ ...config.kafka, clock, log });
  const cache =
    config.redis === null ? openInProcessCache({ clock }) : openRedisCache({ address: config.redis, clock, log });
  const types = await loadStepTypes();
  return {
    config,
    log,
    clock,
    storage,
    messaging,
    cache,
    types,
    async close() {
      await messaging.close();
      await cache.close();
      await storage.close();
    },
  };
}

async function openStorage(config: Config, log: Logger): Promise<{ storage: Storage; clock: Clock }> {
  if (config.postgres !== null) {
    const onWait = (error: string) => log.warn({ error }, "waiting for PostgreSQL");
    return openPostgresStorage({ ...config.postgres, owesEvents: config.kafka !== null, log, onWait });
  }
  if (config.STORAGE === "memory") return { storage: openMemoryStorage(systemClock), clock: systemClock };
  const storage = await openFileStorage({
    folder: config.DATA_DIR,
    synchronous: config.SQLITE_SYNCHRONOUS,
    onDeath: (error) => die(log, error, "the writing thread died"),
  });
  return { storage, clock: systemClock };
}

/** What a process does with its parts: it starts, and tells how to stop. */
export type Program = (parts: Parts) => (() => Promise<void>) | Promise<() => Promise<void>>;

/**
 * Runs a program until a signal ends it. A reason not to start that its user can mend is one sentence and exit code 1.
 *
 * @param alone whether the program works in embedded mode; without, it needs PostgreSQL to meet the other programs
 */
export async function runProgram(name: string, alone: boolean, program: Program): Promise<void> {
  try {
    const config = loadConfig(process.env);
    if (!alone && config.postgres === null) {
      throw new StartError(
        `\`bun run ${name}\` needs PostgreSQL, to share its runs with other processes: set POSTGRES_HOST or DATABASE_URL, or use \`bun start\``,
      );
    }
    const log = pino({ level: config.LOG_LEVEL, base: null, timestamp: pino.stdTimeFunctions.isoTime });
    const parts = await openParts(config, log);
    const stop = await program(parts);
    let stopping = false;
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.on(signal, () => {
        if (stopping) return;
        stopping = true;
        log.info({ signal }, "stopping");
        stop()
          .then(() => parts.close())
          .then(
            () => process.exit(0),
            (error: unknown) => die(log, error, "could not stop cleanly"),
          );
      });
    }
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

function die(log: Logger, error: unknown, message: string): never {
  log.fatal({ error: messageOf(error) }, message);
  process.exit(1);
}
