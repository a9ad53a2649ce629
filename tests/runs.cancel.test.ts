/** `POST /runs/{id}/cancel`: what is under way ends, what succeeded is undone, and the run ends as cancelled, once. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client, type Run, type StepInput } from "./harness/http/client.ts";
import { expectError, expectFaults, expectReply } from "./harness/http/expect.ts";
import { at, textAt } from "./harness/http/json.ts";
import { Sink } from "./harness/sinks/sink.ts";
import { type PlatformUnderTest, platformUnderTest } from "./harness/under-test.ts";

let platform: PlatformUnderTest;
let api: Client;
let sink: Sink;

beforeAll(async () => {
  platform = await platformUnderTest();
  api = new Client(platform.url);
  sink = new Sink();
});
afterAll(async () => {
  await sink.close();
  await platform.close();
});

const pure = (name: string, value: unknown = 1): StepInput => ({ name, type: "transform", config: { value } });
const sleeps = (name: string, duration = 3600): StepInput => ({ name, type: "delay", config: { duration } });
const listens = (name: string): StepInput => ({ name, type: "wait", config: { signal: "go" } });
const post = (url: string, body: unknown = {}) => ({ type: "webhook", config: { method: "POST", url, body } });
const undone = (name: string, url: string): StepInput => ({ ...pure(name), compensate: { step: post(url) } });
const child = (name: string, workflow_id: string, more: object = {}): StepInput => ({
  name,
  type: "workflow",
  config: { workflow_id, ...more },
});
const cancel = (run: string, body: object = {}) => api.post(`/api/v1/runs/${run}/cancel`, body);

let paths = 0;
const path = () => `/path-${paths++}`;

async function started(steps: StepInput[], step: string): Promise<string> {
  const run = await api.trigger(await api.create(steps));
  await api.untilBegun(run, step);
  return run;
}

async function untilReceived(at: string): Promise<void> {
  for (let time = 0; time < 500 && sink.at(at).length === 0; time++) await Bun.sleep(20);
  expect(sink.at(at).length).toBeGreaterThan(0);
}

/** Cancels a run and waits for its end, whichever of the two answers it gets. */
async function cancelled(run: string, body: object = {}): Promise<Run> {
  const reply = await cancel(run, body);
  if (reply.status === 200) expectReply(reply, 200, { run_id: run, status: "cancelled" });
  else expectReply(reply, 202, { run_id: run, status: "cancelling" });
  return api.untilIs(run, "cancelled");
}

describe("a run that is cancelled", () => {
  test("is undone while its webhook is given up, each of many", async () => {
    const [slow, undo] = [path(), path()];
    const workflow = await api.create([
      undone("a", sink.url(undo)),
      { name: "b", ...post(sink.url(slow, { afterMs: 8000 })) },
    ]);
    const runs = await Promise.all(Array.from({ length: 40 }, () => api.trigger(workflow)));
    for (let time = 0; time < 500 && sink.at(slow).length < runs.length; time++) await Bun.sleep(20);
    // One after the other: a thread that has much to do takes them in another order.
    for (const run of runs) await cancelled(run);
    const times = Map.groupBy(sink.at(undo), ({ headers }) => headers.get("webhook-id"));
    expect([...times.keys()].sort()).toEqual(runs.map((run) => `${run}:0/u`).sort());
  });

  test("gives up a webhook under way, and begins nothing more", async () => {
    const [slow, next] = [path(), path()];
    const workflow = await api.create([
      pure("a"),
      { name: "b", ...post(sink.url(slow, { afterMs: 8000 })) },
      { name: "c", ...post(sink.url(next)) },
    ]);
    const run = await api.trigger(workflow);
    await untilReceived(slow);
    const { body } = await cancelled(run, { reason: "a mistake" });
    expect(body).toMatchObject({
      error: "The run was cancelled",
      cancel_reason: "a mistake",
      completed_at: expect.any(String),
    });
    expect(body).not.toHaveProperty("phase");
    expect(at(body, "step_results", "a", "status")).toBe("success");
    expect(at(body, "step_results", "b")).toMatchObject({
      status: "skipped",
      error: "The run was cancelled",
      error_details: { code: "cancelled", step: "b" },
    });
    expect(at(body, "step_results", "c")).toBeUndefined();
    expect(sink.at(next)).toEqual([]);
  });

  test("ends its sleep, its wait for a signal, and the branches of a parallel", async () => {
    const branches = [
      { name: "x", steps: [sleeps("w")] },
      { name: "y", steps: [listens("l")] },
    ];
    for (const [steps, begun] of [
      [[sleeps("a")], "a"],
      [[listens("a")], "a"],
      [[pure("a"), { name: "p", type: "parallel", config: { branches } }], "p.y.l"],
    ] as const) {
      const { body } = await cancelled(await started([...steps], begun));
      expect(at(body, "step_results", begun, "status")).toBe("skipped");
      expect(body).not.toHaveProperty("waiting");
    }
  });

  test("undoes what succeeded, the youngest first, before it ends", async () => {
    const [first, second] = [path(), path()];
    const steps = [
      undone("a", sink.url(first)),
      undone("b", sink.url(second)),
      sleeps("c"),
      undone("d", sink.url(path())),
    ];
    const run = await started(steps, "c");
    const { body } = await cancelled(run, { reason: "stop" });
    expect(body).toMatchObject({ compensation: { status: "success", done: 2, failed: [] }, cancel_reason: "stop" });
    expect(sink.at(first)).toHaveLength(1);
    expect(sink.received.map((one) => one.path).filter((one) => one === first || one === second)).toEqual([
      second,
      first,
    ]);
    expect(Object.keys(objectKeys(body))).toEqual(expect.arrayContaining(["a.$compensate", "b.$compensate"]));
    expect(at(body, "step_results", "d")).toBeUndefined();
  });

  test("says so while it is being undone, and answers the same again", async () => {
    const slow = path();
    const run = await started([undone("a", sink.url(slow, { afterMs: 1500 })), sleeps("b")], "b");
    expectReply(await cancel(run, { reason: "first" }), 202, { run_id: run, status: "cancelling" });
    await untilReceived(slow);
    const shown = await api.get(`/api/v1/runs/${run}`);
    expect(shown.body).toMatchObject({ status: "running", phase: "compensating", cancel_reason: "first" });
    expectReply(await cancel(run, { reason: "second" }), 202, { run_id: run, status: "cancelling" });
    expect((await api.untilIs(run, "cancelled")).body).toMatchObject({ cancel_reason: "first" });
    expectReply(await cancel(run), 200, { run_id: run, status: "cancelled" });
    expect(sink.at(slow)).toHaveLength(1);
  });

  test("is not undone where that is asked for, nor any further once it is", async () => {
    const [never, slow] = [path(), path()];
    const bare = await cancelled(await started([undone("a", sink.url(never)), sleeps("b")], "b"), {
      compensate: false,
    });
    expect(bare.body).not.toHaveProperty("compensation");
    const run = await started(
      [undone("a", sink.url(never)), undone("b", sink.url(slow, { afterMs: 8000 })), sleeps("c")],
      "c",
    );
    expectReply(await cancel(run), 202, { run_id: run, status: "cancelling" });
    await untilReceived(slow);
    const { body } = await cancelled(run, { compensate: false });
    expect(at(body, "step_results", "b.$compensate", "status")).toBe("skipped");
    expect(sink.at(never)).toEqual([]);
  });

  test("that waits for its turn ends at once, and the next one begins", async () => {
    const workflow = await api.create([listens("a")], { concurrency: { limit: 1 } });
    const [first, second, third] = [
      await api.trigger(workflow),
      await api.trigger(workflow),
      await api.trigger(workflow),
    ];
    await api.untilBegun(first, "a");
    expectReply(await cancel(second), 200, { run_id: second, status: "cancelled" });
    await cancelled(first);
    await api.untilBegun(third, "a");
    await cancelled(third);
  });
});

describe("the runs that it started", () => {
  test("are cancelled, undone and waited for; one that is to be left alone goes on", async () => {
    const undo = path();
    const workflow = await api.create([undone("a", sink.url(undo, { afterMs: 800 })), listens("l")]);
    const branches = [
      { name: "x", steps: [child("c", workflow)] },
      { name: "y", steps: [child("d", workflow, { on_cancel: "abandon" })] },
    ];
    const run = await started([{ name: "p", type: "parallel", config: { branches } }], "p.y.d");
    const children: Run[] = [];
    for (let time = 0; time < 500 && children.length < 2; time++) {
      const { items }: { items: { uuid: string; parent_run_id?: string }[] } = JSON.parse(
        (await api.get("/api/v1/runs?limit=50")).text,
      );
      children.length = 0;
      for (const { uuid, parent_run_id } of items)
        if (parent_run_id === run) children.push(await api.untilBegun(uuid, "l"));
    }
    const { body } = await cancelled(run);
    const ended = await Promise.all(children.map(async ({ uuid }) => (await api.get(`/api/v1/runs/${uuid}`)).body));
    const statuses = ended.map((one) => textAt(one, "status"));
    expect(statuses.toSorted()).toEqual(["cancelled", "running"]);
    const [own] = ended.filter((one) => at(one, "status") === "cancelled");
    expect(sink.at(undo)).toHaveLength(1);
    expect(Date.parse(textAt(body, "completed_at"))).toBeGreaterThanOrEqual(Date.parse(textAt(own, "completed_at")));
    const [left] = children.filter((_, index) => statuses[index] === "running");
    await cancelled(left?.uuid ?? "");
  });
});

describe("a request that can't be carried out", () => {
  test("for a run that ended otherwise, or is unknown", async () => {
    const { uuid } = await api.run([pure("a")]);
    const before = await api.get(`/api/v1/runs/${uuid}`);
    const reply = await cancel(uuid);
    expectError(reply, 409);
    expect(at(reply.body, "code")).toBe("run_ended");
    expect((await api.get(`/api/v1/runs/${uuid}`)).text).toBe(before.text);
    expectError(await cancel("00000000-0000-7000-8000-000000000000"), 404, "Workflow run not found");
    expectError(await cancel("nonsense"), 404, "Workflow run not found");
  });

  test("since its body does not fit changes nothing", async () => {
    const run = await started([sleeps("a")], "a");
    expectFaults(await cancel(run, { reason: "" }), [{ loc: ["body", "reason"], type: "string_too_short" }]);
    expectFaults(await cancel(run, { reason: "x".repeat(1001) }), [
      { loc: ["body", "reason"], type: "string_too_long" },
    ]);
    expectFaults(await cancel(run, { compensate: "no" }), [{ loc: ["body", "compensate"], type: "bool_type" }]);
    expectFaults(await cancel(run, { why: 1 }), [{ loc: ["body", "why"], type: "extra_forbidden" }]);
    expectFaults(await api.post(`/api/v1/runs/${run}/cancel`, []), [{ loc: ["body"], type: "dict_type" }]);
    expectReply(await api.send("POST", `/api/v1/runs/${run}/cancel`, { body: "{}" }), 415);
    expect(at((await api.get(`/api/v1/runs/${run}`)).body, "status")).toBe("running");
    // The body may be left out.
    const bare = await api.send("POST", `/api/v1/runs/${run}/cancel`);
    expect([200, 202]).toContain(bare.status);
    await api.untilIs(run, "cancelled");
  });
});

function objectKeys(body: unknown): Record<string, unknown> {
  const results = at(body, "step_results");
  return typeof results === "object" && results !== null ? { ...results } : {};
}
