/** As many workers as there are: each gets work, and those that come, go and die in mid-flow lose and double nothing. */
import { afterEach, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { Kafka, logLevel } from "kafkajs";
import { allRuns, untilAllEnded } from "./harness/http/all-runs.ts";
import { Client } from "./harness/http/client.ts";
import { expectReply } from "./harness/http/expect.ts";
import { textAt } from "./harness/http/json.ts";
import { ownDeployment, PlatformProcess } from "./harness/processes.ts";

const FULL = process.env.TEST_SIZE === "full";
const RUNS = FULL ? 10_000 : 300;
const SLEEPERS_WITHIN_MS = 5_000;
const AT_ONCE = 64;
const LIST_AGE_MS = 2_100;
/** So that what a killed worker held is taken over soon. */
const LEASE = { LEASE_SECONDS: "3" };

setDefaultTimeout(FULL ? 300_000 : 120_000);

let running: PlatformProcess[] = [];
let environment: Record<string, string> = {};
let api: Client;

async function start(role: "api" | "worker"): Promise<PlatformProcess> {
  const started = await PlatformProcess.start(role, environment);
  running.push(started);
  return started;
}

beforeEach(async () => {
  environment = { ...(await ownDeployment(6)), ...LEASE };
  api = new Client((await start("api")).url);
});
afterEach(async () => {
  await Promise.all(running.map((one) => one.end("SIGKILL")));
  running = [];
});

async function workflow(...steps: object[]): Promise<string> {
  const reply = await api.post("/api/v1/workflows", { name: "scaling", steps });
  expectReply(reply, 200);
  return textAt(reply.body, "workflow_id");
}

/** Triggers runs, many at a time; returns their ids. */
async function trigger(workflow_id: string, count: number): Promise<string[]> {
  const ids: string[] = [];
  let left = count;
  const triggerer = async () => {
    while (left-- > 0) {
      const reply = await api.post("/api/v1/trigger", { workflow_id, payload: { n: left } });
      expectReply(reply, 200);
      ids.push(textAt(reply.body, "run_id"));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, triggerer));
  return ids;
}

/** Resolves once the group has so many members, each with its partitions. */
async function untilMembers(count: number): Promise<void> {
  const { KAFKA_BOOTSTRAP_SERVERS: broker = "", KAFKA_CONSUMER_GROUP: group = "" } = environment;
  const admin = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    for (const deadline = Date.now() + 30_000; Date.now() < deadline; await Bun.sleep(100)) {
      const [described] = (await admin.describeGroups([group])).groups;
      if (described?.state === "Stable" && described.members.length === count) return;
    }
  } finally {
    await admin.disconnect();
  }
  throw new Error(`the group ${group} has not ${count} members after 30 s`);
}

/** Every run is there once and succeeded. */
async function expectAll(ids: string[]): Promise<void> {
  await untilAllEnded(api, 60_000);
  // The contract lets a list be two seconds old.
  await Bun.sleep(LIST_AGE_MS);
  const found: string[] = [];
  for await (const run of allRuns(api)) {
    expect(textAt(run, "status")).toBe("success");
    found.push(textAt(run, "uuid"));
  }
  expect(found.sort()).toEqual(ids.toSorted());
}

const pure = { name: "a", type: "transform", config: { value: "${payload.n}" } };
const second = { name: "wait", type: "delay", config: { duration: 1 } };

for (const count of [1, 2, 3]) {
  test(`${count} on 6 partitions: every worker gets work`, async () => {
    const workers = await Promise.all(Array.from({ length: count }, () => start("worker")));
    await untilMembers(count);
    const ids = await trigger(await workflow(pure), RUNS);
    await expectAll(ids);
    await Promise.all(workers.map((worker) => worker.end("SIGTERM")));
    const ended = workers.map((worker) => Number(worker.logged("stopped working")?.runs_ended));
    expect(ended.every((runs) => runs > 0)).toBe(true);
    expect(ended.reduce((sum, runs) => sum + runs, 0)).toBe(ids.length);
  });
}

test("workers that come, stop and are killed in mid-flow lose and double nothing", async () => {
  const [first, other] = [await start("worker"), await start("worker")];
  const uuid = await workflow(pure, second, { ...pure, name: "b" });
  const triggered = trigger(uuid, RUNS);
  await first.end("SIGKILL");
  await start("worker");
  await other.end("SIGTERM");
  await start("worker");
  await expectAll(await triggered);
});

test(`${RUNS} runs with a delay of a second end within ${SLEEPERS_WITHIN_MS / 1000} s of the last trigger on 3 workers`, async () => {
  await Promise.all([start("worker"), start("worker"), start("worker")]);
  const ids = await trigger(await workflow(second), RUNS);
  const triggered = Date.now();
  let last = 0;
  await expectAll(ids);
  for await (const run of allRuns(api)) last = Math.max(last, Date.parse(textAt(run, "completed_at")));
  console.log(`${RUNS} runs: the last ended ${last - triggered} ms after the last trigger`);
  expect(last - triggered).toBeLessThanOrEqual(SLEEPERS_WITHIN_MS);
});
