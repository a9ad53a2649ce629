/**
 * A poison run or message does not stop its neighbours: one in a hundred is broken, and the others are as fast as before.
 * A run that ends its threads is failed after five and says so.
 */
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { Kafka, logLevel } from "kafkajs";
import { Client, type StepInput } from "../harness/http/client.ts";
import { Platform } from "../harness/platform.ts";
import { connectorSource, PlatformCopy } from "../harness/platform-copy.ts";
import { ownDeployment, PlatformProcess } from "../harness/processes.ts";
import { play } from "./deployment/folder.ts";
import { expectAsBefore, playLoad } from "./load/poison-load.ts";
import { until } from "./load/waiting.ts";

const FULL = process.env.TEST_SIZE === "full";
const FILE = "tests/faults/poison.test.ts";
const RUNS = FULL ? 6_000 : 500;
const PER_SECOND = 100;
const DEADLINE_MS = FULL ? 300_000 : 60_000;
/** Beside other tests only a standstill can be told from noise, five runs being one in a hundred; alone, at full size, the bar holds. */
const NOISE_MS = FULL ? 0 : 10_000;
const CRASHES = 5;
const LONGEST_MS = FULL ? 900_000 : 200_000;

const value: StepInput = { name: "value", type: "transform", config: { value: "${payload.n}" } };
const wait: StepInput = { name: "wait", type: "delay", config: { duration: 0.05 } };
const HEALTHY = [value, wait, { ...value, name: "again" }];

let copy: PlatformCopy;
beforeAll(() => {
  copy = new PlatformCopy({
    loops: connectorSource("loops", "pure", "for (;;) {}"),
    exits: connectorSource("exits", "pure", "process.exit(3);"),
  });
});
afterAll(() => copy.remove());

/** The same load without and with runs that have such a step, on a platform of its own. */
async function playWith(type: string, after: (platform: Platform) => Promise<void>): Promise<void> {
  const platform = await Platform.start({ root: copy.root });
  try {
    const api = new Client(platform.url);
    const load = { healthy: await api.create(HEALTHY), perSecond: PER_SECOND, runs: RUNS, deadlineMs: DEADLINE_MS };
    const bad = await api.create([value, { name: "bad", type, config: {} }]);
    const before = await playLoad(api, load, async () => null);
    const with_ = await playLoad(api, load, (n) => api.trigger(bad, { n }));
    expectAsBefore(`runs whose step ${type}`, before, with_, NOISE_MS);
    await after(platform);
  } finally {
    await platform.close();
  }
}

/** The rows of a platform's file. */
function rowsIn(platform: Platform, condition: string): { status: string; error: string | null; crashes: number }[] {
  const database = new Database(join(platform.dataFolder, "platform.db"), { readonly: true });
  try {
    return database
      .query<{ status: string; error: string | null; crashes: number }, []>(
        `select r.status, r.error, r.crashes from workflow_runs r join workflow_definitions d on d.uuid = r.workflow_id
         where d.steps ${condition} '%"bad"%'`,
      )
      .all();
  } finally {
    database.close();
  }
}

function testCase(name: string, work: () => Promise<void>): void {
  test(name, () => play(FILE, name, work), LONGEST_MS);
}

testCase("one run in a hundred ends its thread: the others are as fast as before, it fails after five threads", () =>
  playWith("exits", async (platform) => {
    const broken = () => rowsIn(platform, "like");
    await until("the broken runs have failed", DEADLINE_MS, () => broken().every(({ status }) => status === "failed"));
    for (const row of broken()) {
      const error = expect.stringMatching(/stopped after 5 threads in a row .*exited/);
      expect<unknown>(row).toEqual({ status: "failed", crashes: CRASHES, error });
    }
    for (const row of rowsIn(platform, "not like")) {
      expect(row).toEqual({ status: "success", crashes: 0, error: null });
    }
  }),
);

testCase("one run in a hundred blocks its thread: the others are as fast as before", () =>
  playWith("loops", async (platform) => {
    for (const row of rowsIn(platform, "not like")) {
      expect(row).toEqual({ status: "success", crashes: 0, error: null });
    }
    // Each of them takes five times five seconds; none of them ends as anything but failed.
    for (const { status } of rowsIn(platform, "like")) expect(["pending", "running", "failed"]).toContain(status);
  }),
);

testCase("one message in a hundred is poison: the others are as fast as before, and it is put aside", async () => {
  const environment = await ownDeployment(3);
  const { KAFKA_BOOTSTRAP_SERVERS: broker = "", KAFKA_TOPIC_WORKFLOW_TRIGGER: topic = "" } = environment;
  const processes = [
    await PlatformProcess.start("api", environment),
    await PlatformProcess.start("worker", environment),
  ];
  const kafka = new Kafka({ brokers: [broker], logLevel: logLevel.NOTHING });
  const producer = kafka.producer();
  const admin = kafka.admin();
  try {
    await Promise.all([producer.connect(), admin.connect()]);
    const api = new Client(processes[0]?.url ?? "");
    const load = { healthy: await api.create(HEALTHY), perSecond: PER_SECOND, runs: RUNS, deadlineMs: DEADLINE_MS };
    const before = await playLoad(api, load, async () => null);
    const poison = [
      Buffer.alloc(0),
      Buffer.from("no JSON"),
      Buffer.from("{}"),
      Buffer.from('{"run_id":{"deep":[]}}'),
      Buffer.from(`{"run_id":"${crypto.randomUUID()}","workflow_id":"nowhere","payload":{}}`),
      Buffer.alloc(500_000, 0xff),
      null,
    ];
    const played = await playLoad(api, load, (n) => {
      const value = poison[Math.floor(n / 100) % poison.length] ?? null;
      return producer.send({ topic, messages: [0, 1, 2].map((partition) => ({ partition, value })) });
    });
    expectAsBefore("messages on each partition", before, played, NOISE_MS);
    await until("every poison message is put aside", DEADLINE_MS, async () => {
      const offsets = await admin.fetchTopicOffsets(`${topic}.dlq`).catch(() => []);
      return offsets.reduce((sum, { high }) => sum + Number(high), 0) >= played.broken * 3;
    });
  } finally {
    await Promise.allSettled([producer.disconnect(), admin.disconnect()]);
    await Promise.all(processes.map((one) => one.end("SIGKILL")));
  }
});
