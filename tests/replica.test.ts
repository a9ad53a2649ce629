/** Two processes behind nginx that read a replica: one's own writes are there, whatever becomes of it; and its promotion. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { startPart } from "../infrastructure/local/processes/parts.ts";
import { nginxPart } from "../infrastructure/local/services/nginx.ts";
import { Scrape } from "./harness/exposition.ts";
import { Client } from "./harness/http/client.ts";
import { expectReply } from "./harness/http/expect.ts";
import { at, listAt, textAt } from "./harness/http/json.ts";
import type { Reply } from "./harness/http/reply.ts";
import { frontPortOf } from "./harness/lane.ts";
import { PlatformProcess } from "./harness/processes.ts";
import { on, Replicated } from "./harness/replicated.ts";
import { until } from "./harness/stack.fixture.ts";

setDefaultTimeout(60_000);
const STEPS = [{ name: "answer", type: "transform", config: { value: 1 } }];
const ROUNDS = 8;
const READERS = 4;

let servers: Replicated;
let database: string;
let processes: PlatformProcess[] = [];
let api: Client;
/** What the last write was answered with. */
let readAfter = "";

beforeAll(async () => {
  servers = await Replicated.start();
  database = await servers.database();
  await startProcesses(servers.environmentFor(database));
  const port = frontPortOf("fault-stack-replica");
  const ports = processes.map(({ url }) => Number(new URL(url).port));
  await startPart(servers.folder, nginxPart(servers.folder, port, ports));
  api = new Client(`http://127.0.0.1:${port}`);
  await until("the replica is near", async () => (await stateOf(0)) === "up" && (await stateOf(1)) === "up");
});

afterAll(async () => {
  await endProcesses();
  await servers?.close();
});

async function startProcesses(environment: Record<string, string>): Promise<void> {
  const settings = { ...environment, METRICS_PORT: "0" };
  processes = await Promise.all([1, 2].map(() => PlatformProcess.start("start", settings)));
}

async function endProcesses(): Promise<void> {
  await Promise.all(processes.map((each) => each.end("SIGKILL")));
}

/** What a process says of the replica. */
async function stateOf(index: number): Promise<unknown> {
  const { body } = await new Client(processes[index]?.url ?? "").get("/health/ready");
  return at(body, "parts", "replica");
}

function write(method: string, path: string, json: object): Promise<Reply> {
  const body = JSON.stringify(json);
  return api.send(method, path, { body, headers: { "content-type": "application/json" } }).then((reply) => {
    expectReply(reply, 200);
    readAfter = reply.headers.get("x-read-after") ?? "";
    expect(readAfter).toMatch(/^[0-9a-f]{16}$/);
    return reply;
  });
}

/** Reads what was written, on whichever process. */
async function read(path: string): Promise<Reply> {
  const reply = await api.send("GET", path, { headers: { "x-read-after": readAfter } });
  expectReply(reply, 200);
  return reply;
}

async function newest(list: string): Promise<string | undefined> {
  return listAt((await read(`/api/v1/${list}?limit=5`)).body, "items").map((item) => textAt(item, "uuid"))[0];
}

/** Writes, and reads what was written; the longest time of a read, milliseconds. */
async function writeAndRead(rounds: number): Promise<number> {
  let longest = 0;
  const timed = async <Value>(work: Promise<Value>): Promise<Value> => {
    const begun = performance.now();
    const value = await work;
    longest = Math.max(longest, performance.now() - begun);
    return value;
  };
  for (let round = 0; round < rounds; round++) {
    const created = await write("POST", "/api/v1/workflows", { name: "a test", steps: STEPS });
    const workflow = textAt(created.body, "workflow_id");
    expect(await timed(newest("workflows"))).toBe(workflow);
    await write("PUT", `/api/v1/workflows/${workflow}`, { name: "changed", steps: STEPS });
    for (let reader = 0; reader < READERS; reader++) {
      expect(at((await timed(read(`/api/v1/workflows/${workflow}`))).body, "version")).toBe(2);
    }
    const triggered = await write("POST", "/api/v1/trigger", { workflow_id: workflow });
    const run = textAt(triggered.body, "run_id");
    for (let reader = 0; reader < READERS; reader++) expect(await timed(newest("runs"))).toBe(run);
    expect(at((await timed(read(`/api/v1/runs/${run}`))).body, "uuid")).toBe(run);
    await api.untilEnded(run);
  }
  return longest;
}

const toolCall = (params: object) => ({ jsonrpc: "2.0", id: 1, method: "tools/call", params });

/** Reads of both processes by who answered. */
async function counted(outcome: string): Promise<number> {
  const scrapes = await Promise.all(processes.map((each) => Scrape.of(String(each.logged("metrics")?.address))));
  return scrapes.reduce((sum, scrape) => sum + scrape.sum("workflow_replica_reads_total", { outcome }), 0);
}

test("one's own writes are there, and the replica gives them", async () => {
  await writeAndRead(ROUNDS);
  // Once it was late by more than 100 ms, as on a busy machine, the primary is asked for a second.
  expect(await counted("answered")).toBeGreaterThan(ROUNDS);
});

test("a position that is none is later than all, and costs nobody an error", async () => {
  for (const wrong of ["", "no position", "ffffffffffffffff"]) {
    const reply = await api.send("GET", "/api/v1/runs?limit=1", { headers: { "x-read-after": wrong } });
    expectReply(reply, 200);
  }
});

test("a delivery to a hook and a run of a schedule name their positions, and through MCP one's own writes are there", async () => {
  const workflow_id = await api.create(STEPS);
  const hook = textAt((await api.post("/api/v1/hooks", { workflow_id })).body, "token");
  const schedule = { workflow_id, cron: "0 3 1 1 *" };
  const made = await api.post("/api/v1/schedules", schedule);
  for (const path of [`hooks/${hook}`, `schedules/${textAt(made.body, "id")}/run`]) {
    const reply = await api.post(`/api/v1/${path}`, {});
    readAfter = reply.headers.get("x-read-after") ?? "";
    expect([path, readAfter]).toEqual([path, expect.stringMatching(/^[0-9a-f]{16}$/)]);
    expect(await newest("runs")).toBe(textAt(reply.body, "run_id"));
  }
  servers.pauseReplay();
  const run = await api.trigger(workflow_id);
  const call = { name: "list_runs", arguments: { limit: 1 } };
  const told = await new Client(processes[0]?.url ?? "").post("/mcp", toolCall(call));
  servers.resumeReplay();
  expect(told.text).toContain(run);
});

test("without a position a run is told as it is, and so is a workflow", async () => {
  servers.pauseReplay();
  const workflow = await api.create(STEPS);
  const run = await api.trigger(workflow);
  expect((await api.untilEnded(run)).status).toBe("success");
  expectReply(await api.get(`/api/v1/workflows/${workflow}`), 200);
  servers.resumeReplay();
});

test("paused, one's own writes are there, and each read is slower by 100 ms at most", async () => {
  servers.pauseReplay();
  const longest = await writeAndRead(2);
  expect(longest).toBeLessThan(1000);
  expect(await counted("behind")).toBeGreaterThan(0);
  servers.resumeReplay();
  await until("it is near again", async () => (await stateOf(0)) === "up" && (await stateOf(1)) === "up");
});

test("killed under load: no request fails, and none is slow", async () => {
  const statuses: number[] = [];
  let isOver = false;
  let longest = 0;
  const load = async () => {
    while (!isOver) {
      const begun = performance.now();
      const { status } = await api.get("/api/v1/runs?limit=5");
      statuses.push(status);
      longest = Math.max(longest, performance.now() - begun);
    }
  };
  const readers = Array.from({ length: READERS }, load);
  await Bun.sleep(300);
  await servers.kill();
  await writeAndRead(2);
  isOver = true;
  await Promise.all(readers);
  expect(new Set(statuses)).toEqual(new Set([200]));
  expect(longest).toBeLessThan(2500);
  await until("it is known to be out", async () => (await stateOf(0)) === "down");
  await servers.startAgain();
  await until("it is back", async () => (await stateOf(0)) === "up" && (await stateOf(1)) === "up");
});

test("promoted as in docs/runbook.md: what it had replayed is there, and all goes on", async () => {
  await writeAndRead(1);
  const before = listAt((await read("/api/v1/runs?limit=200")).body, "items").map((item) => textAt(item, "uuid"));
  await until("it has all of it", async () => {
    const copied = await on(servers.copyOf(database), (sql) => sql<{ uuid: string }[]>`select uuid from workflow_runs`);
    return copied.length === before.length;
  });
  await servers.endPrimary();
  await servers.promote();
  await endProcesses();
  await startProcesses({ DATABASE_URL: servers.copyOf(database) });
  const promoted = new Client(processes[0]?.url ?? "");
  const listed = listAt((await promoted.get("/api/v1/runs?limit=200")).body, "items").map((item) =>
    textAt(item, "uuid"),
  );
  expect(listed).toEqual(before);
  const run = await promoted.trigger(await promoted.create(STEPS));
  expect((await promoted.untilEnded(run)).status).toBe("success");
});
