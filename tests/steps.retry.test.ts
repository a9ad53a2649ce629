/** `retry`: what is tried again, how often and when, and what the run shows of it. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client, type StepInput } from "./harness/http/client.ts";
import { expectFaults } from "./harness/http/expect.ts";
import { at, objectAt } from "./harness/http/json.ts";
import { type PlatformUnderTest, platformUnderTest } from "./harness/under-test.ts";

let platform: PlatformUnderTest;
let api: Client;
let sink: Bun.Server<undefined>;
/** When each request of a path came, and with which webhook-id. */
const came = new Map<string, { at: number; id: string }[]>();

beforeAll(async () => {
  platform = await platformUnderTest();
  api = new Client(platform.url);
  // /503/2/x answers twice with 503, and then with 200.
  sink = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch(request) {
      const { pathname, searchParams } = new URL(request.url);
      const [, status = "", times = ""] = pathname.split("/");
      const all = came.get(pathname) ?? [];
      came.set(pathname, [...all, { at: Date.now(), id: request.headers.get("webhook-id") ?? "" }]);
      if (all.length >= Number(times)) return Response.json({ n: all.length + 1 });
      const after = searchParams.get("after");
      const body = searchParams.has("large") ? "no".repeat(1024 * 1024) : "no";
      return new Response(body, { status: Number(status), headers: after === null ? {} : { "retry-after": after } });
    },
  });
});
afterAll(async () => {
  await sink.stop(true);
  await platform.close();
});

const hook = (path: string, retry?: object | false): StepInput => ({
  name: "hook",
  type: "webhook",
  config: { url: new URL(path, sink.url).href, method: "POST", body: {} },
  ...(retry !== undefined && { retry }),
});
const QUICK = { initial_interval: 0.05, jitter: 0 };

async function run(...steps: StepInput[]) {
  const ended = await api.untilEnded(await api.trigger(await api.create(steps)));
  return {
    status: ended.status,
    body: ended.body,
    result: (name: string) => objectAt(ended.body, "step_results", name),
  };
}

describe("a webhook", () => {
  test("is sent again with the same webhook-id until it succeeds, and the next step has what it gave", async () => {
    const then = { name: "then", type: "transform", config: { value: "${hook.response_data.n}" } };
    const ended = await run(hook("/503/2/a", QUICK), then);
    expect(ended.status).toBe("success");
    expect(ended.result("hook")).toMatchObject({ status: "success", attempts: 3, error: null });
    expect(ended.result("then")).toMatchObject({ output: { value: 3 } });
    expect(new Set(came.get("/503/2/a")?.map(({ id }) => id)).size).toBe(1);
  });

  test("fails with its last error when no attempt is left", async () => {
    const ended = await run(hook("/503/9/b", { ...QUICK, max_attempts: 2 }));
    expect(ended.body).toMatchObject({ error: 'Step "hook" failed: The webhook was answered with status 503' });
    expect(ended.result("hook")).toMatchObject({
      attempts: 2,
      error_details: { code: "http", step: "hook", path: "0", attempts: 2, details: { status: 503 } },
    });
    expect(came.get("/503/9/b")?.length).toBe(2);
  });

  const once: [title: string, path: string, retry: object | false | undefined][] = [
    ["without retry", "/503/9/c", undefined],
    ["with false", "/503/9/d", false],
    ["with an error that its default does not mean", "/404/9/e", QUICK],
    ["with an error that `on` does not name", "/503/9/f", { ...QUICK, on: ["timeout", 429] }],
    ["with one attempt", "/503/9/g", { ...QUICK, max_attempts: 1 }],
    ["with a next attempt that would be too late", "/503/9/h", { initial_interval: 5, max_elapsed: 1 }],
  ];
  for (const [title, path, retry] of once) {
    test(`is sent once ${title}`, async () => {
      expect((await run(hook(path, retry))).status).toBe("failed");
      expect(came.get(path)?.length).toBe(1);
    });
  }

  test("waits longer each time, at most as long as it may", async () => {
    await run(
      hook("/500/3/i", { initial_interval: 0.1, multiplier: 3, max_interval: 0.4, jitter: 0, max_attempts: 4 }),
    );
    const times = came.get("/500/3/i")?.map(({ at }) => at) ?? [];
    const waits = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(waits.length).toBe(3);
    for (const [index, least] of [100, 300, 400].entries()) expect(waits[index]).toBeGreaterThanOrEqual(least - 2);
  });

  test("waits as long as the receiver asks for", async () => {
    const ended = await run(hook("/429/1/j?after=1", QUICK));
    expect(ended.status).toBe("success");
    const [first, second] = came.get("/429/1/j") ?? [];
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(998);
  });

  test("is sent again for its status, however much the receiver says", async () => {
    const ended = await run(hook("/503/1/p?large", QUICK));
    expect(ended.result("hook")).toMatchObject({ status: "success", attempts: 2 });
    const failed = await run(hook("/404/9/q?large", QUICK));
    expect(failed.result("hook")).toMatchObject({
      error: "The webhook was answered with status 404 and more than 1 MiB, which is left out",
      error_details: { code: "http", attempts: 1, details: { status: 404 } },
      output: {
        status_code: 404,
        response_data: null,
        response_faults: { count: 1, first: [{ path: [], fault: "size" }] },
      },
    });
  });

  test("takes the first of several retries that means its error, each with attempts of its own", async () => {
    const retry = [
      { ...QUICK, on: [429], max_attempts: 9 },
      { ...QUICK, on: ["5xx"], max_attempts: 2 },
    ];
    await run(hook("/503/9/k", retry));
    await run(hook("/429/5/l", retry));
    expect([came.get("/503/9/k")?.length, came.get("/429/5/l")?.length]).toEqual([2, 6]);
  });
});

test("while the next attempt is waited for, the run shows the last error", async () => {
  const id = await api.trigger(await api.create([hook("/503/1/m", { initial_interval: 1, jitter: 0 })]));
  let seen: unknown = null;
  while (at(seen, "attempts") !== 1) {
    const { body } = await api.get(`/api/v1/runs/${id}`);
    seen = at(body, "step_results", "hook");
    expect(at(body, "status")).not.toBe("success");
  }
  expect(seen).toMatchObject({ status: "running", error: "The webhook was answered with status 503" });
  expect((await api.untilEnded(id)).status).toBe("success");
});

test("a step that computes is tried again where it says so, and a block with all its steps", async () => {
  const bad = { name: "bad", type: "transform", config: { value: "${payload.gone}" }, retry: { ...QUICK, on: ["*"] } };
  const ended = await run(bad);
  expect(ended.result("bad")).toMatchObject({ status: "failed", attempts: 3 });
  const block = {
    name: "block",
    type: "block",
    config: { steps: [hook("/200/0/n"), { ...hook("/503/1/o"), name: "second" }], output: "${second.response_data.n}" },
    retry: { ...QUICK, on: ["http"] },
  };
  const blocks = await run(block);
  expect(blocks.result("block")).toMatchObject({ status: "success", attempts: 2, output: 2 });
  const ids = (path: string) => came.get(path)?.map(({ id }) => id.split(":")[1]);
  expect([ids("/200/0/n"), ids("/503/1/o")]).toEqual([
    ["0/0/0", "0~2/0/0"],
    ["0/0/1", "0~2/0/1"],
  ]);
});

test("what is wrong with a retry is said where it stands", async () => {
  const transform = { name: "t", type: "transform", config: { value: 1 } };
  const retries = [
    {},
    { on: ["nope"] },
    { max_attempts: 0 },
    [],
    Array(6).fill({ on: ["*"] }),
    "yes",
    null,
    { colour: "red", on: ["*"] },
  ];
  const steps = retries.map((retry, index) => ({ ...transform, name: `t${index}`, retry }));
  const below = (index: number, ...path: (string | number)[]) => ["body", "steps", index, "retry", ...path];
  expectFaults(await api.post("/api/v1/workflows", { name: "w", steps }), [
    { loc: below(0, "on"), type: "retry_on_required" },
    { loc: below(1, "on", 0), type: "unknown_error_code" },
    { loc: below(2, "max_attempts"), type: "greater_than_equal" },
    { loc: below(3), type: "too_short" },
    { loc: below(4), type: "too_long" },
    { loc: below(5), type: "dict_type" },
    { loc: below(6), type: "dict_type" },
    { loc: below(7, "colour"), type: "extra_forbidden" },
  ]);
});
