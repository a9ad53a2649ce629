import type { Logger } from "pino";
import type { Clock } from "../src/clock.ts";
import type { Config } from "../src/config.ts";
import type { StepTypes } from "../src/connectors/index.ts";
import { shareDescriptors } from "../src/descriptors.ts";
import { CONTAINER_TYPES } from "../src/language/definition/control.ts";
import type { Messaging } from "../src/messaging/port.ts";
import type { Collector } from "../src/metrics/readings.ts";
import { aborted, pause } from "../src/resilience/waiting.ts";
import type { RunDurations } from "../src/run-durations.ts";
import type { RunEnds } from "../src/run-ends.ts";
import { shortcutsOf } from "../src/shortcuts.ts";
import type { Storage } from "../src/storage/port.ts";
import type { Tracing } from "../src/tracing/port.ts";
import { Dispatcher } from "./dispatcher.ts";
import { EndedRuns } from "./ended-runs.ts";
import { ThreadPool } from "./execution/pool.ts";
import { Sweeper } from "./intake/sweeper.ts";
import { Turns } from "./intake/turns.ts";
import { Outbox } from "./outbox.ts";
import { webhookSettings } from "./webhook/settings.ts";

/**
 * How often the sweeper looks at least. Embedded it is told of all runs that fall due; behind a broker it finds those whose
 * message was lost; with PostgreSQL alone it finds all runs.
 */
const SWEEP_MILLISECONDS = { embedded: 1000, broker: 250, alone: 50 };
/** How long runs in flight may take to end when a worker stops. */
const RUNS_MILLISECONDS = 15_000;

export interface WorkerOptions {
  config: Config;
  storage: Storage;
  messaging: Messaging;
  types: StepTypes;
  /** Told of the runs that end here. */
  ends: RunEnds;
  durations: RunDurations;
  /** Null while traces are off. */
  tracing: Tracing | null;
  clock: Clock;
  log: Logger;
}

/** Executes runs. */
export interface Worker {
  /** Read its runs, effects and threads, for the metrics. */
  collectors: Collector[];
  /** Takes no more runs, lets those in flight end unless there is a hurry, and gives the rest back. */
  stop(hurry: AbortSignal): Promise<void>;
}

/** Starts claiming and executing runs in this process. */
export function startWorker(options: WorkerOptions): Worker {
  const { config, storage, messaging, types, ends, durations, tracing, clock, log } = options;
  const leaseMilliseconds = Math.round(config.LEASE_SECONDS * 1000);
  const maxBatches = config.WORKER_THREADS * 2;
  const executor = new ThreadPool({
    threads: config.WORKER_THREADS,
    maxTasks: config.WORKER_MAX_IN_FLIGHT + maxBatches,
    clock,
    log,
    webhook: webhookSettings(config),
    stepTypes: [...types.keys(), ...CONTAINER_TYPES],
  });
  let ended = 0;
  const endedRuns = new EndedRuns();
  const completed = new Outbox({ storage, messaging, clock, log });
  const dispatcher = new Dispatcher({
    storage,
    executor,
    types,
    tracing,
    shortcuts: shortcutsOf(config.SHORTCUTS),
    trustsMessages: config.kafka !== null && config.kafka.sasl !== null,
    clock,
    log,
    maxBatches,
    maxInFlight: config.WORKER_MAX_IN_FLIGHT,
    maxEffects: shareDescriptors(config.WORKER_MAX_EFFECTS).effects,
    leaseMilliseconds,
    onGivenBack: (dueAt) => sweeper.notice(dueAt),
    onLinedUp: () => turns.linedUp(),
    onEnded: (event, startedAt, takesTurns = false) => {
      ended++;
      const { namespace, workflow_id: workflowUuid, status } = event;
      durations.add({ namespace, workflowUuid, status, milliseconds: clock.now() - startedAt });
      if (takesTurns) turns.ended({ namespace: event.namespace, uuid: event.run_id });
      endedRuns.add(event);
      ends.tell({ namespace: event.namespace, uuid: event.run_id });
      completed.add(event);
    },
  });
  const turns = new Turns({ storage, clock, log, onGivenBack: (dueAt) => sweeper.notice(dueAt) });
  const sweep = config.postgres === null ? "embedded" : config.kafka === null ? "alone" : "broker";
  // With jitter: workers that started together would ask together for ever.
  const longestMilliseconds = () => SWEEP_MILLISECONDS[sweep] * (0.75 + Math.random() / 2);
  const patienceMilliseconds = () => (sweep === "broker" ? dispatcher.patience() : 0);
  const sweeper = new Sweeper({
    storage,
    dispatcher,
    clock,
    log,
    patienceMilliseconds,
    longestMilliseconds,
  });
  messaging.consumeTriggers(dispatcher);
  sweeper.start();
  completed.start();
  return {
    collectors: [{ name: "worker", read: () => [...dispatcher.readings(), ...executor.readings()] }],
    async stop(hurry) {
      const consumed = messaging.stopConsuming();
      sweeper.stop();
      turns.stop();
      await dispatcher.stop(pause(clock, RUNS_MILLISECONDS, hurry));
      const rest = async () => {
        await consumed;
        await completed.stop();
        await executor.close();
      };
      // In a hurry the consumer group is not left in good order, and events that were not sent are owed.
      await Promise.race([rest(), aborted(hurry)]);
      log.info({ runs_ended: ended }, "stopped working");
    },
  };
}
