/** `POST /runs/{id}/retry`: a new run keeps what one that is over did before a step, and does the rest. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client, type Run, type StepInput } from "./harness/http/client.ts";
import { expectError, expectFaults, expectReply } from "./harness/http/expect.ts";
import { at, listAt, textAt } from "./harness/http/json.ts";
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
const post = (url: string) => ({ type: "webhook", config: { method: "POST", url, body: {} } });
const hook = (name: string, url: string, more: Partial<StepInput> = {}): StepInput => ({ name, ...post(url), ...more });
const block = (name: string, ...steps: StepInput[]): StepInput => ({ name, type: "block", config: { steps } });

let paths = 0;
const path = () => `/retry-${paths++}`;

/** Runs steps to their end, which is no success. */
async function failed(steps: StepInput[], payload: object = { n: 1 }): Promise<Run> {
  const run = await api.untilEnded(await api.trigger(await api.create(steps), payload));
  expect(run.status).toBe("failed");
  return run;
}

/** Retries a run, and gives the new one when it is over, with the steps that were to run again. */
async function retried(run: string, body: object = {}): Promise<{ run: Run; willRun: unknown }> {
  const reply = await api.post(`/api/v1/runs/${run}/retry`, body);
  expectReply(reply, 200);
  const again = await api.untilEnded(textAt(reply.body, "run_id"));
  expect(again.body.retry_of).toBe(run);
  return { run: again, willRun: at(reply.body, "will_run") };
}

describe("a retry", () => {
  test("begins with the first step that failed, and sends nothing again that came before it", async () => {
    const [first, bad, last] = [path(), path(), path()];
    const steps = [
      hook("a", sink.url(first, { body: "kept" })),
      pure("b", "${a.response_data}"),
      hook("c", sink.url(bad, { status: 500 })),
      hook("d", sink.url(last)),
      pure("e", "${b.value} ${payload.n}"),
    ];
    const before = await failed(steps);
    sink.url(bad);
    const { run, willRun } = await retried(before.uuid);
    expect(willRun).toEqual(["c", "d", "e"]);
    expect(run.output("e")).toEqual({ type: "transform", value: "kept 1" });
    expect(run.step("a")).toEqual(before.step("a"));
    expect([first, bad, last].map((one) => sink.at(one).length)).toEqual([1, 2, 1]);
    expect(Object.keys(Object(at(run.body, "step_results")))).toEqual(["a", "b", "c", "d", "e"]);
    // What was kept is kept once more.
    const { run: third } = await retried(run.uuid, { from: "e", payload: { n: 2 } });
    expect(third.output("e")).toEqual({ type: "transform", value: "kept 2" });
    expect([first, bad, last].map((one) => sink.at(one).length)).toEqual([1, 2, 1]);
  });

  test("of a run that succeeded does all of it again, and from a step on what follows it", async () => {
    const [first, second] = [path(), path()];
    const run = await api.run([hook("a", sink.url(first)), hook("b", sink.url(second))]);
    expect((await retried(run.uuid)).willRun).toEqual(["a", "b"]);
    expect((await retried(run.uuid, { from: "b" })).willRun).toEqual(["b"]);
    expect([first, second].map((one) => sink.at(one).length)).toEqual([2, 3]);
  });

  test("goes into blocks and switches, and keeps the branches and items that ended", async () => {
    const [inner, bad, item, branch] = [path(), path(), path(), path()];
    const each = {
      items: [0, 1, 2],
      steps: [
        hook("x", sink.url(item)),
        { name: "y", type: "fail", if: "item == 1 && payload.n == 1", config: { message: "no" } },
      ],
    };
    const blocked = await failed([
      block("k", hook("a", sink.url(inner)), hook("b", sink.url(bad, { status: 500 }))),
      pure("c"),
    ]);
    sink.url(bad);
    const { run, willRun } = await retried(blocked.uuid);
    expect(willRun).toEqual(["k.b", "c"]);
    expect(run.status).toBe("success");
    expect([inner, bad].map((one) => sink.at(one).length)).toEqual([1, 2]);

    const branches = [
      { name: "p", steps: [hook("a", sink.url(branch))] },
      { name: "q", steps: [{ name: "m", type: "map", config: { ...each, max_failures: 0, concurrency: 1 } }] },
    ];
    const many = await failed([{ name: "all", type: "parallel", config: { branches } }, pure("c")]);
    const sent = sink.at(item).length;
    const again = await retried(many.uuid, { payload: { n: 2 } });
    expect(again.willRun).toEqual(["all", "c"]);
    expect(again.run.status).toBe("success");
    expect(sink.at(branch).length).toBe(1);
    // A branch that failed begins anew.
    expect(sink.at(item).length).toBe(sent + 3);

    const map = await failed([{ name: "m", type: "map", config: { ...each, concurrency: 1 } }]);
    const ofMap = sink.at(item).length;
    expect((await retried(map.uuid, { payload: { n: 2 } })).run.status).toBe("success");
    // The first item had ended; the second and third had not.
    expect(sink.at(item).length).toBe(ofMap + 2);
  });

  test("under another version takes over steps of the same name and type, and runs what is new", async () => {
    const [first, bad, added] = [path(), path(), path()];
    const id = await api.create([hook("a", sink.url(first)), pure("b"), hook("c", sink.url(bad, { status: 500 }))]);
    const run = await api.untilEnded(await api.trigger(id));
    sink.url(bad);
    const steps = [
      hook("new", sink.url(added)),
      hook("a", sink.url(first)),
      block("b", pure("x")),
      hook("c", sink.url(bad)),
    ];
    expectReply(await api.put(`/api/v1/workflows/${id}`, { name: "a test", steps }), 200);
    const { run: newest, willRun } = await retried(run.uuid, { version: "latest" });
    expect(newest.body).toMatchObject({ workflow_version: 2, status: "success" });
    expect(willRun).toEqual(["new", "b", "c"]);
    expect([first, bad, added].map((one) => sink.at(one).length)).toEqual([1, 2, 1]);
    expect((await retried(run.uuid)).run.body.workflow_version).toBe(1);
    expect((await retried(run.uuid, { version: 2 })).run.body.workflow_version).toBe(2);
    const unknown = await api.post(`/api/v1/runs/${run.uuid}/retry`, { version: 9 });
    expectError(unknown, 404);
    expect(at(unknown.body, "code")).toBe("version_not_found");
  });

  test("keeps what can be undone, and undoes it when it fails itself", async () => {
    const [undo, bad] = [path(), path()];
    const compensate = { step: post(sink.url(undo)) };
    const id = await api.create([
      pure("a"),
      { ...pure("b"), compensate },
      { name: "w", type: "wait", timeout: 0.2, config: { signal: "go" } },
    ]);
    const before = await api.untilEnded(await api.trigger(id));
    expect(sink.at(undo)).toHaveLength(1);
    // It was undone, so it runs again.
    const { run, willRun } = await retried(before.uuid);
    expect(willRun).toEqual(["b", "w"]);
    expect(run.status).toBe("failed");
    expect(sink.at(undo)).toHaveLength(2);
    const behind = await api.post(`/api/v1/runs/${before.uuid}/retry`, { from: "w" });
    expectError(behind, 409, "Step b was undone; a retry has to begin there, or before it");
    expect(at(behind.body, "code")).toBe("run_undone");
    expect((await retried(before.uuid, { from: "a" })).willRun).toEqual(["a", "b", "w"]);
    // One that was cancelled without being undone keeps the step, which is undone then.
    const open = await api.trigger(
      await api.create([
        { ...pure("b"), compensate },
        { name: "d", type: "delay", config: { duration: 60 } },
        hook("e", sink.url(bad)),
      ]),
    );
    await api.untilBegun(open, "d");
    await api.post(`/api/v1/runs/${open}/cancel`, { compensate: false });
    await api.untilIs(open, "cancelled");
    const undone = sink.at(undo).length;
    const reply = await api.post(`/api/v1/runs/${open}/retry`, {});
    expect(at(reply.body, "will_run")).toEqual(["d", "e"]);
    const next = textAt(reply.body, "run_id");
    await api.untilBegun(next, "d");
    await api.post(`/api/v1/runs/${next}/cancel`, {});
    await api.untilIs(next, "cancelled");
    expect(sink.at(undo).length).toBe(undone + 1);
  });
});

test("a retry of a child has no parent, and the run that started that one is not told of it", async () => {
  const child = await api.create([{ name: "f", type: "fail", config: { message: "no" } }]);
  const parent = await failed([{ name: "c", type: "workflow", config: { workflow_id: child } }]);
  const { body } = await api.get(`/api/v1/runs?parent_run_id=${parent.uuid}`);
  const [started] = listAt(body, "items");
  expect(at(started, "root_run_id")).toBe(parent.uuid);
  const { run } = await retried(textAt(started, "uuid"));
  expect(run.status).toBe("failed");
  expect(Object.keys(Object(run.body))).not.toContainAnyValues(["parent_run_id", "root_run_id"]);
  expect((await api.get(`/api/v1/runs/${parent.uuid}`)).body).toEqual(parent.body);
});

test("a dry run says what a retry would do, and stores nothing", async () => {
  const before = await failed([
    pure("a"),
    block("k", pure("b"), hook("c", sink.url(path(), { status: 500 }))),
    pure("z"),
  ]);
  const count = async () => listAt((await api.get("/api/v1/runs?limit=200")).body, "items").length;
  const runs = await count();
  const dry = async (body: object) =>
    (await api.post(`/api/v1/runs/${before.uuid}/retry`, { ...body, dry_run: true })).body;
  expect(await dry({})).toEqual({ will_run: ["k.c", "z"] });
  expect(await dry({ from: "a" })).toEqual({ will_run: ["a", "k", "z"] });
  expectFaults(await api.post(`/api/v1/runs/${before.uuid}/retry`, { from: "x", dry_run: true }), [
    { loc: ["body", "from"], type: "value_error" },
  ]);
  expect(await count()).toBe(runs);
});

test("requests that can't be carried out store nothing", async () => {
  const input = { type: "object", required: ["n"], properties: { n: { type: "integer" } } };
  const id = await api.create(
    [block("k", pure("a")), { name: "m", type: "map", config: { items: [1], steps: [pure("x")] } }],
    { input },
  );
  const run = await api.untilEnded(await api.trigger(id, { n: 1 }));
  const retry = (body: object) => api.post(`/api/v1/runs/${run.uuid}/retry`, body);
  for (const from of ["nothing", "k.b", "m[0].x", "m.x", "k.a.b"]) {
    expectFaults(await retry({ from }), [{ loc: ["body", "from"], type: "value_error" }]);
  }
  expectFaults(await retry({ payload: { n: "x" } }), [{ loc: ["body", "payload", "n"], type: "int_type" }]);
  expectFaults(await retry({ why: 1 }), [{ loc: ["body", "why"], type: "extra_forbidden" }]);
  expectError(await api.post("/api/v1/runs/nonsense/retry", {}), 404, "Workflow run not found");
  const open = await api.trigger(await api.create([{ name: "d", type: "delay", config: { duration: 60 } }]));
  const early = await api.post(`/api/v1/runs/${open}/retry`, {});
  expectError(early, 409);
  expect(at(early.body, "code")).toBe("run_not_ended");
  await api.post(`/api/v1/runs/${open}/cancel`, {});
});
