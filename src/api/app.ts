import { Elysia } from "elysia";
import type { Logger } from "pino";
import type { StepTypes } from "../connectors/index.ts";
import { PlatformError } from "../errors.ts";
import type { ReadinessService } from "../services/readiness.ts";
import type { RunService } from "../services/runs.ts";
import type { TriggerService } from "../services/triggers.ts";
import type { WorkflowService } from "../services/workflows.ts";
import { errorReply, failureReplies, requestIdOf } from "./failures.ts";
import { runRoutes } from "./runs.ts";
import { serviceRoutes } from "./service.ts";
import { swaggerDocs } from "./swagger.ts";
import { workflowRoutes } from "./workflows.ts";

/** Bun refuses longer bodies by itself and without a word; ours are refused at 1 MiB with one, before they are read. */
const BUN_MAX_BODY_BYTES = 2 ** 40;
/** Seconds that an idle connection is kept: longer than proxies keep theirs, so that they are the ones to close. */
const IDLE_SECONDS = 120;

export interface AppOptions {
  workflows: WorkflowService;
  triggers: TriggerService;
  runs: RunService;
  readiness: ReadinessService;
  types: StepTypes;
  log: Logger;
}

/** The HTTP API. */
export function createApp({ workflows, triggers, runs, readiness, types, log }: AppOptions) {
  const failureReply = failureReplies(log);
  const app = new Elysia({
    normalize: false,
    serve: {
      development: false,
      reusePort: false,
      idleTimeout: IDLE_SECONDS,
      maxRequestBodySize: BUN_MAX_BODY_BYTES,
    },
  })
    .onError(({ code, error, request }) =>
      code === "NOT_FOUND" ? unknownRoute(request, allowed) : failureReply(error, request),
    )
    .use(swaggerDocs(types))
    .use(serviceRoutes(readiness))
    .use(workflowRoutes(workflows, types))
    .use(runRoutes(triggers, runs));
  const allowed = app.routes.map(({ method, path }) => ({ method, pattern: patternOf(path) }));
  return app;
}

function unknownRoute(request: Request, routes: { method: string; pattern: RegExp }[]): Response {
  const { pathname } = new URL(request.url);
  const matching = routes.filter(({ pattern }) => pattern.test(pathname));
  const methods = [...new Set(matching.flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method])))];
  const requestId = requestIdOf(request);
  return methods.length === 0
    ? errorReply(new PlatformError("not_found"), requestId)
    : errorReply(new PlatformError("method_not_allowed"), requestId, { allow: methods.join(", ") });
}

/** Matches the paths of a route, with and without a trailing slash. */
function patternOf(path: string): RegExp {
  const escaped = path.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/\/$/, "");
  return new RegExp(`^${escaped.replace(/:\w+/g, "[^/]+")}/?$`);
}
