import type { Clock } from "../../../clock.ts";
import { pathOf } from "../../../requests/paths.ts";
import { newContext, parseTraceparent, TRACEPARENT } from "../../../tracing/context.ts";
import type { Tracing } from "../../../tracing/port.ts";
import { type Answer, onAnswer, type RoutePath, routeOf } from "./observing.ts";
import { putInTrace } from "./traces.ts";

export interface TracedOptions {
  tracing: Tracing;
  clock: Clock;
  routes: readonly RoutePath[];
}

/**
 * Makes spans of requests whose trace is sampled: one that a request belongs to, by the word of its header, or one that begins
 * with it. A trace that is not sampled is only passed on.
 */
export function traced(answer: Answer, { tracing, clock, routes }: TracedOptions): Answer {
  return (next, request) => {
    const given = request.headers.get(TRACEPARENT);
    const parent = given === null ? null : parseTraceparent(given);
    if (parent === null ? !tracing.begins() : !parent.isSampled) {
      if (parent !== null) putInTrace(request, parent);
      return answer(next, request);
    }
    const context = newContext(parent);
    putInTrace(request, context);
    const { method } = request;
    const path = pathOf(request);
    const startedAt = clock.now();
    const began = clock.monotonic();
    const reply = answer(next, request);
    onAnswer(reply, (status) => {
      const route = routeOf(routes, path);
      tracing.end({
        context,
        parentSpanId: parent?.spanId ?? null,
        name: route === undefined ? "HTTP" : `${method} ${route}`,
        kind: "server",
        startedAt,
        endedAt: startedAt + clock.monotonic() - began,
        attributes: {
          "http.request.method": method,
          "http.response.status_code": status,
          "url.path": shownPath(path),
          ...(route !== undefined && { "http.route": route }),
        },
        error: status >= 500 ? `HTTP ${status}` : null,
        link: null,
      });
    });
    return reply;
  };
}

/** The path as others may see it: without the token of a hook, which lets its reader start runs. */
function shownPath(path: string): string {
  return path.replace(/^(\/api\/v1\/hooks\/)[^/]+/, "$1…");
}
