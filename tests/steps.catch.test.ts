/** `catch`, `on_error`, `timeout` and `fail`: what happens when a step has failed, and what the run shows of it. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client, type StepInput } from "./harness/http/client.ts";
import { expectFaults } from "./harness/http/expect.ts";
import { at, objectAt } from "./harness/http/json.ts";
import { type PlatformUnderTest, platformUnderTest } from "./harness/under-test.ts";

let platform: PlatformUnderTest;
let api: Client;
let sink: Bun.Server<undefined>;
/** The bodies that came to a path. */
const came = new Map<string, unknown[]>();

beforeAll(async () => {
  platform = await platformUnderTest();
  api = new Client(platform.url);
  // /503 answers with that status, and /slow after a while.
  sink = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const { pathname } = new URL(request.url);
      came.set(pathname, [...(came.get(pathname) ?? []), await request.json()]);
      if (pathname.startsWith("/slow")) await Bun.sleep(2000);
      return Response.json({ path: pathname }, { status: Number(/\d+/.exec(pathname)?.[0] ?? 200) });
    },
  });
});
afterAll(async () => {
  await sink.stop(true);
  await platform.close();
});

const hook = (name: string, path: string, body: unknown = {}): StepInput => ({
  name,
  type: "webhook",
  config: { url: new URL(path, sink.url).href, method: "POST", body },
});
const pure = (name: string, value: unknown): StepInput => ({ name, type: "transform", config: { value } });
const wait = (name: string, duration: number): StepInput => ({ name, type: "delay", config: { duration } });
const fail = (name: string, config: object): StepInput => ({ name, type: "fail", config });
const block = (name: string, ...steps: StepInput[]): StepInput => ({ name, type: "block", config: { steps } });

async function run(...steps: StepInput[]) {
  const ended = await api.untilEnded(await api.trigger(await api.create(steps), { n: 5 }));
  return { status: ended.status, body: ended.body, results: objectAt(ended.body, "step_results") };
}

describe("catch", () => {
  test("handles the failure of a webhook with others, and the run goes on", async () => {
    const steps = [
      hook("tell", "/told", { why: "${error.message}", status: "${error.details.status}" }),
      wait("w", 0.2),
    ];
    const caught = [
      { on: [404], steps: [pure("no", 1)] },
      { on: ["5xx"], steps, output: { by: "${tell.status_code}" } },
    ];
    const { status, body, results } = await run({ ...hook("a", "/503/a"), catch: caught }, pure("then", "${a.by}"));
    expect(status).toBe("success");
    expect(at(body, "failed_steps")).toBe(1);
    expect(came.get("/told")).toEqual([{ why: "The webhook was answered with status 503", status: 503 }]);
    expect(Object.keys(results).toSorted()).toEqual(["a", "a.$catch.tell", "a.$catch.w", "then"]);
    expect(results.a).toMatchObject({
      ...{ status: "failed", handled: true, details: { handled_by: "catch[1]" }, output: { by: 200 } },
      error_details: { code: "http", step: "a", path: "0", attempts: 1, cause: null },
    });
    expect(results["a.$catch.tell"]).toMatchObject({ step_name: "a.$catch.tell", path: "0/c1/0", type: "webhook" });
    expect(at(results, "then", "output", "value")).toBe(200);
  });

  test("whose handler fails fails the run, which says what it was for", async () => {
    const handler = fail("give_up", {
      code: "worse",
      message: "No ${error.code} for ${payload.n}",
      details: ["${payload.n}"],
    });
    const { body, results } = await run({ ...hook("a", "/500/b"), catch: [{ steps: [handler] }] }, pure("then", 1));
    expect(body).toMatchObject({ status: "failed", error: 'Step "a.$catch.give_up" failed: No http for 5' });
    expect(results.a).toMatchObject({
      output: { status_code: 500 },
      error_details: { code: "worse", details: [5], cause: { code: "http", step: "a", cause: null } },
    });
    expect(results.then).toBeUndefined();
  });
});

test("on_error: continue passes a failure over", async () => {
  const { status, body, results } = await run(
    { ...block("b", pure("x", "${payload.gone}"), pure("y", 1)), on_error: "continue" },
    { ...hook("a", "/404/c"), on_error: "continue" },
    pure("then", "${a.response_data.path}"),
  );
  expect([status, at(body, "failed_steps")]).toEqual(["success", 2]);
  expect(results.b).toMatchObject({
    status: "failed",
    handled: true,
    details: { handled_by: "on_error" },
    output: null,
  });
  expect(at(results, "then", "output", "value")).toBe("/404/c");
});

test("a code of fail is what retry and catch of the steps around it name", async () => {
  const inside = [pure("x", 1), fail("f", { code: "sold_out", message: "None left" })];
  const handler = { on: ["sold_out"], steps: [pure("t", "${error.step} ${error.code}")], output: "${t.value}" };
  const retry = { on: ["sold_out"], max_attempts: 2, initial_interval: 0 };
  const { results } = await run({ ...block("b", ...inside), retry, catch: [handler] }, pure("then", "${b}"));
  expect(results.b).toMatchObject({ attempts: 2, handled: true });
  expect(results["b.f"]).toMatchObject({ path: "0~2/0/1", status: "failed", error: "None left" });
  expect(at(results, "then", "output", "value")).toBe("b.f sold_out");
});

test("a failure that says what no store keeps ends its run", async () => {
  const said = "${{ base64Decode(payload.nul) }}";
  const more = { half: "${{ parseJson(payload.half) }}" };
  const payload = { nul: "AA==", half: '"\\ud83d"' };
  const failing = { name: "f", type: "fail", config: { message: `${said} is not \\u0000`, details: more } };
  const run = await api.run([failing], payload);
  expect([run.status, run.error]).toEqual(["failed", 'Step "f" failed: \uFFFD is not \\u0000']);
  expect(run.body.error_details).toMatchObject({ message: "\uFFFD is not \\u0000", details: { half: "\uFFFD" } });
  for (const workflow_id of [said, more.half]) {
    const { status, error } = await api.run([{ name: "w", type: "workflow", config: { workflow_id } }], payload);
    expect([status, error]).toEqual(["failed", 'Step "w" failed: config.workflow_id: It holds what can\'t be stored']);
  }
});

describe("timeout", () => {
  test("of a webhook is its own, and of a block covers all within", async () => {
    const slow = { ...hook("a", "/slow/a"), timeout: "PT0.2S", on_error: "continue" };
    const waits = {
      ...block("b", wait("w", 30)),
      timeout: 0.2,
      catch: [{ on: ["timeout"], steps: [pure("t", "late")] }],
    };
    const given = { ...block("c", hook("h", "/slow/c")), timeout: 0.3, on_error: "continue" };
    const { status, results } = await run(slow, waits, given, { ...wait("d", 30), timeout: 0.1, on_error: "continue" });
    expect(status).toBe("success");
    expect(results.a).toMatchObject({
      error: "The webhook was not answered in time",
      error_details: { code: "timeout" },
    });
    expect(results.b).toMatchObject({ error_details: { code: "timeout", step: "b" } });
    expect(results["b.w"]).toMatchObject({ status: "skipped", error_details: { code: "cancelled" } });
    expect(results["c.h"]).toMatchObject({ status: "skipped", error: 'Cancelled: the time of "c" was over' });
    expect(results.d).toMatchObject({ error: "The step was not done within its 0.1 s", handled: true });
  });
});

test("what is wrong with them is said where it stands", async () => {
  const below = (...path: (string | number)[]) => ["body", "steps", ...path];
  const caught = (...catches: unknown[]) => ({ catch: catches });
  const steps: StepInput[] = [
    {
      ...pure("a", 1),
      ...caught({ steps: [] }, { on: ["nothing"], steps: [pure("a", 1)] }, { on: [1], steps: [pure("x", 1)] }),
    },
    {
      ...pure("b", 1),
      ...caught({ on: ["*"], steps: [pure("x", 1)] }, { on: ["http"], steps: [pure("x", "${a.__proto__}")] }),
    },
    { ...pure("c", 1), timeout: 0, on_error: "stop", catch: [] },
    { ...hook("d", "/"), timeout: "PT2H" },
    { ...wait("e", 1), timeout: "P367D" },
    { ...wait("f", 1), timeout: "an hour" },
    { ...fail("g", { code: "timeout", message: "no" }), retry: { on: ["failed"] } },
    fail("h", { code: "No Code" }),
    {
      ...block("i", fail("x", { code: "mine", message: "no" })),
      ...caught({ on: ["mine", "yours"], steps: [pure("y", 1)] }),
    },
    {
      ...pure("j", 1),
      ...caught({ steps: [pure("y", 1)], more: 1 }, { on: [], steps: [{ type: "transform", config: {} }] }),
    },
    { ...pure("k", 1), catch: [null, [pure("y", 1)]] },
    { ...pure("l", 1), ...caught({ on: ["run_timeout", "cancelled"], steps: [pure("y", 1)] }) },
  ];
  expectFaults(await api.post("/api/v1/workflows", { name: "w", steps }), [
    { loc: below(0, "catch", 0, "steps"), type: "too_short" },
    { loc: below(0, "catch", 1, "on", 0), type: "unknown_error_code" },
    { loc: below(0, "catch", 1, "steps", 0, "name"), type: "name_hides" },
    { loc: below(0, "catch", 2, "on", 0), type: "value_error" },
    { loc: below(1, "catch", 1), type: "catch_unreachable" },
    { loc: below(1, "catch", 1, "steps", 0, "config", "value"), type: "value_error" },
    { loc: below(2, "timeout"), type: "duration_range" },
    { loc: below(2, "on_error"), type: "enum" },
    { loc: below(2, "catch"), type: "too_short" },
    { loc: below(3, "timeout"), type: "duration_range" },
    { loc: below(4, "timeout"), type: "duration_range" },
    { loc: below(5, "timeout"), type: "value_error" },
    { loc: below(6, "config", "code"), type: "value_error" },
    { loc: below(6, "retry"), type: "retry_on_fail" },
    { loc: below(7, "config", "code"), type: "value_error" },
    { loc: below(7, "config", "message"), type: "missing" },
    { loc: below(8, "catch", 0, "on", 1), type: "unknown_error_code" },
    { loc: below(9, "catch", 0, "more"), type: "extra_forbidden" },
    { loc: below(9, "catch", 1, "on"), type: "too_short" },
    { loc: below(9, "catch", 1, "steps", 0, "name"), type: "missing" },
    { loc: below(9, "catch", 1, "steps", 0, "config", "value"), type: "missing" },
    { loc: below(10, "catch", 0), type: "dict_type" },
    { loc: below(10, "catch", 1), type: "dict_type" },
    { loc: below(11, "catch", 0, "on", 0), type: "unknown_error_code" },
    { loc: below(11, "catch", 0, "on", 1), type: "unknown_error_code" },
  ]);
});
