/** The port for those who run the platform: what it counts, and its probes. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { COUNTS } from "../src/metrics/table.ts";
import { parseExposition, Scrape } from "./harness/exposition.ts";
import { Client } from "./harness/http/client.ts";
import { Platform, startRefused } from "./harness/platform.ts";

const NOBODY = "01890000-0000-7000-8000-000000000000";
const STEPS = [{ name: "greet", type: "transform", config: { value: "Hello" } }];

let platform: Platform;
let client: Client;
/** Address of the port. */
let port = "";
beforeAll(async () => {
  platform = await Platform.start({ env: { METRICS_PORT: "0", RETENTION_DAYS: "1" } });
  client = new Client(platform.url);
  port = String(platform.logs.find(({ fields }) => fields.msg === "metrics")?.fields.address);
});
afterAll(() => platform.close());

/** How far the values of a sample rose. */
async function rise(work: () => Promise<unknown>): Promise<(name: string, labels?: Record<string, string>) => number> {
  const before = await Scrape.of(port);
  await work();
  const after = await Scrape.of(port);
  return (name, labels) => after.sum(name, labels) - before.sum(name, labels);
}

test("requests are counted by the path of their route, method and status, with their times", async () => {
  const asked = (route: string, method: string, status: number) => ({ route, method, status: String(status) });
  const runs: string[] = [];
  const rose = await rise(async () => {
    const workflow = await client.create(STEPS);
    for (let count = 0; count < 3; count++) runs.push(await client.trigger(workflow));
    await client.get(`/api/v1/runs/${NOBODY}`);
    await client.get(`/api/v1/runs/${NOBODY}?pretty=1`);
    await client.get("/health/");
    await client.send("HEAD", "/health");
    await client.delete("/health");
    await client.get(`/no/such/path/${NOBODY}`);
    await client.send("PROPFIND", "/");
    await client.sendText("POST", "/api/v1/trigger", "{");
  });
  const count = "http_request_duration_seconds_count";
  const expected: [labels: Record<string, string>, requests: number][] = [
    [asked("/api/v1/workflows", "POST", 200), 1],
    [asked("/api/v1/trigger", "POST", 200), 3],
    [asked("/api/v1/trigger", "POST", 422), 1],
    [asked("/api/v1/runs/:run_id", "GET", 404), 2],
    [asked("/health", "GET", 200), 1],
    [asked("/health", "HEAD", 200), 1],
    [asked("/health", "DELETE", 405), 1],
    [asked("other", "GET", 404), 1],
    [asked("/", "other", 405), 1],
  ];
  for (const [labels, requests] of expected) expect([labels, rose(count, labels)]).toEqual([labels, requests]);
  expect(rose(count)).toBe(12);
  const seconds = rose("http_request_duration_seconds_sum");
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThan(10);
  // No path of a client is a label.
  const { families } = await Scrape.of(port);
  expect(JSON.stringify([...families])).not.toContain(NOBODY);
  // Or the next test would count their ends.
  for (const run of runs) await client.untilEnded(run);
});

test("requests that the doors keep out are counted, and what has no Host", async () => {
  const rose = await rise(async () => {
    await fetch(`${platform.url}/api/v1/workflows`, { headers: { host: "evil.example" } });
    await fetch(`${platform.url}/api/v1/workflows`, { headers: { "sec-fetch-site": "cross-site" } });
  });
  const count = "http_request_duration_seconds_count";
  expect(rose(count, { route: "/api/v1/workflows", method: "GET", status: "421" })).toBe(1);
  expect(rose(count, { route: "/api/v1/workflows", method: "GET", status: "403" })).toBe(1);
});

test("triggers, batches, the cache and runs that ended are counted", async () => {
  const workflow = await client.create(STEPS);
  const rose = await rise(async () => {
    const runs: string[] = [];
    for (let count = 0; count < 12; count++) runs.push(await client.trigger(workflow));
    await client.post("/api/v1/trigger", { workflow_id: NOBODY });
    for (const run of runs) await client.untilEnded(run);
    await client.get(`/api/v1/runs/${runs[0]}`);
    await client.get("/api/v1/runs");
    const depth = { "x-workflow-depth": "33", "content-type": "application/json" };
    await client.send("POST", "/api/v1/trigger", { body: JSON.stringify({ workflow_id: workflow }), headers: depth });
  });
  expect(
    rose("workflow_triggers_total", { outcome: "ended" }) + rose("workflow_triggers_total", { outcome: "stored" }),
  ).toBe(12);
  expect(rose("workflow_triggers_total", { outcome: "workflow_not_found" })).toBe(1);
  expect(rose("workflow_triggers_total", { outcome: "depth_exceeded" })).toBe(1);
  expect(rose("workflow_triggers_total")).toBe(14);
  expect(rose("workflow_batch_items_sum", { batch: "run_inserts" })).toBe(13);
  expect(rose("workflow_batch_items_count", { batch: "run_inserts" })).toBe(13);
  expect(rose("workflow_batch_wait_seconds_count", { batch: "run_inserts" })).toBe(13);
  expect(rose("workflow_batch_items_sum", { batch: "run_pages" })).toBe(1);
  expect(rose("workflow_batch_rejected_total")).toBe(0);
  expect(rose("workflow_cache_reads_total", { result: "hit" })).toBeGreaterThanOrEqual(1);
  expect(rose("workflow_cache_reads_total", { result: "miss" })).toBeGreaterThanOrEqual(1);
  // Of a workflow's own are those after its tenth.
  expect(rose("workflow_runs_ended_total", { status: "success" })).toBe(12);
  expect(rose("workflow_runs_ended_total", { workflow, status: "success" })).toBe(2);
  expect(rose("workflow_runs_ended_total", { status: "failed" })).toBe(0);
});

test("what the worker has in hand is read: runs that are held, effects, and how late the oldest is", async () => {
  const [asked, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const sink = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch() {
      asked.resolve();
      await answer.promise;
      return Response.json({});
    },
  });
  const run = await client.trigger(
    await client.create([{ name: "call", type: "webhook", config: { method: "GET", url: sink.url.href } }]),
  );
  await asked.promise;
  const during = await Scrape.of(port);
  expect(during.sum("workflow_runs_held")).toBe(1);
  expect(during.sum("workflow_effects", { state: "under_way" })).toBe(1);
  expect(during.sum("workflow_effects", { state: "waiting" })).toBe(0);
  expect(during.sum("workflow_oldest_due_seconds")).toBe(0);
  expect(during.sum("workflow_thread_restarts_total")).toBe(0);
  answer.resolve();
  await client.untilEnded(run);
  // Its end is stored before the worker lets go of it.
  let after = await Scrape.of(port);
  for (let time = 0; time < 100 && after.sum("workflow_runs_held") > 0; time++) after = await Scrape.of(port);
  expect(after.sum("workflow_effects")).toBe(0);
  expect(after.sum("workflow_runs_held")).toBe(0);
  await sink.stop(true);
});

test("attempts of steps and webhooks are counted, which threads execute", async () => {
  let asked = 0;
  const sink = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: () => new Response("{}", { status: asked++ === 0 ? 503 : 200 }),
  });
  const closed = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response() });
  // Its port is 0 once it is stopped.
  const nobody = closed.url.href;
  await closed.stop(true);
  const call = (url: string, retry: unknown) => ({
    name: "call",
    type: "webhook",
    config: { method: "GET", url },
    retry,
  });
  const rose = await rise(async () => {
    const steps = [
      [...STEPS, call(sink.url.href, { initial_interval: 0.01, jitter: 0 })],
      [call(nobody, false)],
      // No port for webhooks.
      [call("http://127.0.0.1:1/", false)],
      [{ name: "all", type: "block", config: { steps: [{ name: "wait", type: "delay", config: { duration: 0.3 } }] } }],
    ];
    for (const one of steps) await client.untilEnded(await client.trigger(await client.create(one)));
  });
  await sink.stop(true);
  const attempts = "workflow_step_attempt_duration_seconds";
  const ended: [type: string, outcome: string, count: number][] = [
    ["transform", "success", 1],
    ["webhook", "retried", 1],
    ["webhook", "success", 1],
    ["webhook", "failed", 2],
    ["delay", "success", 1],
    ["block", "success", 1],
  ];
  for (const [type, outcome, count] of ended) {
    expect([type, outcome, rose(`${attempts}_count`, { type, outcome })]).toEqual([type, outcome, count]);
  }
  expect(rose(`${attempts}_sum`, { type: "delay" })).toBeWithin(0.3, 5);
  expect(rose(`${attempts}_sum`, { type: "block" })).toBeWithin(0.3, 5);
  for (const outcome of ["2xx", "5xx", "config", "network"]) {
    expect([outcome, rose("workflow_webhook_requests_total", { outcome })]).toEqual([outcome, 1]);
  }
  expect(rose("workflow_webhook_requests_total")).toBe(4);
});

test("runs that sleep are counted in the database, once in ten seconds", async () => {
  await client.trigger(await client.create([{ name: "wait", type: "delay", config: { duration: 3600 } }]));
  let scrape = await Scrape.of(port);
  for (let looks = 0; looks < 40 && scrape.sum("workflow_queue_runs", { state: "asleep" }) === 0; looks++) {
    await Bun.sleep(500);
    scrape = await Scrape.of(port);
  }
  expect(scrape.sum("workflow_queue_runs", { state: "asleep" })).toBe(1);
  expect(scrape.sum("workflow_queue_runs", { state: "due" })).toBe(0);
  expect(scrape.families.get("workflow_retention_overdue_seconds")?.samples).toMatchObject([{ value: 0 }]);
  // There is no broker, and there are no partitions.
  expect(scrape.families.has("workflow_owed_events")).toBe(false);
  expect(scrape.families.has("workflow_partition_months_ahead")).toBe(false);
});

test("the process itself is measured", async () => {
  const now = Date.now() / 1000;
  const scrape = await Scrape.of(port);
  expect(scrape.sum("process_cpu_seconds_total")).toBeWithin(0.05, 60);
  expect(scrape.sum("process_resident_memory_bytes")).toBeWithin(20_000_000, 2_000_000_000);
  expect(scrape.sum("process_open_fds")).toBeWithin(5, 1000);
  expect(scrape.sum("process_max_fds")).toBeGreaterThan(scrape.sum("process_open_fds"));
  expect(scrape.sum("process_start_time_seconds")).toBeWithin(now - 120, now);
  expect(scrape.sum("workflow_data_free_bytes")).toBeGreaterThan(1_000_000);
  expect(scrape.sum("workflow_build_info", { mode: "embedded", program: "start" })).toBe(1);
  expect(scrape.sum("workflow_part_up", { part: "sqlite" })).toBe(1);
  expect(scrape.sum("workflow_part_degraded", { part: "sqlite" })).toBe(0);
  const collectors = scrape.families.get("workflow_collector_up")?.samples ?? [];
  expect(collectors.map(({ labels, value }) => [labels.collector, value])).toContainEqual(["readiness", 1]);
  expect(collectors.filter(({ value }) => value !== 1)).toEqual([]);
  const delays = (of: Scrape) => of.sum("workflow_event_loop_delay_seconds_count");
  while (delays(await Scrape.of(port)) === delays(scrape)) await Bun.sleep(50);
});

test("every family of this program is there, and no other", async () => {
  const { families } = await Scrape.of(port);
  const counted = COUNTS.filter(({ options }) => options.programs.includes("start")).map(({ options }) => options.name);
  expect([...families.keys()]).toEqual(expect.arrayContaining(counted));
  for (const [name, { help }] of families) expect([name, help.length > 10]).toEqual([name, true]);
});

test("it is for GET and HEAD, and has its probes", async () => {
  const metrics = await fetch(`${port}/metrics`);
  expect(metrics.headers.get("content-type")).toStartWith("text/plain; version=0.0.4");
  const alive = await fetch(`${port}/health`);
  expect([alive.status, await alive.json()]).toEqual([200, { status: "ok" }]);
  const ready = await fetch(`${port}/health/ready`);
  expect([ready.status, await ready.json()]).toEqual([200, { status: "ready", parts: { sqlite: "up" }, breakers: {} }]);
  expect((await fetch(`${port}/metrics`, { method: "HEAD" })).status).toBe(200);
  expect((await fetch(`${port}/metrics`, { method: "POST" })).status).toBe(405);
  expect((await fetch(`${port}/api/v1/workflows`)).status).toBe(404);
  expect((await client.get("/metrics")).status).toBe(404);
});

test("many who scrape at once are all answered", async () => {
  const scrapes = await Promise.all(Array.from({ length: 20 }, () => Scrape.of(port)));
  expect(scrapes.every(({ families }) => families.size > 5)).toBe(true);
});

test("a port that is taken ends the start with a sentence", async () => {
  const taken = new URL(port).port;
  const { exitCode, stderr } = await startRefused({ env: { METRICS_PORT: taken } });
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining(`127.0.0.1:${taken}`)]);
});

test("the parser of this test finds what is wrong", () => {
  const head = "# HELP a_total b\n# TYPE a_total counter\n";
  const histogram = "# HELP h b\n# TYPE h histogram\n";
  const wrong: [text: string, why: RegExp][] = [
    [`${head}a_total 1`, /does not end/],
    ["a_total 1\n", /not of the family/],
    [`${head}b_total 1\n`, /not of the family/],
    [`${head}a_total 1\na_total 2\n`, /twice/],
    [`${head}a_total -1\n`, /below 0/],
    [`${head}a_total x\n`, /no sample/],
    [`${head}a_total{b="c",b="d"} 1\n`, /wrong labels/],
    [`${head}a_total{b=c} 1\n`, /wrong labels/],
    ["# HELP a b\n# TYPE a counter\na 1\n", /ends with _total/],
    ["# HELP a b\n# TYPE a sort\na 1\n", /no such type/],
    [`${head}${head}`, /twice/],
    [`${histogram}h_bucket{le="1"} 2\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n`, /do not rise/],
    [`${histogram}h_bucket{le="+Inf"} 1\nh_sum 1\nh_count 2\n`, /not the count/],
    [`${histogram}h_bucket{le="+Inf"} 1\nh_count 1\n`, /no sum/],
  ];
  for (const [text, why] of wrong) expect(() => parseExposition(text)).toThrow(why);
  expect(parseExposition(`${head}a_total{b="c\\"\\\\\\n"} 1\n`).get("a_total")?.samples).toEqual([
    { name: "a_total", labels: { b: 'c"\\\n' }, value: 1 },
  ]);
});
