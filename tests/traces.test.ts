/** Traces by OpenTelemetry: what a small receiver gets of one process. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { Client, type StepInput } from "./harness/http/client.ts";
import { expectReply } from "./harness/http/expect.ts";
import { textAt } from "./harness/http/json.ts";
import { Platform, SINKS } from "./harness/platform.ts";
import { connectorSource, PlatformCopy } from "./harness/platform-copy.ts";
import { deadUrl, Sink } from "./harness/sinks/sink.ts";
import { type ReceivedSpan, TraceSink } from "./harness/sinks/trace-sink.ts";

const PARENT = "b7ad6b7169203331";
const SERVER = 2;
const CLIENT = 3;

const receiver = new TraceSink();
const sink = new Sink();
const TRACED = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, OTEL_TRACES_SAMPLER_ARG: "0", WEBHOOK_ALLOW: SINKS };

const copy = new PlatformCopy({ throws: connectorSource("throws", "pure", "throw new Error('of the test');") });
let platform: Platform;
beforeAll(async () => {
  const env = { ...TRACED, OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20secret" };
  platform = await Platform.start({ env, root: copy.root });
});
afterAll(async () => {
  await platform.close();
  await receiver.close();
  await sink.close();
  copy.remove();
});

const newTraceId = () => crypto.randomUUID().replaceAll("-", "");
const hook = (path: string, more: Partial<StepInput> = {}): StepInput => ({
  ...{ name: path.slice(1), type: "webhook", config: { method: "POST", url: sink.url(path), body: {} } },
  ...more,
});
const pure: StepInput = { name: "pure", type: "transform", config: { value: 1 } };

/** Triggers a workflow with these headers; gives the run's id. */
async function start(api: Client, workflow_id: string, headers: Record<string, string>): Promise<string> {
  const body = JSON.stringify({ workflow_id });
  const reply = await api.send("POST", "/api/v1/trigger", {
    body,
    headers: { "content-type": "application/json", ...headers },
  });
  expectReply(reply, 200);
  return textAt(reply.body, "run_id");
}

/** Triggers a workflow of these steps, and waits until its run is over; gives its id. */
async function trigger(on: Platform, steps: StepInput[], headers: Record<string, string>): Promise<string> {
  const api = new Client(on.url);
  const workflow_id = await api.create(steps);
  const run = await start(api, workflow_id, headers);
  await api.untilEnded(run);
  return run;
}

/** The headers `traceparent` of the webhooks that came to a path. */
const sentTo = (path: string) => sink.at(path).map(({ headers }) => headers.get("traceparent"));
const headerOf = ({ traceId, spanId }: ReceivedSpan) => `00-${traceId}-${spanId}-01`;

test("a trigger is one trace: its request, its run, and each attempt of each step, whose webhooks name it", async () => {
  const traceId = newTraceId();
  let asked = 0;
  const flaky = Bun.serve({
    ...{ hostname: "127.0.0.1", port: 0 },
    fetch: (request) => {
      sink.received.push({ method: "POST", path: "/flaky", headers: request.headers, text: "" });
      return new Response(null, { status: asked++ === 0 ? 503 : 200 });
    },
  });
  const retried: StepInput = {
    ...{ name: "retried", type: "webhook", config: { method: "POST", url: flaky.url.href, body: {} } },
    retry: { on: ["http"], max_attempts: 2, initial_interval: 0.1, jitter: 0 },
  };
  // Long enough for the second attempt of the other branch to begin before it is over.
  const delay: StepInput = { name: "delay", type: "delay", config: { duration: 2 } };
  const branches = [
    { name: "a", steps: [retried] },
    { name: "b", steps: [delay, hook("/branch")] },
  ];
  const run = await trigger(
    platform,
    [pure, hook("/first"), { name: "all", type: "parallel", config: { branches } }, { ...pure, name: "last" }],
    { traceparent: `00-${traceId}-${PARENT}-01` },
  );
  expect(asked).toBe(2);
  await flaky.stop(true);
  const trace = await receiver.trace(traceId, 10);
  expect(trace.lines(PARENT)).toEqual([
    "workflow: POST /api/v1/trigger",
    "  workflow: run",
    "    workflow: step transform 0",
    "    workflow: step webhook 1",
    "    workflow: step parallel 2",
    "      workflow: step webhook 2/0/0 failed",
    "      workflow: step delay 2/1/0",
    "      workflow: step webhook 2/0/0 #2",
    "      workflow: step webhook 2/1/1",
    "    workflow: step transform 3",
  ]);
  expect(sentTo("/first")).toEqual(trace.at("1").map(headerOf));
  expect(sentTo("/branch")).toEqual(trace.at("2/1/1").map(headerOf));
  expect(sentTo("/flaky")).toEqual(trace.at("2/0/0").map(headerOf));
  const [request, runSpan] = trace.spans;
  expect(request?.attributes).toMatchObject({ "http.route": "/api/v1/trigger", "http.response.status_code": 200 });
  expect(request?.kind).toBe(SERVER);
  expect(runSpan?.attributes).toMatchObject({ "workflow.run_id": run, "workflow.run_status": "success" });
  expect(trace.at("1")).toMatchObject([
    { kind: CLIENT, attributes: { "workflow.step": "first", "http.response.status_code": 200 } },
  ]);
  const [, second] = trace.at("2/0/0");
  const [first] = trace.at("2/0/0");
  // It waited for a tenth of a second, and its receiver was not asked before.
  expect(Number(second?.startedAt) - Number(first?.endedAt)).toBeGreaterThanOrEqual(99);
  for (const { startedAt, endedAt } of trace.spans) expect(endedAt).toBeGreaterThanOrEqual(startedAt);
  expect(receiver.headers.get("authorization")).toBe("Bearer secret");
});

test("a run of pure steps, which is stored once it is over, is traced alike", async () => {
  const api = new Client(platform.url);
  const workflow_id = await api.create([pure, { ...pure, name: "second" }]);
  // The third trigger of a workflow is executed before its insert.
  for (let count = 0; count < 4; count++) {
    const traceId = newTraceId();
    await start(api, workflow_id, { traceparent: `00-${traceId}-${PARENT}-01` });
    const trace = await receiver.trace(traceId, 4);
    expect(trace.lines(PARENT)).toEqual([
      "workflow: POST /api/v1/trigger",
      "  workflow: run",
      "    workflow: step transform 0",
      "    workflow: step transform 1",
    ]);
  }
});

test("a trace that is not sampled is passed on, and nothing of it is recorded", async () => {
  const traceId = newTraceId();
  await trigger(platform, [hook("/unsampled")], { traceparent: `00-${traceId}-${PARENT}-00` });
  expect(sentTo("/unsampled")).toEqual([`00-${traceId}-${PARENT}-00`]);
});

test("a request without a trace that is not sampled, or with one that does not fit, has none", async () => {
  const headers = [{}, { traceparent: "nonsense" }, { traceparent: `ff-${newTraceId()}-${PARENT}-01` }];
  for (const [index, one] of headers.entries()) {
    await trigger(platform, [hook(`/untraced-${index}`)], one);
    expect(sentTo(`/untraced-${index}`)).toEqual([null]);
  }
});

test("an author's own traceparent stays", async () => {
  const own = `00-${newTraceId()}-${PARENT}-01`;
  const config = { method: "POST", url: sink.url("/own"), body: {}, headers: { TraceParent: own } };
  await trigger(platform, [{ name: "own", type: "webhook", config }], {
    traceparent: `00-${newTraceId()}-${PARENT}-01`,
  });
  expect(sentTo("/own")).toEqual([own]);
});

test("without a header a share of the requests begins a trace, and a workflow that triggers another is in one", async () => {
  const all = await Platform.start({ env: { ...TRACED, OTEL_TRACES_SAMPLER_ARG: "1", OTEL_SERVICE_NAME: "mine" } });
  try {
    const api = new Client(all.url);
    const inner = await api.create([pure]);
    const url = `${all.url}/api/v1/trigger`;
    await trigger(
      all,
      [{ name: "outer", type: "webhook", config: { method: "POST", url, body: { workflow_id: inner } } }],
      {},
    );
    expect(await all.stop()).toBe(0);
    const outer = receiver.spans.find(({ attributes }) => attributes["workflow.step"] === "outer");
    const trace = await receiver.trace(String(outer?.traceId), 6);
    expect(trace.lines("")).toEqual([
      "mine: POST /api/v1/trigger",
      "  mine: run",
      "    mine: step webhook 0",
      "      mine: POST /api/v1/trigger",
      "        mine: run",
      "          mine: step transform 0",
    ]);
  } finally {
    await all.close();
  }
});

test("log lines about a run name its trace", async () => {
  const traceId = newTraceId();
  const run_id = await trigger(platform, [hook("/logged"), { name: "throws", type: "throws", config: {} }], {
    traceparent: `00-${traceId}-${PARENT}-01`,
  });
  const lines = platform.logs.filter(({ fields }) => fields.run_id === run_id);
  expect(lines.map(({ fields }) => fields.trace_id)).toEqual([traceId]);
});

test("a run whose process is killed goes on in its trace", async () => {
  const traceId = newTraceId();
  const killed = await Platform.start({ env: TRACED });
  try {
    const api = new Client(killed.url);
    const delay: StepInput = { name: "delay", type: "delay", config: { duration: 1 } };
    const workflow = await api.create([hook("/before"), delay, hook("/after")]);
    const run = await start(api, workflow, { traceparent: `00-${traceId}-${PARENT}-01` });
    await api.untilBegun(run, "delay");
    await killed.restart();
    await new Client(killed.url).untilEnded(run, 40_000);
    const trace = await receiver.trace(traceId, 4);
    // The span of the request had not been sent.
    const lost = String(trace.spans.find(({ name }) => name === "run")?.parentSpanId);
    expect(trace.lines(lost)).toEqual([
      "workflow: run",
      "  workflow: step webhook 0",
      "  workflow: step delay 1",
      "  workflow: step webhook 2",
    ]);
    for (const [path, step] of [
      ["/before", "0"],
      ["/after", "2"],
    ] as const) {
      // A thread that is lost under it on a busy machine has it sent again, as the same.
      expect([...new Set(sentTo(path))]).toEqual(trace.at(step).map(headerOf));
    }
  } finally {
    await killed.close();
  }
});

test("a receiver that does not answer is nobody's trouble but the log's", async () => {
  const env = { ...TRACED, OTEL_EXPORTER_OTLP_ENDPOINT: deadUrl(), OTEL_TRACES_SAMPLER_ARG: "1" };
  const alone = await Platform.start({ env });
  try {
    await trigger(alone, [pure], {});
    const began = performance.now();
    expect(await alone.stop()).toBe(0);
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(alone.logs.some(({ fields }) => fields.msg === "spans not sent")).toBe(true);
    expect(alone.complaints()).toEqual([]);
  } finally {
    await alone.close();
  }
});

test("while traces are off the header is left alone, and the library is not loaded", async () => {
  const off = await Platform.start({ env: { WEBHOOK_ALLOW: SINKS } });
  try {
    await trigger(off, [hook("/off")], { traceparent: `00-${newTraceId()}-${PARENT}-01` });
    expect(sentTo("/off")).toEqual([null]);
  } finally {
    await off.close();
  }
});
