/** What API and worker processes tell of their work on PostgreSQL, Kafka and Redis. */
import { afterEach, expect, setDefaultTimeout, test } from "bun:test";
import { kcat } from "../src/messaging/kafka/kafka.fixture.ts";
import { connect } from "../src/storage/postgres/database.fixture.ts";
import { Scrape } from "./harness/exposition.ts";
import { Client } from "./harness/http/client.ts";
import { ownDeployment, PlatformProcess, type Role } from "./harness/processes.ts";
import { newDatabase } from "./harness/under-test.ts";

setDefaultTimeout(60_000);
const STEPS = [
  { name: "greet", type: "transform", config: { value: "Hello" } },
  { name: "wait", type: "delay", config: { duration: 0 } },
];
const RUNS = 12;

const running: PlatformProcess[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.end("SIGKILL")));
});

/** A process, and the address of its port for metrics. */
async function start(role: Role, environment: Record<string, string>): Promise<{ url: string; port: string }> {
  const started = await PlatformProcess.start(role, { ...environment, METRICS_PORT: "0" });
  running.push(started);
  return { url: started.url, port: String(started.logged("metrics")?.address) };
}

/** Scrapes until it says so. */
async function until(port: string, what: string, holds: (scrape: Scrape) => boolean): Promise<Scrape> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const scrape = await Scrape.of(port);
    if (holds(scrape)) return scrape;
    if (Date.now() > deadline) throw new Error(`not after 20 s: ${what}; ${JSON.stringify([...scrape.families])}`);
    await Bun.sleep(100);
  }
}

test("API and worker apart: each tells of its own work, and of the services", async () => {
  const environment = await ownDeployment(3);
  const [api, worker] = [await start("api", environment), await start("worker", environment)];
  const client = new Client(api.url);
  const workflow = await client.create(STEPS);
  const runs: string[] = [];
  for (let count = 0; count < RUNS; count++) runs.push(await client.trigger(workflow));
  for (const run of runs) await client.untilEnded(run);
  const { KAFKA_BOOTSTRAP_SERVERS: broker = "", KAFKA_TOPIC_WORKFLOW_TRIGGER: topic = "" } = environment;
  await kcat(["-P", "-b", broker, "-t", topic], "no JSON\n[]\n[]");

  const ofWorker = await until(worker.port, "the worker has done it all", (scrape) => {
    const sent = scrape.sum("workflow_completed_events_total", { outcome: "sent" });
    return sent === RUNS && scrape.sum("workflow_dead_letters_total") === 3;
  });
  expect(ofWorker.sum("workflow_runs_ended_total", { status: "success" })).toBe(RUNS);
  expect(ofWorker.sum("workflow_runs_ended_total", { workflow })).toBe(RUNS - 10);
  expect(ofWorker.sum("workflow_runs_held")).toBe(0);
  expect(ofWorker.sum("workflow_dead_letters_total", { reason: "unreadable" })).toBe(1);
  expect(ofWorker.sum("workflow_dead_letters_total", { reason: "invalid" })).toBe(2);
  expect(ofWorker.sum("workflow_leases_lost_total")).toBe(0);
  expect(ofWorker.sum("workflow_step_attempt_duration_seconds_count", { type: "transform" })).toBe(RUNS);
  expect(ofWorker.sum("workflow_build_info", { program: "worker", mode: "postgres + kafka + redis" })).toBe(1);
  expect(ofWorker.families.has("http_request_duration_seconds")).toBe(false);
  expect((await fetch(`${worker.port}/health/ready`)).status).toBe(200);

  const taken = (scrape: Scrape) =>
    scrape.families.get("workflow_consumer_lag")?.samples.length === 3 && scrape.sum("workflow_consumer_lag") === 0;
  const ofApi = await until(api.port, "the workers have taken all messages", taken);
  expect(ofApi.sum("workflow_triggers_total", { outcome: "stored" })).toBe(RUNS);
  expect(ofApi.sum("workflow_trigger_events_total", { outcome: "sent" })).toBe(RUNS);
  expect(ofApi.sum("workflow_batch_items_sum", { batch: "run_inserts" })).toBe(RUNS);
  expect(ofApi.sum("workflow_batch_items_sum", { batch: "trigger_events" })).toBe(RUNS);
  expect(ofApi.sum("workflow_cache_reads_total")).toBeGreaterThanOrEqual(RUNS);
  expect(ofApi.families.has("workflow_runs_held")).toBe(false);
  for (const scrape of [ofApi, await until(worker.port, "the worker knows the lag", taken)]) {
    expect(scrape.sum("workflow_pool_connections", { pool: "writes" })).toBe(4);
    expect(scrape.sum("workflow_pool_connections", { pool: "reads" })).toBe(2);
    expect(scrape.sum("workflow_pool_waiting")).toBe(0);
    expect(scrape.values("workflow_breaker_open", "breaker")).toEqual(new Set(["writes", "reads", "kafka", "redis"]));
    expect(scrape.sum("workflow_breaker_open")).toBe(0);
    expect(scrape.values("workflow_part_up", "part")).toEqual(new Set(["postgres", "kafka", "redis"]));
    expect(scrape.sum("workflow_part_up")).toBe(3);
    expect(scrape.sum("workflow_broker_partitions", { state: "in_sync" })).toBe(9);
    expect(scrape.sum("workflow_broker_partitions", { state: "under_replicated" })).toBe(0);
    expect(scrape.families.get("workflow_collector_up")?.samples.filter(({ value }) => value === 0)).toEqual([]);
  }
});

test("messages that nobody takes are a lag, and so they are without any worker", async () => {
  const environment = await ownDeployment(3);
  const api = await start("api", environment);
  const client = new Client(api.url);
  const workflow = await client.create(STEPS);
  for (let count = 0; count < 5; count++) await client.trigger(workflow);
  await until(api.port, "a lag of 5", (scrape) => scrape.sum("workflow_consumer_lag") === 5);
  await until(api.port, "an oldest run", (scrape) => scrape.sum("workflow_oldest_due_seconds") > 0);
  const ofApi = await until(
    api.port,
    "a backlog of 5",
    (scrape) => scrape.sum("workflow_queue_runs", { state: "due" }) === 5,
  );
  expect(ofApi.sum("workflow_partition_months_ahead")).toBe(3);
  expect(ofApi.families.get("workflow_owed_events")?.samples).toMatchObject([{ value: 0 }]);
});

test("while PostgreSQL is out a scrape says so, and what is left is there", async () => {
  const DATABASE_URL = await newDatabase();
  const name = DATABASE_URL.slice(DATABASE_URL.lastIndexOf("/") + 1);
  const admin = connect(DATABASE_URL.replace(/\/[^/]*$/, "/postgres"));
  const { port } = await start("worker", { DATABASE_URL });
  await until(port, "up", (scrape) => scrape.sum("workflow_part_up", { part: "postgres" }) === 1);
  await admin.unsafe(`alter database ${name} with allow_connections false`);
  await admin`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name} and backend_type = 'client backend'`;
  const out = await until(port, "down", (scrape) => {
    const isDown = scrape.sum("workflow_part_up", { part: "postgres" }) === 0;
    return isDown && scrape.sum("workflow_breaker_open", { breaker: "writes" }) > 0;
  });
  expect(out.sum("workflow_collector_up", { collector: "readiness" })).toBe(1);
  expect(out.sum("workflow_collector_up", { collector: "process" })).toBe(1);
  expect(out.sum("process_resident_memory_bytes")).toBeGreaterThan(0);
  const ready = await fetch(`${port}/health/ready`);
  expect([ready.status, await ready.json()]).toEqual([503, expect.objectContaining({ code: "not_ready" })]);
  await until(port, "the oldest due run is not known", (scrape) => {
    const isUp = scrape.sum("workflow_collector_up", { collector: "database" }) === 1;
    return !isUp && !scrape.families.has("workflow_oldest_due_seconds");
  });
  await admin.unsafe(`alter database ${name} with allow_connections true`);
  await admin.end();
  await until(port, "up again", (scrape) => {
    const isUp = scrape.sum("workflow_part_up", { part: "postgres" }) === 1;
    return isUp && scrape.sum("workflow_breaker_open") === 0 && scrape.families.has("workflow_oldest_due_seconds");
  });
});
