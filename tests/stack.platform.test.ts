/** The whole platform as `make stack` brings it up, with Prometheus beside it. */
import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Kafka, logLevel } from "kafkajs";
import { isPortFree } from "../infrastructure/local/processes/kernel.ts";
import { outcomeOf } from "../infrastructure/local/processes/packages.ts";
import { isAlive, recordsIn } from "../infrastructure/local/processes/parts.ts";
import { outsideOf } from "../infrastructure/local/processes/unprivileged.ts";
import { passwordOf } from "../infrastructure/local/secrets.ts";
import { SERVICES } from "../infrastructure/local/services.ts";
import { Client } from "./harness/http/client.ts";
import { textAt } from "./harness/http/json.ts";
import { ask, dashboards, firing, queriesOf } from "./harness/monitoring.ts";
import { REPOSITORY, SINKS } from "./harness/platform.ts";
import { Sink } from "./harness/sinks/sink.ts";
import { TraceSink } from "./harness/sinks/trace-sink.ts";
import { freePorts, pidsIn, recordOf, replaced, until } from "./harness/stack.fixture.ts";

// The first time Kafka is fetched.
setDefaultTimeout(180_000);

const FULL = process.env.TEST_SIZE === "full";
const COMMANDS = "infrastructure/local/main.ts";

/** The query of the panel that is empty while all is well. */
const ALERTS_THAT_FIRE = 'ALERTS{alertstate="firing"}';
/** What fires when parts end. Until a run is overdue half a minute has to go by. */
const ALERTS = ["DeadLetters", "NoWorker", ...(FULL ? ["OldestRunOverdue"] : []), "PartDown", "ProcessDown"];

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

describe("the whole platform", () => {
  const folder = mkdtempSync(join(tmpdir(), "stack-test-"));
  const base = freePorts(100);
  const receiver = new TraceSink();
  const sink = new Sink();
  const env = {
    ...{ STACK_DIR: folder, STACK_PORT: String(base + 50), STACK_BASE_PORT: String(base), WEBHOOK_ALLOW: SINKS },
    ...{ STACK_APIS: "2", STACK_WORKERS: "2" },
    ...{ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, OTEL_TRACES_SAMPLER_ARG: "0", STACK_MONITORING: "fast" },
  };
  const prometheus = `http://127.0.0.1:${base + 90}`;
  const api = new Client(`http://127.0.0.1:${env.STACK_PORT}`);
  const kafkaAs = (password: string | null) => {
    const user = password === null ? {} : { sasl: { mechanism: "plain", username: "platform", password } as const };
    return new Kafka({
      brokers: [`127.0.0.1:${base + 92}`],
      ...user,
      logLevel: logLevel.NOTHING,
      retry: { retries: 0 },
    });
  };
  afterAll(async () => {
    await command("clean", env);
    await Promise.all([receiver.close(), sink.close()]);
    rmSync(folder, { recursive: true });
  });

  test("comes up and works", async () => {
    const { code, printed } = await command("up", env);
    expect([code, printed]).toEqual([0, expect.stringContaining(`http://127.0.0.1:${env.STACK_PORT}`)]);
    const watching = ["prometheus", "node-exporter", "postgres-exporter", "redis-exporter"];
    const names = [...["api-1", "api-2", "worker-1", "worker-2", "nginx"], ...SERVICES, ...watching];
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

  test("is watched by Prometheus, which has an answer for every panel", async () => {
    const instances = ["api-1", "api-2", "machine", "postgres", "prometheus", "redis"];
    instances.push("worker-1", "worker-2");
    await until("everything that is looked at answers", async () => {
      const found = (await ask(prometheus, "up == 1")).map(({ labels }) => String(labels.instance));
      return found.toSorted().join() === instances.join();
    });
    const workflow = await api.create([
      { name: "shape", type: "transform", config: { value: 1 } },
      { name: "told", type: "webhook", config: { method: "POST", url: sink.url("/told"), body: {} } },
    ]);
    let left = dashboards()
      .flatMap(queriesOf)
      .filter(({ query }) => query !== ALERTS_THAT_FIRE);
    expect(left.length).toBeGreaterThan(60);
    const hasValue = async (query: string) => (await ask(prometheus, query)).some(({ value }) => !Number.isNaN(value));
    await until(
      "every panel has a value",
      async () => {
        await api.untilEnded(await api.trigger(workflow));
        await Bun.sleep(500);
        const answers = await Promise.all(left.map(({ query }) => hasValue(query)));
        left = left.filter((_, index) => !answers[index]);
        return left.length === 0;
      },
      60_000,
    ).catch((error) => expect([error, left]).toEqual([null, []]));
    for (const service of ["postgres", "redis"] as const) {
      const { pid } = recordOf(folder, `${service}-exporter`);
      for (const name of ["cmdline", "environ"]) {
        expect(readFileSync(`/proc/${pid}/${name}`, "utf8")).not.toContain(passwordOf(folder, service));
      }
    }
  });

  test("has a Kafka that takes messages from the platform alone, by a password that is in no command line, record or log", async () => {
    const topics = async (password: string | null) => {
      const admin = kafkaAs(password).admin();
      const listed = admin.connect().then(() => admin.listTopics());
      return await listed.finally(() => admin.disconnect());
    };
    const password = passwordOf(folder, "kafka");
    await expect(topics(null)).rejects.toThrow();
    await expect(topics("guess")).rejects.toThrow();
    expect(await topics(password)).toContain("workflow.trigger");
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

  test("says what died and has alerts for it, and comes up again with that alone", async () => {
    const fired = async () => [...new Set(await firing(prometheus))].filter((name) => ALERTS.includes(name)).toSorted();
    await until("they are silent at first", async () => (await fired()).length === 0);
    const producer = kafkaAs(passwordOf(folder, "kafka")).producer();
    await producer.connect();
    await producer.send({ topic: "workflow.trigger", messages: [{ value: "no JSON" }] });
    await producer.disconnect();
    await until("a letter is dead", async () => (await fired()).join() === "DeadLetters");

    const before = pidsIn(folder);
    const workers = ["worker-1", "worker-2"];
    const kill = (name: string) => process.kill(recordOf(folder, name).pid, "SIGKILL");
    workers.forEach(kill);
    const workflow = await api.create([{ name: "shape", type: "transform", config: { value: 1 } }]);
    const runs = await Promise.all(Array.from({ length: 10 }, () => api.trigger(workflow)));
    ["api-2", "nginx", "redis"].forEach(kill);
    const status = await command("status", env);
    expect(status.code).toBe(1);
    expect(status.printed).toMatch(/api-2 +dead/);
    expect(status.printed).toContain('"msg":"listening"');
    await until("all of them fire", async () => (await fired()).join() === ALERTS.join(), 60_000);
    expect((await ask(prometheus, ALERTS_THAT_FIRE)).map(({ labels }) => labels.alertname)).toContain("PartDown");

    expect((await command("up", env)).code).toBe(0);
    expect(replaced(before, pidsIn(folder))).toEqual(["api-2", "nginx", "redis", ...workers]);
    for (const run of runs) await api.untilEnded(run);
    await until("only the letter is left", async () => (await fired()).join() === "DeadLetters", 30_000);
  });

  test("shows its dead letters by the command of the runbook", async () => {
    const [, shown = ""] = /`(kcat -C [^`]+)`/.exec(await Bun.file(join(REPOSITORY, "docs/runbook.md")).text()) ?? [];
    const here = shown.replace("14092", String(base + 92)).replace("data/stack", folder);
    const { code, printed } = await outcomeOf(Bun.spawn(["sh", "-c", here], { stdout: "pipe", stderr: "pipe" }));
    expect([code, printed]).toEqual([0, expect.stringMatching(/^reason=broken JSON,.* no JSON\n$/)]);
  });

  test("goes on with the numbers that it was started with, and takes no others", async () => {
    const plain = { ...env, STACK_PORT: "", STACK_BASE_PORT: "", STACK_APIS: "", STACK_WORKERS: "" };
    const before = pidsIn(folder);
    process.kill(recordOf(folder, "worker-2").pid, "SIGKILL");
    expect((await command("up", { ...plain, STACK_APIS: "1" })).printed).toContain("runs with STACK_APIS=2, not");
    expect(replaced(before, pidsIn(folder))).toEqual([]);
    const { code, printed } = await command("up", plain);
    expect([code, printed]).toEqual([0, expect.stringContaining(`http://127.0.0.1:${env.STACK_PORT}`)]);
    const mended = pidsIn(folder);
    expect(replaced(before, mended)).toEqual(["worker-2"]);
    const platform = ["api-1", "api-2", "worker-1", "worker-2"];
    const restarted = platform.map((name) => `restarted ${name}\n`).join("");
    expect(await command("restart", plain)).toEqual({ code: 0, printed: restarted });
    expect(replaced(mended, pidsIn(folder))).toEqual(platform);
    expect([...pidsIn(folder).keys()].toSorted()).toEqual([...before.keys()].toSorted());
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
