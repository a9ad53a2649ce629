import { expect, test } from "bun:test";
import pino from "pino";
import { systemClock } from "../../../clock.ts";
import { PlatformError } from "../../../errors.ts";
import type { Span, Tracing } from "../../../tracing/port.ts";
import { failureReplies } from "../../failures.ts";
import { traceOf } from "./traces.ts";
import { traced } from "./tracing.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = "b7ad6b7169203331";
const ROUTES = [{ path: "/runs/:id", pattern: /^\/runs\/[^/]+$/ }];

function open(begins: boolean) {
  const spans: Span[] = [];
  const tracing: Tracing = { begins: () => begins, end: (span) => spans.push(span), close: async () => {} };
  const lines: Record<string, unknown>[] = [];
  const log = pino({ base: null }, { write: (line) => lines.push(JSON.parse(line)) });
  const failureReply = failureReplies(log);
  const fails = traced((_, request) => failureReply(new PlatformError("internal"), request), {
    ...{ tracing, clock: systemClock, routes: ROUTES },
  });
  const answers = traced((next, request) => next(request), { tracing, clock: systemClock, routes: ROUTES });
  return { spans, lines, fails, answers };
}

const request = (path: string, headers: Record<string, string> = {}) => new Request(`http://host${path}`, { headers });
const ok = async () => new Response();

test("the span of a request has the path of its route, and its status", async () => {
  const { spans, answers } = open(true);
  await answers(ok, request("/runs/1?secret=2"));
  await answers(async () => new Response(null, { status: 404 }), request("/nothing"));
  await expect(answers(() => Promise.reject(new Error("no")), request("/runs/2"))).rejects.toThrow();
  expect(spans).toMatchObject([
    { name: "GET /runs/:id", kind: "server", parentSpanId: null, error: null },
    { name: "HTTP", attributes: { "http.response.status_code": 404 }, error: null },
    { name: "GET /runs/:id", attributes: { "http.response.status_code": 500 }, error: "HTTP 500" },
  ]);
  expect(spans[0]?.attributes).toEqual({
    "http.request.method": "GET",
    "http.response.status_code": 200,
    "http.route": "/runs/:id",
    "url.path": "/runs/1",
  });
  expect(new Set(spans.map(({ context }) => context.traceId)).size).toBe(3);
});

test("the span of a delivery does not have the token of its hook", async () => {
  const { spans, answers } = open(true);
  await answers(ok, request("/api/v1/hooks/token-of-a-hook"));
  expect(JSON.stringify(spans)).toContain("/api/v1/hooks/…");
  expect(JSON.stringify(spans)).not.toContain("token-of-a-hook");
});

test("a request is in the trace that its header names, whatever share begins one", async () => {
  const sampled = request("/runs/1", { traceparent: `00-${TRACE}-${PARENT}-01` });
  const unsampled = request("/runs/1", { traceparent: `00-${TRACE}-${PARENT}-00` });
  const plain = request("/runs/1");
  for (const begins of [true, false]) {
    const { spans, answers } = open(begins);
    for (const one of [sampled, unsampled]) await answers(ok, one);
    expect(spans).toMatchObject([{ context: { traceId: TRACE }, parentSpanId: PARENT }]);
    expect(traceOf(sampled)).toEqual(spans[0]?.context ?? null);
    expect(traceOf(unsampled)).toEqual({ traceId: TRACE, spanId: PARENT, isSampled: false });
  }
  const { spans, answers } = open(false);
  await answers(ok, plain);
  expect([spans, traceOf(plain)]).toEqual([[], null]);
});

test("log lines about a request name its trace", () => {
  const { lines, fails } = open(false);
  fails(ok, request("/runs/1", { traceparent: `00-${TRACE}-${PARENT}-01` }));
  fails(ok, request("/runs/1"));
  expect(lines.map(({ trace_id }) => trace_id)).toEqual([TRACE, undefined]);
});
