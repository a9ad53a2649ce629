/** Many users at once, and more work than there is room for: nobody is dropped, what does not fit is told so at once. */
import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { allRuns, untilAllEnded } from "./harness/http/all-runs.ts";
import { Client } from "./harness/http/client.ts";
import { Connection, type RawReply } from "./harness/http/connection.ts";
import { at, listAt, numberAt, textAt } from "./harness/http/json.ts";
import { Platform } from "./harness/platform.ts";
import { residentMegabytes } from "./harness/procfs.ts";

const FULL = process.env.TEST_SIZE === "full";
const USERS = FULL ? 10_000 : 1_000;

setDefaultTimeout(FULL ? 300_000 : 60_000);

const BURST = 5_000;
const FLOOD = 200;
const PADDING = "x".repeat(900_000);
const STEPS = [{ name: "a", type: "transform", config: { value: "${payload.n}" } }];

// Each test has a platform of its own, since a bound may depend on what came before.
let platform: Platform;
let api: Client;
beforeEach(async () => {
  platform = await Platform.start();
  api = new Client(platform.url);
});
afterEach(() => platform.close());

const openAll = (count: number) => Promise.all(Array.from({ length: count }, () => Connection.open(platform.url)));
const triggerText = (workflow_id: string, payload: object) => JSON.stringify({ workflow_id, payload });

describe(`${USERS} users at once`, () => {
  test("get an answer to each of the seven requests of the flow", async () => {
    const latencies: number[] = [];
    const problems: string[] = [];
    const runs: string[] = [];
    const opening = performance.now();
    // All at once: the listener's backlog is shorter than this, and even so nobody may be turned away.
    const opened = await Promise.allSettled(Array.from({ length: USERS }, () => Connection.open(platform.url)));
    const start = performance.now();
    await Promise.all(
      opened.map(async (one) => {
        try {
          if (one.status === "rejected") throw one.reason;
          runs.push(await playFlow(one.value, latencies));
        } catch (error) {
          problems.push(String(error));
        }
      }),
    );
    const seconds = (performance.now() - start) / 1000;
    for (const one of opened) if (one.status === "fulfilled") one.value.close();
    latencies.sort((a, b) => a - b);
    const part = (share: number) => Math.round(latencies[Math.floor(latencies.length * share)] ?? 0);
    console.log(
      `${USERS} users: connected in ${Math.round(start - opening)} ms, ${Math.round(latencies.length / seconds)} requests/s,`,
      `p50 ${part(0.5)} ms, p99 ${part(0.99)} ms, max ${part(0.999999)} ms, ${Math.round(residentMegabytes(platform.pid))} MB`,
    );
    expect({ count: problems.length, first: problems.slice(0, 5) }).toEqual({ count: 0, first: [] });
    expect(new Set(runs).size).toBe(USERS);
    await untilAllEnded(api, 30_000);
    const stored = new Map<string, unknown>();
    for await (const run of allRuns(api)) stored.set(textAt(run, "uuid"), run.status);
    expect(runs.filter((run) => stored.get(run) !== "success")).toEqual([]);
    expect(stored.size).toBe(USERS);
    expect(platform.complaints()).toEqual([]);
  });
});

/** The original's seven requests; gives the run's id. */
async function playFlow(user: Connection, latencies: number[]): Promise<string> {
  const ok = async (asked: Promise<RawReply>): Promise<unknown> => {
    const { status, text, tookMs } = await asked;
    latencies.push(tookMs);
    if (status !== 200) throw new Error(`status ${status}: ${text}`);
    return JSON.parse(text);
  };
  await ok(user.get("/health"));
  await ok(user.get("/"));
  const steps = [{ name: "wait", type: "delay", config: { duration: 1 } }];
  const workflow = await ok(user.post("/api/v1/workflows", JSON.stringify({ id: "flow", name: "A flow", steps })));
  const workflowId = textAt(workflow, "workflow_id");
  const read = await ok(user.get(`/api/v1/workflows/${workflowId}`));
  if (at(read, "uuid") !== workflowId) throw new Error(`asked for ${workflowId}, got ${JSON.stringify(read)}`);
  const trigger = { workflow_id: workflowId, payload: { user_id: "u1" } };
  const runId = textAt(await ok(user.post("/api/v1/trigger", JSON.stringify(trigger))), "run_id");
  const run = await ok(user.get(`/api/v1/runs/${runId}`));
  if (at(run, "workflow_id") !== workflowId) throw new Error(`asked for ${runId}, got ${JSON.stringify(run)}`);
  const list = await ok(user.get("/api/v1/runs"));
  if (listAt(list, "items").length === 0) throw new Error("the list is empty");
  return runId;
}

test(`a burst of ${BURST} small triggers is no overload, whatever single ones took before`, async () => {
  const workflow = await api.create(STEPS);
  const connections = await openAll(BURST);
  // One at a time and large, each pays for a whole commit: that says nothing about what many small ones cost together.
  for (const connection of connections.slice(0, 5)) {
    const reply = await connection.post("/api/v1/trigger", triggerText(workflow, { n: -1, padding: PADDING }));
    expect(reply.status).toBe(200);
  }
  const start = performance.now();
  const replies = await Promise.all(
    connections.map((connection, n) => connection.post("/api/v1/trigger", triggerText(workflow, { n }))),
  );
  console.log(`burst of ${BURST}: answered in ${Math.round(performance.now() - start)} ms`);
  expect(countByStatus(replies)).toEqual({ 200: BURST });
  for (const connection of connections) connection.close();
});

function countByStatus(replies: RawReply[]): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { status } of replies) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

describe(`${FLOOD} triggers of 900 kB at once`, () => {
  test("are taken or refused with 503 at once, and nobody is dropped", async () => {
    const workflow = await api.create(STEPS);
    const before = await api.trigger(workflow, { n: -1 });
    const connections = await openAll(FLOOD);
    const meanwhile = new Meanwhile(platform.url, [
      "/health",
      `/api/v1/runs/${before}`,
      `/api/v1/workflows/${workflow}`,
    ]);
    // Rejects when a connection is dropped.
    const replies = await Promise.all(
      connections.map((connection, n) =>
        connection.post("/api/v1/trigger", triggerText(workflow, { n, padding: PADDING })),
      ),
    );
    const reads = await meanwhile.end();
    const taken = replies.filter(({ status }) => status === 200);
    const refused = replies.filter(({ status }) => status === 503);
    const slowest = (some: { tookMs: number }[]) => Math.round(Math.max(...some.map(({ tookMs }) => tookMs)));
    console.log(
      `flood: ${taken.length} taken, slowest ${slowest(taken)} ms; ${refused.length} refused, slowest ${slowest(refused)} ms;`,
      `${reads.length} reads meanwhile, slowest ${slowest(reads)} ms; ${Math.round(residentMegabytes(platform.pid))} MB`,
    );
    expect(taken.length + refused.length).toBe(FLOOD);
    expect(taken.length).toBeGreaterThan(0);
    expect(refused.length).toBeGreaterThan(0);
    // At once: not after a wait for the work that is ahead.
    expect(slowest(refused)).toBeLessThan(slowest(taken));
    for (const { headers, text } of refused) {
      expect(headers.get("content-type")).toMatch(/^application\/json\b/);
      expect(headers.get("retry-after")).toMatch(/^[1-9]\d?$/);
      const body: unknown = JSON.parse(text);
      expect(body).toEqual({ detail: expect.stringMatching(/\S/), code: "overloaded", request_id: expect.any(String) });
    }
    expect(reads.map(({ status }) => status)).toEqual(reads.map(() => 200));
    expect(slowest(reads)).toBeLessThan(5_000);

    // Normal service on the same connections, at once.
    const after = await Promise.all(
      connections.map((one) => one.post("/api/v1/trigger", triggerText(workflow, { n: -2 }))),
    );
    expect(countByStatus(after)).toEqual({ 200: FLOOD });
    for (const connection of connections) connection.close();

    // What got its 200 is there, whole, and is executed; what was refused is not there.
    const accepted = new Set(taken.map(({ text }) => textAt(JSON.parse(text), "run_id")));
    await untilAllEnded(api, 30_000);
    for await (const run of allRuns(api, 10)) {
      const n = numberAt(run, "payload", "n");
      if (n < 0) continue;
      expect(accepted.delete(textAt(run, "uuid"))).toBe(true);
      expect(at(run, "payload", "padding") === PADDING).toBe(true);
      expect(at(run, "step_results", "a", "output", "value")).toBe(n);
    }
    expect([...accepted]).toEqual([]);
    expect(platform.complaints()).toEqual([]);
  });
});

/** Reads some paths over and over, each on a connection of its own, until told to end. */
class Meanwhile {
  #over = false;
  readonly #readers: Promise<RawReply[]>[];

  constructor(url: string, paths: string[]) {
    this.#readers = paths.map(async (path) => {
      const replies: RawReply[] = [];
      const connection = await Connection.open(url);
      while (!this.#over) {
        replies.push(await connection.get(path));
        await Bun.sleep(5);
      }
      connection.close();
      return replies;
    });
  }

  async end(): Promise<RawReply[]> {
    this.#over = true;
    return (await Promise.all(this.#readers)).flat();
  }
}
