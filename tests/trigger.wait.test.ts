/** Triggers, and looks at a run, that wait for its end. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { connect } from "node:net";
import { allRuns } from "./harness/http/all-runs.ts";
import { Client } from "./harness/http/client.ts";
import { expectError, expectFaults, expectReply } from "./harness/http/expect.ts";
import { at, textAt } from "./harness/http/json.ts";
import type { Reply } from "./harness/http/reply.ts";
import { Platform } from "./harness/platform.ts";

const STEPS = [{ name: "a", type: "transform", config: { value: "${payload.n}" } }];
const SLEEPS = [{ name: "s", type: "delay", config: { duration: 60 } }];
/** What src/services/run-waits.ts says. */
const MOST = 1000;

let platform: Platform;
let api: Client;
beforeAll(async () => {
  platform = await Platform.start();
  api = new Client(platform.url);
});
afterAll(async () => {
  expect(platform.complaints()).toEqual([]);
  await platform.close();
});

function trigger(workflow_id: string, wait: unknown, more: Record<string, unknown> = {}): Promise<Reply> {
  return api.post(`/api/v1/trigger?wait=${wait}`, { workflow_id, payload: { n: 1 }, ...more });
}

test("the answer has the run that ended, each of the ways in which it may be executed", async () => {
  const workflow = await api.create(STEPS);
  // The first is claimed by its insert, later ones are executed before theirs.
  for (let count = 0; count < 4; count++) {
    const reply = await trigger(workflow, 30);
    expectReply(reply, 200);
    const run = await api.get(`/api/v1/runs/${textAt(reply.body, "run_id")}`);
    expectReply(reply, 200, { run_id: at(run.body, "uuid"), status: "success", run: run.body });
  }
  const sleeping = await api.create([...STEPS, { name: "s", type: "delay", config: { duration: 0.3 } }]);
  expect((await trigger(sleeping, 30)).body).toMatchObject({ status: "success", run: { status: "success" } });
  expect((await trigger(workflow, "30.5", { delay: 0.3 })).body).toMatchObject({ status: "success" });
  const failing = await api.create([{ name: "f", type: "fail", config: { message: "no" } }]);
  expect((await trigger(failing, 30)).body).toMatchObject({ status: "failed", run: { status: "failed" } });
});

test("where the time is over the answer says how far the run is", async () => {
  const workflow = await api.create(SLEEPS);
  const reply = await trigger(workflow, 0.2);
  expectReply(reply, 200, { run_id: at(reply.body, "run_id"), status: "running", run: null });
  expect((await trigger(workflow, 0, { delay: 60 })).body).toMatchObject({ status: "pending", run: null });
});

test("a request that is repeated waits for the run of the first", async () => {
  const workflow = await api.create([{ name: "s", type: "delay", config: { duration: 0.5 } }]);
  const body = JSON.stringify({ workflow_id: workflow });
  const headers = { "content-type": "application/json", "idempotency-key": "waits" };
  const send = (wait: number) => api.send("POST", `/api/v1/trigger?wait=${wait}`, { body, headers });
  const [first, second] = await Promise.all([send(30), send(30)]);
  expect(first.body).toMatchObject({ status: "success", run: { status: "success" } });
  expectReply(second, 200, first.body);
  expectReply(await send(0), 200, first.body);
});

test("refusals are as without waiting, and wait is a number from 0 to 60", async () => {
  expectError(await trigger("not there", 5), 404);
  for (const wait of ["", "-1", "61", "60.001", "1e1", "x", "NaN", "1.0001", " 1"]) {
    const reply = await trigger(await api.create(STEPS), encodeURIComponent(wait));
    expectFaults(reply, [{ loc: ["query", "wait"], type: "value_error" }]);
  }
});

test("a look at a run waits for its end as well, in each view, and shows it as any look does", async () => {
  const run = await api.trigger(await api.create([{ name: "s", type: "delay", config: { duration: 0.5 } }]));
  const path = `/api/v1/runs/${run}`;
  const [whole, outline] = await Promise.all([api.get(`${path}?wait=30`), api.get(`${path}?view=outline&wait=30`)]);
  expectReply(whole, 200, (await api.get(path)).body);
  expect(whole.body).toMatchObject({ status: "success" });
  expectReply(outline, 200, (await api.get(`${path}?view=outline`)).body);
  expectReply(await api.get(`${path}?wait=60`), 200, whole.body);
  const sleeping = await api.trigger(await api.create(SLEEPS));
  expect((await api.get(`/api/v1/runs/${sleeping}?wait=0.2`)).body).toMatchObject({ completed_at: null });
  expectFaults(await api.get(`${path}?wait=61`), [{ loc: ["query", "wait"], type: "value_error" }]);
  expectError(await api.get(`/api/v1/runs/${crypto.randomUUID()}?wait=30`), 404, "Workflow run not found");
});

test("a run that is cancelled by another one's turn ends the wait", async () => {
  const workflow = await api.create(SLEEPS, { concurrency: { limit: 1, on_limit: "cancel_oldest" } });
  const waiting = trigger(workflow, 30);
  while (at((await api.get("/api/v1/runs?limit=1")).body, "items", 0, "workflow_id") !== workflow) await Bun.sleep(5);
  await api.trigger(workflow);
  expect((await waiting).body).toMatchObject({ status: "cancelled", run: { status: "cancelled" } });
});

test(`above ${MOST} that wait others are refused before they start anything, until one goes away`, async () => {
  const workflow = await api.create(SLEEPS);
  const body = JSON.stringify({ workflow_id: workflow });
  const head = `content-type: application/json\r\ncontent-length: ${body.length}`;
  const request = `POST /api/v1/trigger?wait=60 HTTP/1.1\r\nhost: localhost\r\n${head}\r\n\r\n${body}`;
  // fetch has fewer requests under way at once.
  const waiting = Array.from({ length: MOST }, () => connect(Number(new URL(platform.url).port), "127.0.0.1"));
  for (const socket of waiting) socket.write(request);
  const count = async () => {
    let runs = 0;
    for await (const run of allRuns(api)) if (run.workflow_id === workflow) runs++;
    return runs;
  };
  while ((await count()) < MOST) await Bun.sleep(20);
  const refused = await trigger(workflow, 1);
  expectError(refused, 503);
  expect(textAt(refused.body, "code")).toBe("too_many_waiting");
  expect(refused.headers.get("retry-after")).toMatch(/^[1-9]\d*$/);
  expectReply(await api.post("/api/v1/trigger", { workflow_id: workflow }), 200);
  expect(await count()).toBe(MOST + 1);
  for (const socket of waiting) socket.destroy();
  for (;;) {
    const reply = await trigger(workflow, 0);
    if (reply.status === 200) break;
    expect(reply.status).toBe(503);
    await Bun.sleep(10);
  }
});

test("when the platform stops who waits is answered", async () => {
  const stopping = await Platform.start();
  try {
    const client = new Client(stopping.url);
    const workflow = await client.create(SLEEPS);
    const waiting = client.post("/api/v1/trigger?wait=60", { workflow_id: workflow });
    while (at((await client.get("/api/v1/runs")).body, "items", 0, "status") !== "running") await Bun.sleep(5);
    expect(await stopping.stop()).toBe(0);
    expect((await waiting).body).toMatchObject({ status: "running", run: null });
  } finally {
    await stopping.close();
  }
});
