/** The real services that tests use, and the whole platform as `make stack` brings it up. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SQL } from "bun";
import { Kafka, type KafkaConfig, logLevel } from "kafkajs";
import { isPortFree, processOf } from "../infrastructure/local/kernel.ts";
import { outcomeOf } from "../infrastructure/local/packages.ts";
import { isAlive, type PartRecord, recordsIn } from "../infrastructure/local/parts.ts";
import { passwordFile, passwordOf } from "../infrastructure/local/secrets.ts";
import { SERVICES, servicesDown, servicesUp } from "../infrastructure/local/services.ts";
import { outsideOf } from "../infrastructure/local/unprivileged.ts";
import { Client } from "./harness/http/client.ts";
import { textAt } from "./harness/http/json.ts";
import { REPOSITORY, SINKS } from "./harness/platform.ts";
import { Sink } from "./harness/sinks/sink.ts";
import { TraceSink } from "./harness/sinks/trace-sink.ts";
import { freePorts, until } from "./harness/stack.fixture.ts";

// The first time Kafka is fetched.
setDefaultTimeout(180_000);

const COMMANDS = "infrastructure/local/main.ts";

/** Runs one of the commands behind `make stack`. */
async function command(name: string, env: Record<string, string>): Promise<{ code: number; printed: string }> {
  const child = Bun.spawn([process.execPath, COMMANDS, name], {
    cwd: REPOSITORY,
    env: { ...process.env, ...env },
    stdout: "pipe",
    stderr: "pipe",
  });
  const { code, printed, complaint } = await outcomeOf(child);
  return { code, printed: printed + complaint };
}

const recordOf = (folder: string, name: string): PartRecord => {
  const record = recordsIn(folder).find((one) => one.name === name);
  if (record === undefined) throw new Error(`${name} was not started in ${folder}`);
  return record;
};
const pidsIn = (folder: string) => new Map(recordsIn(folder).map(({ name, pid }) => [name, pid]));
const replaced = (before: Map<string, number>, after: Map<string, number>) =>
  [...after.keys()].filter((name) => after.get(name) !== before.get(name)).sort();

describe("the services", () => {
  // A folder of mode 700, which the user that PostgreSQL runs as can't enter.
  const folder = mkdtempSync(join(tmpdir(), "services-test-"));
  const first = freePorts(5);
  const ports = { postgres: first, pgbouncer: first + 1, redis: first + 2, kafka: first + 3 };
  let addresses: Awaited<ReturnType<typeof servicesUp>>;
  beforeAll(async () => {
    process.env.TEST_SECRET = "of the tests";
    addresses = await servicesUp(SERVICES, { folder, ports });
  });
  afterAll(async () => {
    await servicesDown({ folder });
    rmSync(folder, { recursive: true });
  });

  test("are where they were told to be, and stay when they are asked for again", async () => {
    expect(addresses).toEqual({
      postgres: `postgres://platform:${passwordOf(folder, "postgres")}@127.0.0.1:${first}/platform`,
      pgbouncer: `postgres://platform:${passwordOf(folder, "postgres")}@127.0.0.1:${first + 1}/platform`,
      redis: `redis://:${passwordOf(folder, "redis")}@127.0.0.1:${first + 2}`,
      kafka: `127.0.0.1:${first + 3}`,
    });
    const pids = pidsIn(folder);
    expect(await servicesUp(SERVICES, { folder })).toEqual(addresses);
    expect(pidsIn(folder)).toEqual(pids);
  });

  test("have random passwords in files of ours alone, which no command line, record, log or other environment has", async () => {
    const passwords = (["postgres", "redis"] as const).map((service) => passwordOf(folder, service));
    for (const password of passwords) expect(password).toMatch(/^[0-9a-f]{48}$/);
    expect(statSync(passwordFile(folder, "redis")).mode & 0o777).toBe(0o600);
    const redis = new Bun.RedisClient(addresses.redis.replace(/:[^:@]*@/, ""));
    await expect(redis.send("PING", [])).rejects.toThrow("NOAUTH");
    redis.close();
    const texts = recordsIn(folder).flatMap((record) => [
      JSON.stringify(record),
      readFileSync(record.log, "utf8"),
      ...["cmdline", "environ"].map((name) => readFileSync(`/proc/${record.pid}/${name}`, "utf8")),
    ]);
    // Nor does a service get what else is in our environment.
    for (const text of texts) for (const secret of [...passwords, "TEST_SECRET"]) expect(text).not.toContain(secret);
  });

  test("PostgreSQL writes down what is slow or fails without what was sent", async () => {
    const sql = new SQL(addresses.postgres, { max: 1 });
    await sql`select pg_sleep(1.1), ${"a-slow-payload"}::text`;
    await expect(sql`select ${"{a-wrong-payload"}::text::jsonb`.execute()).rejects.toThrow();
    await sql.unsafe("create temporary table small (text text check (length(text) < 3))");
    await expect(sql`insert into small values (${"a-long-payload"})`.execute()).rejects.toThrow();
    await sql.close();
    const log = readFileSync(recordOf(folder, "postgres").log, "utf8");
    expect(log).toContain("pg_sleep(1.1)");
    expect(log).toContain("violates check constraint");
    expect(log).not.toMatch(/a-(slow|wrong|long)-payload/);
  });

  test("PostgreSQL keeps what it said, and PgBouncer leads to every database", async () => {
    const direct = new SQL(addresses.postgres, { max: 1 });
    for (const name of ["fsync", "synchronous_commit", "full_page_writes"]) {
      expect(await direct.unsafe(`show ${name}`).values()).toEqual([["on"]]);
    }
    await direct.unsafe("create database of_a_test");
    const pooled = new SQL(addresses.pgbouncer.replace(/platform$/, "of_a_test"), { max: 1, prepare: false });
    expect(await pooled.unsafe("select current_database()").values()).toEqual([["of_a_test"]]);
    await pooled.close();
    await direct.unsafe("drop database of_a_test with (force)");
    await direct.close();
  });

  test("Redis forgets what was not asked for lately, and keeps nothing on disk", async () => {
    const redis = new Bun.RedisClient(addresses.redis);
    expect(await redis.send("CONFIG", ["GET", "maxmemory*"])).toMatchObject({
      maxmemory: String(256 * 1024 * 1024),
      "maxmemory-policy": "allkeys-lru",
    });
    expect(await redis.send("CONFIG", ["GET", "save"])).toEqual({ save: "" });
    redis.close();
  });

  test("what died is started again, the others are left alone", async () => {
    const before = pidsIn(folder);
    process.kill(recordOf(folder, "redis").pid, "SIGKILL");
    expect(await servicesUp(["redis", "postgres"], { folder })).toMatchObject({ redis: addresses.redis });
    expect(replaced(before, pidsIn(folder))).toEqual(["redis"]);
  });

  test("a port that is taken, and another address than before, are said", async () => {
    const other = mkdtempSync(join(tmpdir(), "services-test-"));
    const taken = servicesUp(["redis"], { folder: other, ports: { redis: ports.redis } });
    await expect(taken).rejects.toThrow(`something else listens on 127.0.0.1:${ports.redis}`);
    await expect(servicesUp(["redis"], { folder, ports: { redis: first + 4 } })).rejects.toThrow("runs on");
    rmSync(other, { recursive: true });
  });
});

describe("what was started", () => {
  test("once by several processes at once, is ended, and nothing else", async () => {
    const folder = mkdtempSync(join(tmpdir(), "services-test-"));
    const script = `import { servicesUp } from "./infrastructure/local/services.ts";
      console.log((await servicesUp(["redis"], { folder: ${JSON.stringify(folder)} })).redis);`;
    const starts = Array.from({ length: 4 }, () =>
      new Response(Bun.spawn([process.execPath, "-e", script], { cwd: REPOSITORY }).stdout).text(),
    );
    const [address, ...same] = await Promise.all(starts);
    expect(address).toMatch(/^redis:\/\/:[0-9a-f]{48}@127\.0\.0\.1:\d+\n$/);
    for (const other of same) expect(other).toBe(String(address));
    const own = recordOf(folder, "redis");

    // Another of the same kind, with a session of its own as all parts have.
    const redis = ["setsid", "redis-server", "--port", String(freePorts(1)), "--save", "", "--dir", folder];
    const foreign = Bun.spawn(redis, { stdout: "ignore" });
    await until("it leads its session", () => processOf(foreign.pid)?.session === foreign.pid);
    // As after a restart of the machine: the number in a record is now somebody else's.
    const startTime = (processOf(foreign.pid)?.startTime ?? 0) - 1;
    await Bun.write(
      join(folder, "run/kafka.json"),
      JSON.stringify({ ...own, name: "kafka", pid: foreign.pid, startTime }),
    );
    await servicesDown({ folder });
    expect(isAlive(own)).toBe(false);
    expect(foreign.signalCode).toBe(null);
    expect(processOf(foreign.pid)).not.toBe(null);
    expect(recordsIn(folder)).toEqual([]);
    foreign.kill();
    await foreign.exited;
    rmSync(folder, { recursive: true });
  });
});

describe("the whole platform", () => {
  const folder = mkdtempSync(join(tmpdir(), "stack-test-"));
  const base = freePorts(100);
  const receiver = new TraceSink();
  const sink = new Sink();
  const env = {
    ...{ STACK_DIR: folder, STACK_PORT: String(base + 50), STACK_BASE_PORT: String(base), WEBHOOK_ALLOW: SINKS },
    ...{ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, OTEL_TRACES_SAMPLER_ARG: "0" },
  };
  const api = new Client(`http://127.0.0.1:${env.STACK_PORT}`);
  afterAll(async () => {
    await command("clean", env);
    await Promise.all([receiver.close(), sink.close()]);
    rmSync(folder, { recursive: true });
  });

  test("comes up and works", async () => {
    const { code, printed } = await command("up", env);
    expect([code, printed]).toEqual([0, expect.stringContaining(`http://127.0.0.1:${env.STACK_PORT}`)]);
    const names = ["api-1", "api-2", "api-3", "worker-1", "worker-2", "worker-3", "nginx", ...SERVICES];
    expect([...pidsIn(folder).keys()].sort()).toEqual(names.sort());
    for (const { name, pid } of recordsIn(folder)) expect(printed).toMatch(new RegExp(`${name} +alive +${pid} `));

    const workflow = await api.create([{ name: "shape", type: "transform", config: { value: 1 } }]);
    const { body } = await api.post("/api/v1/trigger", { workflow_id: workflow });
    expect((await api.untilEnded(textAt(body, "run_id"))).output("shape")).toEqual({ type: "transform", value: 1 });
  });

  test("traces a trigger through nginx, an API process, Kafka and the workers as one", async () => {
    const hook = (path: string) => ({ method: "POST", url: sink.url(path), body: {} });
    const workflow_id = await api.create([
      { name: "shape", type: "transform", config: { value: 1 } },
      { name: "asleep", type: "delay", config: { duration: 1 } },
      { name: "first", type: "webhook", config: hook("/first") },
      {
        name: "block",
        type: "block",
        config: { steps: [{ name: "second", type: "webhook", config: hook("/second") }] },
      },
    ]);
    const [traceId, parent] = ["0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"];
    const { body } = await api.send("POST", "/api/v1/trigger", {
      body: JSON.stringify({ workflow_id }),
      headers: { "content-type": "application/json", traceparent: `00-${traceId}-${parent}-01` },
    });
    await api.untilEnded(textAt(body, "run_id"));
    const trace = await receiver.trace(traceId, 7);
    expect(trace.lines(parent)).toEqual([
      "workflow-api: POST /api/v1/trigger",
      "  workflow-worker: run",
      "    workflow-worker: step transform 0",
      "    workflow-worker: step delay 1",
      "    workflow-worker: step webhook 2",
      "    workflow-worker: step block 3",
      "      workflow-worker: step webhook 3/0/0",
    ]);
    for (const [path, step] of [
      ["/first", "2"],
      ["/second", "3/0/0"],
    ] as const) {
      const [{ spanId = "" } = {}] = trace.at(step);
      expect(sink.at(path).map(({ headers }) => headers.get("traceparent"))).toEqual([`00-${traceId}-${spanId}-01`]);
    }
  });

  test("has a Kafka that takes messages from the platform alone, by a password that is in no command line, record or log", async () => {
    const broker = `127.0.0.1:${base + 92}`;
    const topics = async (user: Pick<KafkaConfig, "sasl">) => {
      const admin = new Kafka({
        brokers: [broker],
        ...user,
        logLevel: logLevel.NOTHING,
        retry: { retries: 0 },
      }).admin();
      const listed = admin.connect().then(() => admin.listTopics());
      return await listed.finally(() => admin.disconnect());
    };
    const as = (password: string) => ({ sasl: { mechanism: "plain", username: "platform", password } }) as const;
    const password = passwordOf(folder, "kafka");
    await expect(topics({})).rejects.toThrow();
    await expect(topics(as("guess"))).rejects.toThrow();
    expect(await topics(as(password))).toContain("workflow.trigger");
    for (const record of recordsIn(folder)) {
      const texts = [
        JSON.stringify(record),
        readFileSync(record.log, "utf8"),
        readFileSync(`/proc/${record.pid}/cmdline`, "utf8"),
      ];
      for (const text of texts) expect(text).not.toContain(password);
    }
    expect(statSync(join(folder, "kafka/server.properties")).mode & 0o777).toBe(0o600);
  });

  test("says what died, and comes up again with that alone", async () => {
    const before = pidsIn(folder);
    for (const name of ["api-2", "nginx"]) process.kill(recordOf(folder, name).pid, "SIGKILL");
    const status = await command("status", env);
    expect(status.code).toBe(1);
    expect(status.printed).toMatch(/api-2 +dead/);
    expect(status.printed).toContain('"msg":"listening"');
    expect((await command("up", env)).code).toBe(0);
    expect(replaced(before, pidsIn(folder))).toEqual(["api-2", "nginx"]);
  });

  test("ends, and leaves nothing behind but its data", async () => {
    const records = recordsIn(folder);
    const { code } = await command("down", env);
    expect(code).toBe(0);
    expect(records.filter(isAlive)).toEqual([]);
    expect(records.flatMap(({ ports }) => ports).every(isPortFree)).toBe(true);
    expect((await command("status", env)).printed).toContain("nothing was started");
    expect(existsSync(outsideOf(folder)) || existsSync(join(folder, "postgres"))).toBe(true);
  });
});
