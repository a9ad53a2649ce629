/** All in one: API and workers in one process. The composition root of the embedded platform. */
import pino, { type Logger } from "pino";
import { Dispatcher } from "../workers/dispatcher.ts";
import { ThreadPool } from "../workers/pool.ts";
import { Sweeper } from "../workers/sweeper.ts";
import { systemClock as clock } from "./clock.ts";
import { type Config, loadConfig } from "./config.ts";
import { loadStepTypes } from "./connectors/index.ts";
import { messageOf, StartError } from "./errors.ts";
import { openInProcessMessaging } from "./messaging/in-process.ts";
import { type Server, startServer } from "./server.ts";
import { openFileStorage, openMemoryStorage } from "./storage/sqlite/index.ts";

const REQUESTS_MILLISECONDS = 5000;
const RUNS_MILLISECONDS = 15_000;

async function start(config: Config, log: Logger): Promise<() => Promise<void>> {
  const storage =
    config.STORAGE === "memory"
      ? openMemoryStorage(clock)
      : await openFileStorage({
          folder: config.DATA_DIR,
          synchronous: config.SQLITE_SYNCHRONOUS,
          onDeath: (error) => die(log, error, "the writing thread died"),
        });
  const messaging = openInProcessMessaging();
  const types = await loadStepTypes();
  const server = startServer({ config, storage, messaging, types, clock, log });

  const leaseMilliseconds = Math.round(config.LEASE_SECONDS * 1000);
  const maxBatches = config.WORKER_THREADS * 2;
  const executor = new ThreadPool({
    threads: config.WORKER_THREADS,
    maxTasks: config.WORKER_MAX_IN_FLIGHT + maxBatches,
    clock,
  });
  const dispatcher = new Dispatcher({
    storage,
    executor,
    clock,
    log,
    maxBatches,
    maxInFlight: config.WORKER_MAX_IN_FLIGHT,
    maxEffects: config.BUN_CONFIG_MAX_HTTP_REQUESTS,
    leaseMilliseconds,
    onGivenBack: (dueAt) => sweeper.notice(dueAt),
  });
  const sweeper = new Sweeper({ storage, dispatcher, clock, log, leaseMilliseconds });
  messaging.consumeTriggers(dispatcher);
  sweeper.start();
  announce(config, server, log);

  return async () => {
    await server.stop(REQUESTS_MILLISECONDS);
    sweeper.stop();
    await dispatcher.stop(RUNS_MILLISECONDS);
    await executor.close();
    await messaging.close();
    await storage.close();
  };
}

function announce(config: Config, server: Server, log: Logger): void {
  const data = config.STORAGE === "memory" ? "in memory, gone when this process ends" : config.DATA_DIR;
  const docs = `${server.address}/docs`;
  log.info(
    { address: server.address, docs, mode: config.mode, data, synchronous: config.SQLITE_SYNCHRONOUS },
    "listening",
  );
  process.stderr.write(
    `\n  API   ${server.address}\n  Docs  ${docs}\n  Mode  ${config.mode} (one process, nothing else needed)\n  Data  ${data}\n\n`,
  );
}

function die(log: Logger, error: unknown, message: string): never {
  log.fatal({ error: messageOf(error) }, message);
  process.exit(1);
}

try {
  const config = loadConfig(process.env);
  const log = pino({ level: config.LOG_LEVEL, base: null, timestamp: pino.stdTimeFunctions.isoTime });
  const stop = await start(config, log);
  let stopping = false;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      log.info({ signal }, "stopping");
      stop().then(
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
