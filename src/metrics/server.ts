/** The port for those who run the platform: metrics and signs of life, apart from the API. */
import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import { written } from "../config/address.ts";
import { codeOf, messageOf, PlatformError, StartError } from "../errors.ts";
import { hostJudge, isLoopback } from "../requests/hosts.ts";
import { pathOf } from "../requests/paths.ts";
import { Collectors } from "./collector.ts";
import type { Program } from "./counts.ts";
import { CONTENT_TYPE, exposition } from "./exposition.ts";
import { processCollector } from "./process.ts";
import type { Collector, Reading } from "./readings.ts";

/** The work of a process, as its probes and metrics see it. */
export interface Work {
  /** The state of its services. @throws PlatformError while it can't do its work */
  ready(): Promise<object>;
  collectors(): readonly Collector[];
}

export interface MetricsOptions extends Work {
  program: Program;
  /** The reading of workflow_build_info. */
  build: Reading;
  host: string;
  /** 0 takes a free one. */
  port: number;
  clock: Clock;
  log: Logger;
}

/**
 * Serves /metrics, /health and /health/ready; gives what ends that.
 *
 * @throws StartError when the port is taken or not to be had
 */
export function serveMetrics(options: MetricsOptions): () => Promise<void> {
  const { program, build, host, port, ready, clock, log } = options;
  const collectors = new Collectors(() => [processCollector, ...options.collectors()], clock);
  const routes: Record<string, () => Response | Promise<Response>> = {
    "/metrics": async () => {
      const text = await exposition(program, [build, ...(await collectors.read())]);
      return new Response(text, { headers: { "content-type": CONTENT_TYPE } });
    },
    "/health": () => json(200, { status: "ok" }),
    "/health/ready": async () => {
      try {
        return json(200, { status: "ready", ...(await ready()) });
      } catch (error) {
        if (!(error instanceof PlatformError)) throw error;
        return json(error.status, { detail: error.message, code: error.code });
      }
    },
  };
  const judgeHost = hostJudge(host, []);
  const server = listen(host, port, {
    async fetch(request) {
      const { method } = request;
      const named = request.headers.get("host");
      const path = pathOf(request);
      // On loopback another name is that of a page, which has it lead here (DNS rebinding). Probes tell it nothing.
      if (path === "/metrics" && isLoopback(host) && named !== null && judgeHost(named) !== "known") {
        return json(421, {
          detail: "Metrics are asked for by a name of this machine here",
          code: "misdirected_request",
        });
      }
      const answer = routes[path];
      if (answer === undefined) return json(404, { detail: "Not Found", code: "not_found" });
      if (method === "GET" || method === "HEAD") return answer();
      return json(405, { detail: "Method Not Allowed", code: "method_not_allowed" }, { allow: "GET, HEAD" });
    },
    error(error) {
      log.error({ error: messageOf(error) }, "metrics not answered");
      return json(500, { detail: "Something went wrong on our side; the log names it", code: "internal" });
    },
  });
  log.info({ address: `http://${written(host)}:${server.port}` }, "metrics");
  return () => server.stop(true);
}

interface Handlers {
  fetch(request: Request): Promise<Response>;
  error(error: unknown): Response;
}

function listen(host: string, port: number, handlers: Handlers) {
  try {
    return Bun.serve({ hostname: host, port, development: false, reusePort: false, ...handlers });
  } catch (error) {
    throw new StartError(
      `Metrics can't be had on ${host}:${port} (${codeOf(error)}); set METRICS_HOST and METRICS_PORT to an address of this machine that is free`,
    );
  }
}

function json(status: number, body: object, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } });
}
