import { Elysia } from "elysia";
import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import type { StepTypes } from "../connectors/index.ts";
import { PlatformError } from "../errors.ts";
import { pathOf } from "../requests/paths.ts";
import type { BulkService } from "../services/bulk/bulk.ts";
import type { ControlService } from "../services/control.ts";
import type { RunLists } from "../services/finding/run-lists.ts";
import type { RunSteps } from "../services/finding/run-steps.ts";
import type { HistoryService } from "../services/history/history.ts";
import type { HookService } from "../services/hooks/hooks.ts";
import type { ReadinessService } from "../services/readiness.ts";
import type { RepeatableRequests } from "../services/repeatable.ts";
import type { RetryService } from "../services/retries.ts";
import type { RunWaits } from "../services/run-waits.ts";
import type { RunService } from "../services/runs.ts";
import type { ScheduleService } from "../services/schedules/schedules.ts";
import type { SignalService } from "../services/signals.ts";
import type { StatsService } from "../services/stats.ts";
import type { SystemService } from "../services/system.ts";
import type { TestService } from "../services/tests.ts";
import type { TriggerBatches } from "../services/trigger-batches.ts";
import type { TriggerService } from "../services/triggers.ts";
import type { WorkflowService } from "../services/workflows.ts";
import type { Replica } from "../storage/port/finding/replica.ts";
import type { Tracing } from "../tracing/port.ts";
import { errorReply, failureReplies, requestIdOf } from "./failures.ts";
import { swaggerDocs } from "./openapi/swagger.ts";
import { pageRoutes } from "./page.ts";
import { type DoorOptions, doors } from "./request/doors/doors.ts";
import { ReadAfter } from "./request/read-after.ts";
import { counting } from "./request/watching/counting.ts";
import { traced } from "./request/watching/tracing.ts";
import { editingRoutes } from "./routes/definitions/editing.ts";
import { languageRoutes } from "./routes/definitions/language.ts";
import { testRoutes } from "./routes/definitions/tests.ts";
import { workflowRoutes } from "./routes/definitions/workflows.ts";
import { hookRoutes } from "./routes/hooks.ts";
import { bulkRoutes } from "./routes/runs/bulk.ts";
import { controlRoutes } from "./routes/runs/control.ts";
import { eventRoutes } from "./routes/runs/events.ts";
import { runRoutes } from "./routes/runs/runs.ts";
import { signalRoutes } from "./routes/runs/signals.ts";
import { stepRoutes } from "./routes/runs/steps.ts";
import { triggerRoutes } from "./routes/runs/triggers.ts";
import { scheduleRoutes } from "./routes/schedules.ts";
import { guideRoutes } from "./routes/service/guides.ts";
import { mcpRoutes } from "./routes/service/mcp.ts";
import { serviceRoutes } from "./routes/service/service.ts";
import { statsRoutes } from "./routes/service/stats.ts";
import { systemRoutes } from "./routes/service/system.ts";

/** Bun refuses longer bodies by itself and without a word; ours are refused at 1 MiB with one, before they are read. */
const BUN_MAX_BODY_BYTES = 2 ** 40;
/** Seconds that an idle connection is kept: longer than proxies keep theirs, so that they are the ones to close. */
const IDLE_SECONDS = 120;

export interface AppOptions extends DoorOptions {
  workflows: WorkflowService;
  triggers: TriggerService;
  batches: TriggerBatches;
  runs: RunService;
  runLists: RunLists;
  runSteps: RunSteps;
  waits: RunWaits;
  stats: StatsService;
  system: SystemService;
  tests: TestService;
  schedules: ScheduleService;
  hooks: HookService;
  signals: SignalService;
  control: ControlService;
  retries: RetryService;
  bulk: BulkService;
  history: HistoryService;
  requests: RepeatableRequests;
  readiness: ReadinessService;
  /** What tells the positions of writes; null without a replica. */
  replica: Pick<Replica, "position"> | null;
  types: StepTypes;
  /** What is put before the assets of pages: an https origin, a path, or nothing. */
  assetPrefix: string;
  log: Logger;
  /** Whether requests are counted for the metrics. */
  countsRequests: boolean;
  /** Null while traces are off. */
  tracing: Tracing | null;
  clock: Clock;
}

/** The HTTP API. */
export function createApp(options: AppOptions) {
  const {
    workflows,
    triggers,
    batches,
    runs,
    runLists,
    runSteps,
    waits,
    stats,
    system,
    tests,
    schedules,
    hooks,
    signals,
    control,
    retries,
    bulk,
    history,
    requests,
    readiness,
    replica,
    types,
    assetPrefix,
    log,
    countsRequests,
    tracing,
    clock,
    ...doorOptions
  } = options;
  const failureReply = failureReplies(log);
  const admit = doors(doorOptions, misread);
  const readAfter = new ReadAfter(replica);
  const app = new Elysia({
    normalize: false,
    // Elysia looks for the path behind a host of four characters or more unless it is told that there are shorter ones.
    handler: { standardHostname: false },
    serve: {
      development: false,
      reusePort: false,
      idleTimeout: IDLE_SECONDS,
      maxRequestBodySize: BUN_MAX_BODY_BYTES,
    },
  })
    .wrap((next) => (request: Request) => answer(next, request))
    .onError(({ code, error, request }) => (code === "NOT_FOUND" ? notFound(request) : failureReply(error, request)))
    .use(swaggerDocs(types, assetPrefix))
    .use(pageRoutes(assetPrefix))
    .use(serviceRoutes(readiness))
    .use(workflowRoutes(workflows, types, readAfter))
    .use(triggerRoutes(triggers, batches, requests, runs, waits, readAfter))
    .use(runRoutes({ runs, lists: runLists, steps: runSteps, waits }, readAfter))
    .use(stepRoutes(runSteps))
    .use(scheduleRoutes(schedules, readAfter))
    .use(hookRoutes(hooks, runs, waits, readAfter))
    .use(signalRoutes(signals, requests, readAfter))
    .use(statsRoutes(stats))
    .use(systemRoutes(system))
    .use(controlRoutes(control, retries, requests, readAfter))
    .use(bulkRoutes(bulk, requests, readAfter))
    .use(eventRoutes(history, clock))
    .use(languageRoutes())
    .use(editingRoutes(workflows, types))
    .use(testRoutes(tests))
    .use(guideRoutes())
    .use(mcpRoutes(within));
  const allowed = app.routes.map(({ method, path }) => ({ method, path, pattern: patternOf(path) }));
  const counted = countsRequests ? counting(allowed, admit) : admit;
  const answer = tracing === null ? counted : traced(counted, { tracing, clock, routes: allowed });
  return app;

  /** Carries out a request that comes from this process itself. */
  function within(request: Request): Promise<Response> {
    return Promise.resolve(app.handle(request));
  }

  /** Elysia looks for the path in a whole address, which a request without a Host does not have. */
  function misread(request: Request): Response | null {
    return allowed.some(({ pattern }) => pattern.test(pathOf(request))) ? null : notFound(request);
  }

  function notFound(request: Request): Response {
    return unknownRoute(request, allowed);
  }
}

function unknownRoute(request: Request, routes: { method: string; pattern: RegExp }[]): Response {
  const path = pathOf(request);
  const matching = routes.filter(({ pattern }) => pattern.test(path));
  const methods = [...new Set(matching.flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method])))];
  const requestId = requestIdOf(request);
  return methods.length === 0
    ? errorReply(new PlatformError("not_found"), requestId)
    : errorReply(new PlatformError("method_not_allowed"), requestId, { allow: methods.join(", ") });
}

/** Matches the paths of a route, with and without a trailing slash; `*` at its end is any rest. */
function patternOf(path: string): RegExp {
  const escaped = path.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/\/$/, "");
  return new RegExp(`^${escaped.replace(/:\w+/g, "[^/]+").replace(/\\\*$/, ".*")}/?$`);
}
