/** The three commands in every mode that the environment can name, and what they say of services that are out. */
import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { kcat } from "../src/messaging/kafka/kafka.fixture.ts";
import { connect } from "../src/storage/postgres/database.fixture.ts";
import { Client } from "./harness/http/client.ts";
import { expectReply } from "./harness/http/expect.ts";
import { at, objectAt, textAt } from "./harness/http/json.ts";
import { ownDeployment, PlatformProcess, type Role, startRefusedAs } from "./harness/processes.ts";
import { newDatabase } from "./harness/under-test.ts";

setDefaultTimeout(60_000);
const STEPS = [
  { name: "greet", type: "transform", config: { value: "Hello ${payload.name}" } },
  { name: "wait", type: "delay", config: { duration: 0 } },
];

const running: PlatformProcess[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.end("SIGKILL")));
});

async function start(role: Role, environment: Record<string, string>): Promise<PlatformProcess> {
  const started = await PlatformProcess.start(role, environment);
  running.push(started);
  return started;
}

async function environmentOf(mode: string): Promise<Record<string, string>> {
  const { DATABASE_URL = "", REDIS_URL = "", ...kafka } = await ownDeployment(3);
  return {
    DATABASE_URL,
    ...(mode.includes("kafka") ? kafka : {}),
    ...(mode.includes("redis") ? { REDIS_URL } : {}),
  };
}

async function expectRunEnds(url: string): Promise<void> {
  const run = await new Client(url).run(STEPS, { name: "Ada" });
  expect(run.status).toBe("success");
  expect(at(run.step("greet"), "output", "value")).toBe("Hello Ada");
}

for (const mode of ["postgres", "postgres + kafka", "postgres + redis", "postgres + kafka + redis"]) {
  describe(mode, () => {
    test("`bun run api` and `bun run worker` apart", async () => {
      const environment = await environmentOf(mode);
      const [api, worker] = [await start("api", environment), await start("worker", environment)];
      expect(api.logged("listening")?.mode).toBe(mode);
      expect(worker.logged("working")?.mode).toBe(mode);
      await expectRunEnds(api.url);
      for (const one of [api, worker]) expect(one.logs.filter(({ level }) => Number(level) >= 50)).toEqual([]);
    });

    test("`bun start`, both in one process", async () => {
      const platform = await start("start", await environmentOf(mode));
      expect(platform.logged("listening")?.mode).toBe(mode);
      await expectRunEnds(platform.url);
    });
  });
}

describe("refused with one sentence", () => {
  const cases: [role: Role, environment: Record<string, string>, sentence: RegExp][] = [
    ["api", {}, /^`bun run api` needs PostgreSQL.*POSTGRES_HOST.*\n$/],
    ["worker", {}, /^`bun run worker` needs PostgreSQL.*POSTGRES_HOST.*\n$/],
    ["start", { KAFKA_BOOTSTRAP_SERVERS: "127.0.0.1:1" }, /^Kafka needs PostgreSQL.*\n$/],
    ["start", { REDIS_HOST: "127.0.0.1" }, /^Redis needs PostgreSQL.*\n$/],
  ];
  for (const [role, environment, sentence] of cases) {
    test(`${role} with ${Object.keys(environment).join(", ") || "nothing set"}`, async () => {
      expect(await startRefusedAs(role, environment)).toEqual({ code: 1, stderr: expect.stringMatching(sentence) });
    });
  }
});

describe("/health/ready", () => {
  test("names PostgreSQL while it is out, and is 200 when it is back; /health goes on", async () => {
    const DATABASE_URL = await newDatabase();
    const admin = connect(DATABASE_URL.replace(/\/[^/]*$/, "/postgres"));
    const name = DATABASE_URL.slice(DATABASE_URL.lastIndexOf("/") + 1);
    const { url } = await start("api", { DATABASE_URL });
    const api = new Client(url);
    const ready = await api.get("/health/ready");
    expectReply(ready, 200);
    expect(objectAt(ready.body, "parts")).toEqual({ postgres: "up" });
    expect(objectAt(ready.body, "breakers")).toEqual({ postgres: "closed" });

    await admin.unsafe(`alter database ${name} with allow_connections false`);
    await admin`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name} and backend_type = 'client backend'`;
    let out = await api.get("/health/ready");
    // The answer may be a second old, and the breaker opens when nothing has worked for a second.
    const isOpen = () => /postgres \(breaker (open|half_open)\)/.test(out.text);
    for (let asked = 0; !isOpen(); asked++) {
      if (asked === 100) throw new Error(`10 s after PostgreSQL went out: ${out.text}`);
      await Bun.sleep(100);
      out = await api.get("/health/ready");
    }
    expectReply(out, 503);
    expect(out.headers.get("retry-after")).not.toBeNull();
    expectReply(await api.get("/health"), 200);

    await admin.unsafe(`alter database ${name} with allow_connections true`);
    await admin.end();
    for (let asked = 0; (await api.get("/health/ready")).status !== 200; asked++) {
      if (asked === 100) throw new Error("not ready 10 s after PostgreSQL came back");
      await Bun.sleep(100);
    }
  });

  test("names PostgreSQL while it is read-only: reads are answered, writes are 503 with Retry-After", async () => {
    const DATABASE_URL = await newDatabase();
    const admin = connect(DATABASE_URL.replace(/\/[^/]*$/, "/postgres"));
    const name = DATABASE_URL.slice(DATABASE_URL.lastIndexOf("/") + 1);
    const api = new Client((await start("api", { DATABASE_URL })).url);
    const workflow = { id: "kept", name: "kept", steps: STEPS };
    expectReply(await api.post("/api/v1/workflows", workflow), 200);
    const turn = async (to: string) => {
      await admin.unsafe(`alter database ${name} ${to}`);
      await admin`select pg_terminate_backend(pid) from pg_stat_activity where datname = ${name} and backend_type = 'client backend'`;
    };
    const untilReady = async (status: number) => {
      for (let asked = 0; (await api.get("/health/ready")).status !== status; asked++) {
        if (asked === 100) throw new Error(`/health/ready is not ${status} after 10 s`);
        await Bun.sleep(100);
      }
    };

    await turn("set default_transaction_read_only = on");
    await untilReady(503);
    const writes = [
      () => api.post("/api/v1/workflows", workflow),
      () => api.post("/api/v1/trigger", { workflow_id: "kept", payload: {} }),
      () => api.put("/api/v1/workflows/kept", workflow),
      () => api.delete("/api/v1/workflows/kept"),
    ];
    for (const write of writes) {
      const reply = await write();
      expectReply(reply, 503);
      expect(textAt(reply.body, "code")).toBe("storage_unavailable");
      expect(reply.headers.get("retry-after")).not.toBeNull();
    }
    expectReply(await api.get("/api/v1/workflows/kept"), 200);

    await turn("reset default_transaction_read_only");
    await admin.end();
    await untilReady(200);
    expectReply(await api.post("/api/v1/trigger", { workflow_id: "kept", payload: {} }), 200);
  });

  test("shows Kafka and Redis that are out, and is 200 without them", async () => {
    const nobody = { KAFKA_BOOTSTRAP_SERVERS: "127.0.0.1:1", REDIS_URL: "redis://127.0.0.1:1" };
    const platform = await start("start", { DATABASE_URL: await newDatabase(), ...nobody });
    const ready = await new Client(platform.url).get("/health/ready");
    expectReply(ready, 200);
    expect(objectAt(ready.body, "parts")).toEqual({ postgres: "up", kafka: "down", redis: "down" });
    const notClosed = expect.stringMatching(/^(open|half_open)$/);
    const breakers: unknown = objectAt(ready.body, "breakers");
    expect(breakers).toEqual({ postgres: "closed", kafka: notClosed, redis: notClosed });
    await expectRunEnds(platform.url);
  });
});

test("a trigger that another program puts on the topic runs its row", async () => {
  const environment = await ownDeployment(3);
  const api = await start("api", environment);
  await start("worker", environment);
  const client = new Client(api.url);
  const created = await client.post("/api/v1/workflows", { name: "kcat", steps: STEPS });
  const workflow = textAt(created.body, "workflow_id");
  const run = Bun.randomUUIDv7();
  const sql = connect(environment.DATABASE_URL ?? "");
  // Due tomorrow for the sweeper: only the message can start it today.
  await sql.begin(async (transaction) => {
    await transaction`insert into workflow_runs (uuid, workflow_id, status, payload)
      values (${run}, ${workflow}, 'pending', '{"name":"Ada"}')`;
    await transaction`update run_queue set due_at = now() + interval '1 day' where run_uuid = ${run}`;
  });
  await sql.end();

  const { KAFKA_BOOTSTRAP_SERVERS: broker = "", KAFKA_TOPIC_WORKFLOW_TRIGGER: topic = "" } = environment;
  const message = { run_id: run, workflow_id: workflow, payload: { name: "Ada" } };
  await kcat(["-P", "-b", broker, "-t", topic], JSON.stringify(message));
  expect((await client.untilEnded(run)).status).toBe("success");
});
