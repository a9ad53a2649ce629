import pino from "pino";
import { createApp } from "../../src/api/app.ts";
import { openInProcessCache } from "../../src/cache/in-process.ts";
import { systemClock } from "../../src/clock.ts";
import { loadStepTypes } from "../../src/connectors/index.ts";
import { ComputedInputs } from "../../src/engine/inputs/inputs.ts";
import { openInProcessMessaging } from "../../src/messaging/in-process.ts";
import { RequestKeyRepository } from "../../src/repositories/request-keys.ts";
import { RunRequests } from "../../src/repositories/run-requests.ts";
import { RunRepository } from "../../src/repositories/runs.ts";
import { WorkflowRepository } from "../../src/repositories/workflows.ts";
import { RunDurations } from "../../src/run-durations.ts";
import { RunEnds } from "../../src/run-ends.ts";
import { Beginnings } from "../../src/services/bulk/beginnings.ts";
import { BulkService } from "../../src/services/bulk/bulk.ts";
import { ControlService } from "../../src/services/control.ts";
import { RunLists } from "../../src/services/finding/run-lists.ts";
import { RunSteps } from "../../src/services/finding/run-steps.ts";
import { HistoryService } from "../../src/services/history/history.ts";
import { HookService } from "../../src/services/hooks/hooks.ts";
import { Preparing } from "../../src/services/preparing.ts";
import { ReadinessService } from "../../src/services/readiness.ts";
import { RepeatableRequests } from "../../src/services/repeatable.ts";
import { RetryService } from "../../src/services/retries.ts";
import { RunStarts } from "../../src/services/run-starts.ts";
import { RunWaits } from "../../src/services/run-waits.ts";
import { RunService } from "../../src/services/runs.ts";
import { Firing } from "../../src/services/schedules/firing.ts";
import { ScheduleService } from "../../src/services/schedules/schedules.ts";
import { SignalService } from "../../src/services/signals.ts";
import { StatsService } from "../../src/services/stats.ts";
import { SystemService } from "../../src/services/system.ts";
import { TestService } from "../../src/services/tests.ts";
import { TriggerBatches } from "../../src/services/trigger-batches.ts";
import { TriggerEvents } from "../../src/services/trigger-events.ts";
import { TriggerService } from "../../src/services/triggers.ts";
import { WorkflowService } from "../../src/services/workflows.ts";
import { openMemoryStorage } from "../../src/storage/sqlite/index.ts";
import { InProcessTester } from "../../src/testing/tester.ts";

/** The routes as Elysia has them, written as OpenAPI does. */
export async function routesOfApp(): Promise<string[]> {
  const log = pino({ level: "silent" });
  const storage = openMemoryStorage(systemClock);
  const cache = openInProcessCache({ clock: systemClock });
  const runs = new RunRepository(storage, cache, systemClock, () => null);
  const definitions = new WorkflowRepository(storage, systemClock);
  const workflows = new WorkflowService(definitions, systemClock, 0);
  const types = await loadStepTypes();
  const runService = new RunService(runs, systemClock);
  const runLists = new RunLists(runs, definitions, systemClock);
  const messaging = openInProcessMessaging();
  const events = new TriggerEvents(messaging, systemClock, log);
  const preparing = new Preparing(definitions);
  const firing = new Firing({ storage, preparing, events, clock: systemClock, log, graceMilliseconds: 0 });
  const keys = new RequestKeyRepository(storage, systemClock);
  const starts = new RunStarts({ runs, events, messaging, graceMilliseconds: 0, clock: systemClock, log });
  const triggers = new TriggerService(runs, preparing, starts);
  const requests = new RunRequests(storage);
  const retries = new RetryService(runService, { repository: runs, requests }, preparing, events);
  const app = createApp({
    workflows,
    tests: new TestService(new InProcessTester(types, systemClock), workflows, types),
    triggers,
    hooks: new HookService(storage, definitions, triggers, systemClock),
    batches: new TriggerBatches({ runs, keys, preparing, starts }),
    schedules: new ScheduleService(storage.schedules, definitions, firing, systemClock),
    runs: runService,
    runLists,
    runSteps: new RunSteps(runs, new ComputedInputs(types)),
    waits: new RunWaits({ storage, ends: new RunEnds(), clock: systemClock, log }),
    stats: new StatsService(storage, new RunDurations(storage, systemClock, log), definitions, systemClock),
    system: new SystemService({
      ...{ storage, readiness: new ReadinessService([], systemClock), messaging, clock: systemClock },
      config: { mode: "embedded", RETENTION_DAYS: 0, LEASE_SECONDS: 30 },
    }),
    signals: new SignalService({ runs: runService, repository: runs, events, messaging, clock: systemClock }),
    control: new ControlService(runService, requests, events),
    retries,
    bulk: new BulkService(storage, runLists, new Beginnings(runs, definitions), retries, systemClock),
    history: new HistoryService({
      ...{ storage, runs: runService, lists: runLists, find: (key) => runs.find(key), clock: systemClock, log },
    }),
    requests: new RepeatableRequests(keys),
    readiness: new ReadinessService([], systemClock),
    replica: null,
    types,
    assetPrefix: "",
    log,
    countsRequests: false,
    tracing: null,
    clock: systemClock,
    listensOn: "127.0.0.1",
    publicHosts: [],
    corsOrigins: [],
  });
  await storage.close();
  return [...new Set(app.routes.map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`))];
}
