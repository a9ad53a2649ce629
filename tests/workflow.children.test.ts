/** Runs that others start are made by the options of their workflow: `input`, `tags`, `concurrency`, `rate_limit`. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client, type Run, type StepInput } from "./harness/http/client.ts";
import { expectReply } from "./harness/http/expect.ts";
import { at, isObject, listAt, textAt } from "./harness/http/json.ts";
import { type PlatformUnderTest, platformUnderTest } from "./harness/under-test.ts";

let platform: PlatformUnderTest;
let api: Client;

beforeAll(async () => {
  platform = await platformUnderTest();
  api = new Client(platform.url);
});
afterAll(() => platform.close());

const pure = (name: string, value: unknown): StepInput => ({ name, type: "transform", config: { value } });
const wait = (name: string, duration: number): StepInput => ({ name, type: "delay", config: { duration } });
const starts = (name: string, workflow_id: string, more: object = {}): StepInput => ({
  ...{ name, type: "workflow" },
  config: { workflow_id, payload: { n: "${payload.n}" }, ...more },
});
const both = (...steps: StepInput[]): StepInput => ({
  ...{ name: "both", type: "parallel" },
  config: { join: "all_settled", branches: steps.map((step) => ({ name: step.name, steps: [step] })) },
});
const input = {
  type: "object",
  required: ["n"],
  properties: { n: { type: "integer", maximum: 10 }, region: { type: "string", default: "eu" } },
};

async function run(steps: StepInput[], more: Record<string, unknown> = {}, payload: object = { n: 5 }): Promise<Run> {
  return api.untilEnded(await api.trigger(await api.create(steps, more), payload), 30_000);
}

/** The runs of a workflow, the first of them first. */
async function statesOf(workflow: string): Promise<object[]> {
  const reply = await api.get("/api/v1/runs?limit=200");
  expectReply(reply, 200);
  const items = listAt(reply.body, "items").filter((one) => isObject(one));
  return items.filter(({ workflow_id }) => workflow_id === workflow).toReversed();
}

/** The same, once they have ended. */
async function runsOf(workflow: string): Promise<Run[]> {
  const uuids = (await statesOf(workflow)).map((one) => textAt(one, "uuid"));
  return Promise.all(uuids.map((uuid) => api.untilEnded(uuid, 30_000)));
}

const timesOf = (runs: Run[], field: "created_at" | "started_at" | "completed_at") =>
  runs.map(({ body }) => Date.parse(textAt(body, field)));

describe("a child", () => {
  test("has the defaults of its input and the tags of its workflow, whatever it is named by", async () => {
    const id = `made-${Date.now()}`;
    const child = await api.create([pure("a", "${payload}"), pure("t", "${run.tags}")], {
      id,
      input,
      tags: ["x", "y"],
    });
    const ended = await run([starts("one", child), starts("two", id), starts("three", id, { version: 1 })]);
    expect(ended.status).toBe("success");
    const runs = await runsOf(child);
    expect(runs.map(({ body }) => at(body, "tags"))).toEqual(Array(3).fill(["x", "y"]));
    for (const one of runs) expect(one.output("a")).toMatchObject({ value: { n: 5, region: "eu" } });
    for (const one of runs) expect(one.output("t")).toMatchObject({ value: ["x", "y"] });
  });

  test("whose payload does not fit is not started: its step fails with invalid_input, and says where", async () => {
    const child = await api.create([pure("a", 1)], { input });
    const caught = { on: ["invalid_input"], steps: [pure("why", "${error.details}")] };
    const ended = await run([{ ...starts("s", child), catch: [caught] }], {}, { n: 11 });
    expect(ended.status).toBe("success");
    expect(ended.step("s")).toMatchObject({
      status: "failed",
      error: `The payload does not fit workflow ${child}: payload.n: Input should be less than or equal to 10`,
      error_details: {
        code: "invalid_input",
        details: { reason: "invalid_input", faults: [{ loc: ["payload", "n"], type: "less_than_equal" }] },
      },
      handled: true,
    });
    expect(await runsOf(child)).toEqual([]);
    const key = await api.create([pure("a", 1)], { concurrency: { limit: 1, key: "${payload.gone}" } });
    expect(at((await run([starts("s", key)])).step("s"), "error_details", "code")).toBe("invalid_input");
    // A version that takes it is taken as soon as it is there.
    const loose = { name: "n", steps: [pure("a", 1)], tags: ["loose"] };
    expectReply(await api.put(`/api/v1/workflows/${child}`, loose), 200);
    expect((await run([starts("s", child)], {}, { n: 11 })).status).toBe("success");
    const old = await run([starts("s", child, { version: 1 })], {}, { n: 11 });
    expect(at(old.step("s"), "error_details", "code")).toBe("invalid_input");
  });

  test("waits for its turn as any other run, and its parent for it", async () => {
    const child = await api.create([wait("w", 0.2)], { concurrency: { limit: 1, key: "${payload.n}" } });
    const ended = await run([both(starts("a", child), starts("b", child), starts("c", child))]);
    expect(ended.status).toBe("success");
    const runs = await runsOf(child);
    expect(runs.map(({ status }) => status)).toEqual(["success", "success", "success"]);
    const begins = timesOf(runs, "started_at").toSorted((one, other) => one - other);
    const ends = timesOf(runs, "completed_at").toSorted((one, other) => one - other);
    for (const index of [1, 2]) expect(begins[index]).toBeGreaterThanOrEqual(ends[index - 1] ?? 0);
  });

  test("one too many of a workflow that rejects fails its step with limit", async () => {
    const child = await api.create([wait("w", 1)], { concurrency: { limit: 1, on_limit: "reject" } });
    const ended = await run([both(starts("a", child), starts("b", child))]);
    const [step] = [ended.step("both.a.a"), ended.step("both.b.b")].filter(({ status }) => status === "failed");
    expect(step).toMatchObject({
      error: `1 runs of workflow ${child} are under way or waiting, as many as it allows`,
      error_details: { code: "limit", details: { reason: "concurrency_limit" } },
    });
    expect((await runsOf(child)).length).toBe(1);
  });

  test("that waits for its turn is cancelled with the step that waits for it", async () => {
    const child = await api.create([wait("w", 3)], { concurrency: { limit: 1 } });
    const first = await api.trigger(child);
    const ended = await run([{ ...starts("s", child), timeout: 0.5, on_error: "continue" }]);
    expect(at(ended.step("s"), "error_details", "code")).toBe("timeout");
    expect((await api.untilEnded(first)).status).toBe("success");
    const [, second] = await statesOf(child);
    expect(second).toMatchObject({ status: "cancelled", step_results: {} });
  });

  test("is triggered within the rate of its workflow", async () => {
    const child = await api.create([pure("a", 1)], { rate_limit: { limit: 1, per: 1 } });
    await run([both(starts("a", child), starts("b", child))]);
    const runs = await runsOf(child);
    // A worker may take the first one late: its turn came when it was made.
    const made = Math.min(...timesOf(runs, "created_at"));
    expect(Math.max(...timesOf(runs, "started_at")) - made).toBeGreaterThanOrEqual(1000);
  });
});

describe("the run of on_failure", () => {
  const fails: StepInput = { name: "a", type: "fail", config: { message: "no" } };

  test("has the defaults and the tags of its workflow, and always waits for its turn", async () => {
    const concurrency = { limit: 1, on_limit: "reject" };
    const alert = await api.create([pure("told", "${payload}"), wait("w", 0.3)], { input, tags: ["x"], concurrency });
    const on_failure = { workflow_id: alert, payload: { n: "${payload.n}" } };
    await Promise.all([run([fails], { on_failure }), run([fails], { on_failure })]);
    const runs = await runsOf(alert);
    expect(runs.map(({ status }) => status)).toEqual(["success", "success"]);
    for (const one of runs) expect(one.output("told")).toMatchObject({ value: { n: 5, region: "eu" } });
    for (const { body } of runs) expect(at(body, "tags")).toEqual(["x"]);
  });

  test("is not made where its payload does not fit; the run fails all the same", async () => {
    const alert = await api.create([pure("told", "${payload}")], { input });
    const failed = await run([fails], { on_failure: { workflow_id: alert, payload: { n: "x" } } });
    expect(failed).toMatchObject({ status: "failed", error: 'Step "a" failed: no' });
    expect(await runsOf(alert)).toEqual([]);
  });
});
