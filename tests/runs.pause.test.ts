/** `POST /runs/{id}/pause` and `/resume`: what has begun ends, nothing begins, and times stand still meanwhile. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client, type StepInput } from "./harness/http/client.ts";
import { expectError, expectFaults, expectReply } from "./harness/http/expect.ts";
import { at, textAt } from "./harness/http/json.ts";
import { Sink } from "./harness/sinks/sink.ts";
import { type PlatformUnderTest, platformUnderTest } from "./harness/under-test.ts";

/** Longer than what the paused runs wait for, and than a look of a worker. */
const PAUSE_MS = 1500;

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
const sleeps = (name: string, duration: number): StepInput => ({ name, type: "delay", config: { duration } });
const listens = (name: string, more: object = {}): StepInput => ({
  ...{ name, type: "wait", config: { signal: "go" } },
  ...more,
});
const hook = (name: string, url: string): StepInput => ({
  ...{ name, type: "webhook" },
  config: { method: "POST", url, body: {} },
});
const ask = (what: "pause" | "resume" | "cancel", run: string) => api.post(`/api/v1/runs/${run}/${what}`, {});

let paths = 0;
const path = () => `/paused-${paths++}`;

async function started(steps: StepInput[], step: string): Promise<string> {
  const run = await api.trigger(await api.create(steps));
  await api.untilBegun(run, step);
  return run;
}

/** Pauses a run and waits until it stands still, whichever of the two answers it gets. */
async function paused(run: string): Promise<void> {
  const reply = await ask("pause", run);
  if (reply.status === 200) expectReply(reply, 200, { run_id: run, status: "paused" });
  else expectReply(reply, 202, { run_id: run, status: "pausing" });
  await api.untilIs(run, "paused");
  expectReply(await ask("pause", run), 200, { run_id: run, status: "paused" });
}

/** The types of what happened to a run. */
async function eventsOf(run: string): Promise<unknown[]> {
  const { items }: { items: { type: string }[] } = JSON.parse((await api.get(`/api/v1/runs/${run}/events`)).text);
  return items.map(({ type }) => type);
}

const seconds = (from: unknown, to: unknown) => (Date.parse(String(to)) - Date.parse(String(from))) / 1000;

describe("a run that is paused", () => {
  test("lets a webhook under way end, keeps its result, and begins nothing behind it", async () => {
    const [slow, next] = [path(), path()];
    const run = await api.trigger(
      await api.create([
        hook("a", sink.url(slow, { afterMs: 1000, body: "kept" })),
        pure("b"),
        hook("c", sink.url(next)),
      ]),
    );
    for (let time = 0; time < 500 && sink.at(slow).length === 0; time++) await Bun.sleep(10);
    expectReply(await ask("pause", run), 202, { run_id: run, status: "pausing" });
    expect((await api.get(`/api/v1/runs/${run}`)).body).toMatchObject({ status: "running", phase: "pausing" });
    const still = await api.untilIs(run, "paused");
    expect(still.body).not.toHaveProperty("phase");
    expect(still.step("a")).toMatchObject({ status: "success", output: { response_data: "kept" } });
    expect(at(still.body, "step_results", "b")).toBeUndefined();
    expectReply(await ask("resume", run), 200, { run_id: run, status: "running" });
    expect((await api.untilEnded(run)).status).toBe("success");
    expect([sink.at(slow).length, sink.at(next).length]).toEqual([1, 1]);
  });

  test("sleeps so much longer as it stood still", async () => {
    const run = await started([sleeps("a", 1), pure("b")], "a");
    await paused(run);
    await Bun.sleep(PAUSE_MS);
    expect((await api.get(`/api/v1/runs/${run}`)).body).toMatchObject({ status: "paused", completed_at: null });
    expect(await eventsOf(run)).toEqual(["run.created", "run.started", "step.started", "run.paused"]);
    const resumedAt = Date.now();
    expectReply(await ask("resume", run), 200, { run_id: run, status: "running" });
    expectReply(await ask("resume", run), 200, { run_id: run, status: "running" });
    const { body } = await api.untilEnded(run);
    const [from, to] = [at(body, "step_results", "a", "started_at"), at(body, "step_results", "a", "completed_at")];
    expect(seconds(from, to)).toBeGreaterThan(1 + PAUSE_MS / 1000 - 0.1);
    expect(Date.parse(String(to))).toBeGreaterThan(resumedAt);
    expect(Object.keys(Object(at(body, "step_results")))).toEqual(["a", "b"]);
    expect(await eventsOf(run)).toEqual([
      ...["run.created", "run.started", "step.started", "run.paused", "run.resumed", "step.succeeded"],
      ...["step.started", "step.succeeded", "run.ended"],
    ]);
  });

  test("has no time run out, takes its signals later, and goes on with the time that it had left", async () => {
    const run = await started(
      [listens("a", { timeout: 1.2 }), listens("b", { timeout: 1, on_error: "continue" })],
      "a",
    );
    await paused(run);
    expectReply(await api.post(`/api/v1/runs/${run}/signals/go`, { n: 7 }), 200);
    await Bun.sleep(PAUSE_MS);
    await ask("resume", run);
    const { body } = await api.untilEnded(run);
    expect(at(body, "step_results", "a")).toMatchObject({ status: "success", output: { n: 7 } });
    expect(at(body, "step_results", "b")).toMatchObject({ status: "failed", error_details: { code: "timeout" } });
  });

  test("before it began, or before its turn came, does not begin", async () => {
    const workflow = await api.create([listens("a")], { concurrency: { limit: 1 } });
    const [first, second] = [await api.trigger(workflow), await api.trigger(workflow)];
    await api.untilBegun(first, "a");
    expectReply(await ask("pause", second), 200, { run_id: second, status: "paused" });
    await ask("cancel", first);
    await api.untilIs(first, "cancelled");
    await Bun.sleep(PAUSE_MS);
    expect((await api.get(`/api/v1/runs/${second}`)).body).toMatchObject({ status: "paused", started_at: null });
    expectReply(await ask("resume", second), 200, { run_id: second, status: "pending" });
    await api.untilBegun(second, "a");
    await ask("cancel", second);
  });

  test("is cancelled like any other, and not paused while it is", async () => {
    const undo = path();
    const slow = { step: hook("", sink.url(undo, { afterMs: 1000 })) };
    const compensate = { step: { type: slow.step.type, config: slow.step.config } };
    const run = await started([{ ...pure("a"), compensate }, sleeps("b", 3600)], "b");
    await paused(run);
    const told = await eventsOf(run);
    expect(told.at(-1)).toBe("run.paused");
    expectReply(await ask("cancel", run), 202, { run_id: run, status: "cancelling" });
    const refused = await ask("pause", run);
    expectError(refused, 409);
    expect(at(refused.body, "code")).toBe("run_cancelling");
    for (const [action, failed] of [
      ["pause", 1],
      ["resume", 0],
      ["cancel", 0],
    ] as const) {
      const dry = await api.post("/api/v1/runs/bulk", {
        action,
        filter: { uuid: [run], status: "running" },
        dry_run: true,
      });
      const detail = textAt(refused.body, "detail");
      const errors = failed === 0 ? [] : [{ code: "run_cancelling", detail, count: 1, run_id: run }];
      expectReply(dry, 200, { count: 1, more: false, looked: 1, failed, errors });
    }
    expect((await api.untilIs(run, "cancelled")).body).toMatchObject({ compensation: { done: 1 } });
    expect(sink.at(undo)).toHaveLength(1);
    // What was told while it stood still is told at the same place ever after.
    expect((await eventsOf(run)).slice(0, told.length + 2)).toEqual([...told, "run.resumed", "run.cancelling"]);
  });
});

test("a child goes on while its parent stands still", async () => {
  const child = await api.create([sleeps("w", 0.5)]);
  const run = await started([{ name: "c", type: "workflow", config: { workflow_id: child } }, pure("b")], "c");
  await paused(run);
  await Bun.sleep(PAUSE_MS);
  expect(at((await api.get(`/api/v1/runs/${run}`)).body, "step_results", "c", "status")).toBe("running");
  await ask("resume", run);
  const { body } = await api.untilEnded(run);
  const own = await api.untilEnded(textAt(body, "step_results", "c", "output", "run_id"));
  expect(Date.parse(textAt(own.body, "completed_at"))).toBeLessThan(Date.parse(textAt(body, "completed_at")) - 500);
});

test("requests that can't be carried out change nothing", async () => {
  const { uuid } = await api.run([pure("a")]);
  for (const what of ["pause", "resume"] as const) {
    const reply = await ask(what, uuid);
    expectError(reply, 409);
    expect(at(reply.body, "code")).toBe("run_ended");
    expectError(await ask(what, "nonsense"), 404, "Workflow run not found");
    const wrong = await api.post(`/api/v1/runs/${uuid}/${what}`, { until: 1 });
    expectFaults(wrong, [{ loc: ["body", "until"], type: "extra_forbidden" }]);
  }
});
