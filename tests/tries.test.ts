/** `POST /workflows/test`: definitions in virtual time, with mocks in place of effects. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client, type StepInput } from "./harness/http/client.ts";
import { expectError, expectFaults, expectReply } from "./harness/http/expect.ts";
import { at, objectAt, textAt } from "./harness/http/json.ts";
import type { Reply } from "./harness/http/reply.ts";
import { Platform } from "./harness/platform.ts";

let platform: Platform;
let api: Client;
beforeAll(async () => {
  platform = await Platform.start();
  api = new Client(platform.url);
});
afterAll(() => platform.close());

const TEST = "/api/v1/workflows/test";
const NOWHERE = "http://127.0.0.1:9/";
const pure = (name: string, value: unknown, more: object = {}): StepInput => {
  return { name, type: "transform", config: { value }, ...more };
};
const hook = (name: string, more: object = {}): StepInput => {
  return { name, type: "webhook", config: { method: "POST", url: NOWHERE }, ...more };
};
function tried(steps: StepInput[], more: object = {}): Promise<Reply> {
  return api.post(TEST, { definition: { name: "w", steps }, ...more });
}

describe("a definition", () => {
  test("is run as it would be, but that waits take no time", async () => {
    const day = 24 * 60 * 60;
    const steps = [
      hook("charge"),
      { name: "rest", type: "delay", config: { duration: day } },
      pure("told", "${charge.response_data.id} ${payload.n}"),
    ];
    const mocks = { charge: [{ status: 201, body: { id: "c1" } }] };
    const reply = await tried(steps, { payload: { n: 7 }, mocks });
    expectReply(reply, 200);
    const { created_at, completed_at } = objectAt(reply.body);
    expect(Date.parse(String(completed_at)) - Date.parse(String(created_at))).toBe(day * 1000);
    expect(reply.body).toMatchObject({
      ...{ status: "success", payload: { n: 7 }, error: null, virtual_seconds: day, unused_mocks: [] },
      step_results: {
        charge: { status: "success", output: { status_code: 201, response_data: { id: "c1" }, url: NOWHERE } },
        told: { output: { value: "c1 7" } },
      },
    });
    expect(Object.keys(objectAt(reply.body, "step_results"))).toEqual(["charge", "rest", "told"]);
  });

  test("that is stored is tried by its name, in its version", async () => {
    const id = "tried";
    const created = await api.post("/api/v1/workflows", { name: "w", id, steps: [pure("a", 1)] });
    const workflow_id = textAt(created.body, "workflow_id");
    await api.put(`/api/v1/workflows/${id}`, { name: "w", steps: [pure("a", 2)] });
    const before = (await api.get("/api/v1/runs")).text;
    for (const [version, value] of [
      [undefined, 2],
      [1, 1],
    ]) {
      const { body } = await api.post(TEST, { workflow_id: id, ...(version !== undefined && { version }) });
      expect(body).toMatchObject({ workflow_id, workflow_version: version ?? 2 });
      expect(at(body, "step_results", "a", "output", "value")).toBe(value);
    }
    expectError(await api.post(TEST, { workflow_id: "not there" }), 404, "Workflow not there not found");
    expect((await api.get("/api/v1/runs")).text).toBe(before);
  });
});

describe("mocks", () => {
  test("are used in order, and the last one stays", async () => {
    const retry = { on: ["5xx", "network"], max_attempts: 9, initial_interval: 10, jitter: 0 };
    const error = { code: "network", message: "gone", details: { n: 1 } };
    const mocks = {
      a: [{ status: 503, headers: { "Retry-After": "100" } }, { error }, { status: 500 }, { output: { n: 1 } }],
      b: [{ status: 200 }],
      c: [{ output: {} }, { output: {} }],
      d: [{ output: {} }],
    };
    const { body } = await tried([hook("a", { retry }), hook("b"), hook("c")], { mocks });
    expect(body).toMatchObject({ status: "success", virtual_seconds: 100 + 20 + 40, unused_mocks: ["c", "d"] });
    expect(at(body, "step_results", "a")).toMatchObject({ attempts: 4, output: { n: 1 } });
  });

  test("that are missing fail their step, and nothing is sent", async () => {
    const { body } = await tried([hook("a", { retry: {} })]);
    expect(body).toMatchObject({
      status: "failed",
      error: 'Step "a" failed: There is no mock for a: a test sends nothing',
    });
    const handled = await tried([hook("a", { catch: [{ on: ["config"], steps: [pure("h", "${error.code}")] }] })]);
    expect(at(handled.body, "step_results", "a.$catch.h", "output", "value")).toBe("config");
  });

  test("are for nested steps by their addresses, and stand for what fails", async () => {
    const branches = [
      { name: "left", steps: [hook("x")] },
      { name: "right", steps: [{ name: "slow", type: "delay", config: { duration: 50 } }, hook("y")] },
    ];
    const steps = [{ name: "fan", type: "parallel", config: { join: "all_settled", branches } }];
    const mocks = {
      "fan.left.x": [{ error: { code: "broken", message: "It broke" } }],
      "fan.right.y": [{ status: 404 }],
    };
    const { body } = await tried(steps, { mocks });
    expect(body).toMatchObject({ status: "success", virtual_seconds: 50 });
    expect(at(body, "step_results", "fan", "details", "failed")).toMatchObject({
      left: { code: "broken", message: "It broke", step: "fan.left.x" },
      right: { code: "http", details: { status: 404 } },
    });
  });
});

describe("signals", () => {
  const wait = (name: string, more: object = {}) => {
    return { name, type: "wait", config: { signal: ["yes", "no"] }, ...more };
  };

  test("come at their time, and are taken in order", async () => {
    const signals = [
      { at: 90, name: "no", body: { by: "b" } },
      { at: 10.5, name: "yes", body: [1] },
      { at: 100, name: "yes" },
    ];
    const { body } = await tried([wait("first"), wait("second")], { signals });
    expect(body).toMatchObject({
      ...{ status: "success", virtual_seconds: 90 },
      step_results: {
        first: { output: [1], details: { signal: "yes" } },
        second: { output: { by: "b" }, details: { signal: "no" } },
      },
    });
  });

  test("that never come leave the run waiting, or its time passes", async () => {
    const left = await tried([wait("first")]);
    expect(left.body).toMatchObject({
      ...{ status: "running", completed_at: null, waiting: [{ address: "first", kind: "signal" }] },
    });
    const late = await tried([wait("first", { timeout: 60 })], { signals: [{ at: 61, name: "yes" }] });
    expect(late.body).toMatchObject({ status: "failed", virtual_seconds: 60 });
  });

  test("that the run would not take are refused", async () => {
    const schema = { type: "object", required: ["by"] };
    const steps = [{ name: "w", type: "wait", config: { signal: "yes", schema } }];
    const signals = [
      { at: 1, name: "yes", body: {} },
      { at: 1, name: "other", body: { by: "Ada" } },
    ];
    expectFaults(await tried(steps, { signals }), [
      { loc: ["body", "signals", 0, "body", "by"], type: "missing" },
      { loc: ["body", "signals", 1, "name"], type: "value_error" },
    ]);
  });
});

describe("children", () => {
  const child = {
    name: "invoice",
    type: "workflow",
    config: { workflow_id: "make_invoice" },
    retry: { on: ["child"] },
  };

  test("are not started: mocks say what comes of them", async () => {
    const output = { run_id: "r", status: "success", output: { n: 1 } };
    const mocks = { invoice: [{ error: { code: "child", message: "It failed" } }, { output }] };
    const { body } = await tried([child, pure("n", "${invoice.output.n}")], { mocks });
    expect(body).toMatchObject({
      status: "success",
      step_results: { invoice: { attempts: 2 }, n: { output: { value: 1 } } },
    });
    const unfit = await tried([child], { mocks: { invoice: [{ status: 200 }] } });
    expect(unfit.body).toMatchObject({
      error: 'Step "invoice" failed: The mock for invoice has a status: that is for webhooks',
    });
  });
});

describe("compensations", () => {
  const post = { type: "webhook", config: { method: "POST", url: NOWHERE } };
  const fails = { name: "f", type: "fail", config: { code: "boom", message: "b" } };

  test("of each attempt of a block are told", async () => {
    const config = { steps: [hook("pay", { compensate: { step: post } }), fails] };
    const steps = [{ name: "a", type: "block", retry: { on: ["boom"], max_attempts: 2 }, config }];
    const mocks = { "a.pay": [{ status: 200 }], "a.pay.$compensate": [{ status: 500 }, { status: 200 }] };
    const { body } = await tried(steps, { mocks });
    expect(at(body, "compensation")).toEqual({ status: "failed", done: 1, failed: ["a.pay.$compensate"] });
    expect(at(body, "step_results")).toMatchObject({
      "a.pay.$compensate": { status: "failed", path: "0~2/0/0/u" },
      "a.pay.$compensate#2": { status: "success", path: "0/0/0/u" },
    });
    expect(at(body, "unused_mocks")).toEqual([]);
  });

  test("of iterations that are not shown are counted, and named where they failed", async () => {
    const config = { while: "true", max_iterations: 15, steps: [hook("pay", { compensate: { step: post } })] };
    const replies = Array.from({ length: 15 }, (_, index) => ({ status: index === 12 ? 500 : 200 }));
    const mocks = { "l[*].pay": [{ status: 200 }], "l[*].pay.$compensate": replies };
    const { body } = await tried([{ name: "l", type: "loop", config }, fails], { mocks });
    expect(at(body, "compensation")).toEqual({ status: "failed", done: 14, failed: ["l[2].pay.$compensate"] });
    expect(at(body, "step_results", "l")).toMatchObject({ steps_omitted: 9, compensations_omitted: 4 });
  });
});

describe("what can't be tried", () => {
  test("is refused", async () => {
    const definition = { name: "w", steps: [pure("a", "${b}")] };
    expectFaults(await api.post(TEST, { definition }), [
      { loc: ["body", "definition", "steps", 0, "config", "value"], type: "reference_unknown" },
    ]);
    expectFaults(await api.post(TEST, {}), [{ loc: ["body"], type: "value_error" }]);
    expectFaults(await api.post(TEST, { definition, workflow_id: "x" }), [{ loc: ["body"], type: "value_error" }]);
    expectFaults(await api.post(TEST, { definition: { name: "w", steps: [pure("a", 1)] }, version: 1 }), [
      { loc: ["body", "version"], type: "value_error" },
    ]);
    expectFaults(await tried([pure("a", 1)], { mocks: { a: [] } }), [
      { loc: ["body", "mocks", "a"], type: "too_short" },
    ]);
    expectFaults(await tried([pure("a", 1)], { mocks: { a: [{ status: 99 }] } }), [
      { loc: ["body", "mocks", "a", 0], type: "value_error" },
    ]);
    expectFaults(await tried([pure("a", 1)], { more: 1 }), [{ loc: ["body", "more"], type: "extra_forbidden" }]);
    let deep: unknown = 1;
    for (let level = 0; level < 65; level++) deep = [deep];
    expectFaults(await tried([pure("a", 1)], { payload: { deep } }), [
      { loc: ["body", "payload"], type: "value_error" },
    ]);
  });

  test("is stopped when it computes for long, and others are answered meanwhile", async () => {
    const value = "${{ payload.list.map(a, payload.list.map(b, a + b).size()).size() }}";
    const steps = Array.from({ length: 1000 }, (_, index) => pure(`s${index}`, Array(10).fill(value)));
    const payload = { list: Array.from({ length: 200 }, (_, index) => index) };
    let isDone = false;
    const long = tried(steps, { payload }).finally(() => {
      isDone = true;
    });
    let answered = 0;
    while (!isDone) {
      expectReply(await api.get("/health"), 200);
      answered++;
    }
    expectError(await long, 422, "The test computed for 2 s and was not done; give it less to do");
    expect(answered).toBeGreaterThan(3);
    expectReply(await tried([pure("a", 1)]), 200);
  });
});

test("nothing that was tried leaves a word in the log", () => expect(platform.complaints()).toEqual([]));
