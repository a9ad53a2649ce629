import { announce } from "./announce.ts";
import { createApp } from "./api/app.ts";
import type { Parts } from "./assemble.ts";
import { written } from "./config/address.ts";
import { graceOf } from "./config/grace.ts";
import { keepDescriptorsFree, shareDescriptors } from "./descriptors.ts";
import { ComputedInputs } from "./engine/inputs/inputs.ts";
import { codeOf, StartError } from "./errors.ts";
import { runProgram } from "./program.ts";
import { partCollector, readinessOf } from "./readiness.ts";
import { RequestKeyRepository } from "./repositories/request-keys.ts";
import { RunRequests } from "./repositories/run-requests.ts";
import { RunRepository } from "./repositories/runs.ts";
import { WorkflowRepository } from "./repositories/workflows.ts";
import { aborted, pause } from "./resilience/waiting.ts";
import type { RunKey } from "./schemas/runs/run.ts";
import { Beginnings } from "./services/bulk/beginnings.ts";
import { BulkService } from "./services/bulk/bulk.ts";
import { CarryingOut } from "./services/bulk/carrying-out.ts";
import { ControlService } from "./services/control.ts";
import { DueWork } from "./services/due-work.ts";
import { RunLists } from "./services/finding/run-lists.ts";
import { RunSteps } from "./services/finding/run-steps.ts";
import { HistoryService } from "./services/history/history.ts";
import { HookService } from "./services/hooks/hooks.ts";
import { Preparing } from "./services/preparing.ts";
import { Presence } from "./services/presence.ts";
import type { ReadinessService } from "./services/readiness.ts";
import { RepeatableRequests } from "./services/repeatable.ts";
import { RetryService } from "./services/retries.ts";
import { RunStarts } from "./services/run-starts.ts";
import { RunWaits } from "./services/run-waits.ts";
import { RunService } from "./services/runs.ts";
import { Firing } from "./services/schedules/firing.ts";
import { ScheduleService } from "./services/schedules/schedules.ts";
import { SignalService } from "./services/signals.ts";
import { StatsService } from "./services/stats.ts";
import { SystemService } from "./services/system.ts";
import { TestService } from "./services/tests.ts";
import { TriggerBatches } from "./services/trigger-batches.ts";
import { TriggerEvents } from "./services/trigger-events.ts";
import { TriggerService } from "./services/triggers.ts";
import { WorkflowService } from "./services/workflows.ts";
import { InProcessTester } from "./testing/tester.ts";

/** How long requests under way may take when a server stops. */
const REQUESTS_MILLISECONDS = 5000;
const ARRIVED_MILLISECONDS = 50;

export type ServerOptions = Omit<Parts, "close">;

/** The API, listening. */
export interface Server {
  address: string;
  readiness: ReadinessService;
  /** Takes no new connection and resolves when the requests under way are answered: after 5 s at most, in a hurry at once. */
  stop(hurry: AbortSignal): Promise<void>;
}

/** Serves the API. @throws StartError when the port is taken or not to be had. */
export function startServer(options: ServerOptions): Server {
  const { config, storage, replica, messaging, cache, types, ends, durations, tracing, clock, log } = options;
  const runs = new RunRepository(storage, cache, clock, (coming) => messaging.executeBeforeInsert(coming), replica);
  const events = new TriggerEvents(messaging, clock, log);
  const runService = new RunService(runs, clock);
  const definitions = new WorkflowRepository(storage, clock, replica);
  const { readiness, health } = readinessOf({ config, storage, replica, messaging, cache, clock, log });
  const workflows = new WorkflowService(definitions, clock, config.RETENTION_DAYS);
  const runLists = new RunLists(runs, definitions, clock);
  const find = (key: RunKey) => runs.find(key);
  const history = new HistoryService({ storage, runs: runService, lists: runLists, find, clock, log });
  const preparing = new Preparing(definitions);
  const keys = new RequestKeyRepository(storage, clock);
  const graceMilliseconds = graceOf(config);
  const firing = new Firing({ storage, preparing, events, clock, log, graceMilliseconds });
  const starts = new RunStarts({ runs, events, messaging, graceMilliseconds, clock, log });
  const waits = new RunWaits({ storage, ends, clock, log });
  const triggers = new TriggerService(runs, preparing, starts);
  const retries = new RetryService(
    runService,
    { repository: runs, requests: new RunRequests(storage) },
    preparing,
    events,
  );
  const bulkWork = new DueWork(new CarryingOut(storage, retries, events, clock, log), clock, log);
  const app = createApp({
    workflows,
    tests: new TestService(new InProcessTester(types, clock), workflows, types),
    triggers,
    batches: new TriggerBatches({ runs, keys, preparing, starts }),
    schedules: new ScheduleService(storage.schedules, definitions, firing, clock),
    hooks: new HookService(storage, definitions, triggers, clock),
    runs: runService,
    runLists,
    runSteps: new RunSteps(runs, new ComputedInputs(types)),
    waits,
    stats: new StatsService(storage, durations, definitions, clock),
    system: new SystemService({ storage, readiness, messaging, clock, config }),
    signals: new SignalService({ runs: runService, repository: runs, events, messaging, clock }),
    control: new ControlService(runService, new RunRequests(storage), events),
    retries,
    bulk: new BulkService(storage, runLists, new Beginnings(runs, definitions), retries, clock),
    history,
    requests: new RepeatableRequests(keys),
    readiness,
    replica,
    types,
    assetPrefix: config.ASSET_PREFIX,
    log,
    countsRequests: config.METRICS_PORT !== undefined,
    tracing,
    clock,
    listensOn: config.HOST,
    publicHosts: config.publicHosts,
    corsOrigins: config.corsOrigins,
  });
  listen();
  const { server } = app;
  if (server === null) throw new StartError(`Nothing listens on ${config.HOST}:${config.PORT}`);
  health.start();
  bulkWork.start();
  const leaseMilliseconds = Math.round(config.LEASE_SECONDS * 1000);
  const presence = new Presence({ storage, clock, log, leaseMilliseconds, requests: () => server.pendingRequests });
  presence.start();
  const shares = shareDescriptors(config.WORKER_MAX_EFFECTS);
  const stopWatch = keepDescriptorsFree(shares, () => server.closeIdleConnections(), clock, log);
  return {
    address: `http://${written(config.HOST)}:${server.port}`,
    readiness,
    async stop(hurry) {
      health.stop();
      presence.stop();
      stopWatch();
      history.close();
      if (config.DRAIN_SECONDS > 0) await drain(server, hurry);
      // What had arrived before the signal is in the sockets still; stopping at once would drop it unread.
      await pause(clock, ARRIVED_MILLISECONDS, hurry);
      waits.stop();
      await Promise.race([server.stop(), pause(clock, REQUESTS_MILLISECONDS, hurry)]);
      await server.stop(true);
      await Promise.race([bulkWork.stop(), aborted(hurry)]);
    },
  };

  function listen(): void {
    try {
      app.listen({ port: config.PORT, hostname: config.HOST });
    } catch (error) {
      const code = codeOf(error);
      if (code === "EADDRINUSE") {
        throw new StartError(
          `Port ${config.PORT} on ${config.HOST} is taken; stop what listens there or set another PORT`,
        );
      }
      throw new StartError(
        `Can't listen on ${config.HOST}:${config.PORT} (${code}); set HOST and PORT to an address of this machine`,
      );
    }
  }

  /** Has proxies look elsewhere: they close a connection that is answered so, and open none to a server that is not ready. */
  async function drain(listening: NonNullable<typeof server>, hurry: AbortSignal): Promise<void> {
    readiness.drain();
    listening.reload({
      routes: {},
      fetch: async (request: Request) => {
        const reply = await app.fetch(request);
        const headers = new Headers(reply.headers);
        headers.set("connection", "close");
        return new Response(reply.body, { status: reply.status, headers });
      },
    });
    log.info({ seconds: config.DRAIN_SECONDS }, "draining");
    await pause(clock, config.DRAIN_SECONDS * 1000, hurry);
  }
}

/** The API alone; workers are elsewhere. */
if (import.meta.main) {
  await runProgram("api", false, (parts) => {
    const server = startServer(parts);
    announce(parts.config, server.address, parts.log);
    const { readiness, stop } = server;
    return { stop, ready: () => readiness.check(), collectors: [partCollector(readiness)] };
  });
}
