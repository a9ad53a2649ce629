/** `parallel`: branches beside one another, how they are joined, and what the run shows of them. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client, type StepInput } from "./harness/http/client.ts";
import { expectFaults } from "./harness/http/expect.ts";
import { at, objectAt } from "./harness/http/json.ts";
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

const pure = (name: string, value: unknown): StepInput => ({ name, type: "transform", config: { value } });
const wait = (name: string, duration: number): StepInput => ({ name, type: "delay", config: { duration } });
const hook = (name: string, url: string): StepInput => ({ name, type: "webhook", config: { url, method: "GET" } });
interface Branch {
  name: string;
  steps: StepInput[];
  output?: unknown;
}
const branch = (name: string, ...steps: StepInput[]): Branch => ({ name, steps });
const parallel = (branches: Branch[], more: object = {}): StepInput => ({
  name: "fan",
  type: "parallel",
  config: { branches, ...more },
});

async function run(...steps: StepInput[]) {
  const ended = await api.untilEnded(await api.trigger(await api.create(steps), { n: 5 }), 50_000);
  return { status: ended.status, body: ended.body, results: objectAt(ended.body, "step_results") };
}

describe("branches", () => {
  test("reach what is before them, and their results are found by their names", async () => {
    const { status, results } = await run(
      pure("a", 1),
      parallel([
        branch("left", pure("x", "${a.value}"), pure("y", "${x.value}${payload.n}")),
        { ...branch("right", pure("x", "other")), output: ["${x.value}"] },
      ]),
      pure("d", "${fan.left.y.value} ${fan.right[0]}"),
    );
    expect(status).toBe("success");
    expect(Object.keys(results).toSorted()).toEqual(["a", "d", "fan", "fan.left.x", "fan.left.y", "fan.right.x"]);
    expect(at(results, "d", "output", "value")).toBe("15 other");
    expect(results["fan.left.y"]).toMatchObject({ step_name: "fan.left.y", type: "transform", path: "1/0/1" });
    expect(results["fan.right.x"]).toMatchObject({ path: "1/1/0" });
  });

  test("are under way at once, each with a webhook-id of its own", async () => {
    const names = Array.from({ length: 8 }, (_, index) => `b${index}`);
    const { status, results } = await run(
      parallel(names.map((name) => branch(name, hook("h", sink.url(`/once/${name}`, { afterMs: 400 })), pure("p", 1)))),
    );
    expect(status).toBe("success");
    const began = names.map((name) => Date.parse(String(at(results, `fan.${name}.h`, "started_at"))));
    const ended = names.map((name) => Date.parse(String(at(results, `fan.${name}.h`, "completed_at"))));
    expect(Math.max(...began)).toBeLessThan(Math.min(...ended));
    const ids = names.flatMap((name) => sink.at(`/once/${name}`).map(({ headers }) => headers.get("webhook-id") ?? ""));
    expect(ids.map((id) => id.split(":")[1])).toEqual(names.map((_, index) => `0/${index}/0`));
  });

  test("begin in order, no more at once than `concurrency`", async () => {
    const names = ["a", "b", "c", "d"];
    const { results } = await run(
      parallel(
        names.map((name) => branch(name, hook("h", sink.url(`/few/${name}`, { afterMs: 50 })))),
        { concurrency: 2 },
      ),
    );
    const time = (name: string, field: string) => Date.parse(String(at(results, `fan.${name}.h`, field)));
    for (const name of ["c", "d"]) {
      const over = names.filter((other) => time(other, "completed_at") <= time(name, "started_at"));
      expect(over.length).toBeGreaterThanOrEqual(names.indexOf(name) - 1);
    }
  });

  test("sleep while others are under way, and no sleep is longer for it", async () => {
    const { status, results } = await run(
      parallel([
        branch("slow", hook("h", sink.url("/beside", { afterMs: 600 }))),
        branch("sleepy", wait("w", 0.2), pure("x", 1)),
      ]),
    );
    expect(status).toBe("success");
    const time = (name: string, field: string) => Date.parse(String(at(results, name, field)));
    expect(time("fan.sleepy.x", "completed_at")).toBeLessThan(time("fan.slow.h", "completed_at"));
  });
});

describe("join", () => {
  const bad = pure("bad", "${payload.gone}");

  test("all: the first that fails ends the step with its error, and what the others began is skipped", async () => {
    const { body, results } = await run(
      parallel([
        branch("x", wait("w", 60), pure("never", 1)),
        branch("y", wait("s", 0.1), bad),
        branch("z", pure("q", 1)),
      ]),
      pure("after", 1),
    );
    expect(body).toMatchObject({
      status: "failed",
      error: 'Step "fan.y.bad" failed: The placeholder ${payload.gone} leads nowhere',
    });
    expect(results.fan).toMatchObject({ status: "failed", error_details: { step: "fan.y.bad", path: "0/1/1" } });
    expect(results["fan.x.w"]).toMatchObject({
      status: "skipped",
      error: 'Cancelled: the branch "y" failed',
      error_details: { code: "cancelled" },
    });
    expect(Object.keys(results).toSorted()).toEqual(["fan", "fan.x.w", "fan.y.bad", "fan.y.s", "fan.z.q"]);
  });

  test("any: the first that succeeds ends the step, and a webhook of another is called off", async () => {
    const { status, results } = await run(
      parallel(
        [
          branch("broken", bad),
          branch("hangs", hook("h", sink.url("/hangs", { afterMs: 20_000 }))),
          branch("wins", wait("w", 0.3), pure("v", 7)),
        ],
        { join: "any" },
      ),
      pure("after", "${fan.wins.v.value}"),
    );
    expect(status).toBe("success");
    expect(results.fan).toMatchObject({ details: { winner: "wins" } });
    expect(Object.keys(objectAt(results, "fan", "output"))).toEqual(["wins"]);
    expect(at(results, "after", "output", "value")).toBe(7);
    expect(results["fan.hangs.h"]).toMatchObject({
      status: "skipped",
      error: 'Cancelled: the branch "wins" succeeded',
    });
  });

  test("any: fails when all do, and says why each did", async () => {
    const { body, results } = await run(
      parallel([branch("x", bad), branch("y", wait("w", 0.05), bad)], { join: "any" }),
    );
    expect(body).toMatchObject({ error: 'Step "fan" failed: All 2 branches failed' });
    expect(results.fan).toMatchObject({
      error_details: {
        code: "all_failed",
        details: { failed: { x: { code: "expression", step: "fan.x.bad" }, y: { step: "fan.y.bad" } } },
      },
    });
  });

  test("all_settled: waits for every branch and succeeds, with what succeeded and why the others did not", async () => {
    const { status, results } = await run(
      parallel([branch("x", bad), branch("y", wait("w", 0.05), pure("v", 1))], { join: "all_settled" }),
    );
    expect(status).toBe("success");
    expect(results.fan).toMatchObject({
      output: { y: { v: { value: 1 } } },
      details: { failed: { x: { code: "expression", path: "0/0/0", step: "fan.x.bad" } } },
    });
  });

  test("a retry begins all branches again, under paths and webhook-ids of their own", async () => {
    const url = sink.url("/again");
    const fan = parallel([branch("x", hook("h", url)), branch("y", hook("g", url), bad)]);
    const { results } = await run({
      ...fan,
      retry: { on: ["expression"], max_attempts: 2, initial_interval: 0.01 },
    });
    expect(results.fan).toMatchObject({ status: "failed", attempts: 2 });
    const paths = sink.at("/again").map(({ headers }) => headers.get("webhook-id")?.split(":")[1]);
    expect(paths.toSorted()).toEqual(["0/0/0", "0/1/0", "0~2/0/0", "0~2/1/0"]);
    expect(results["fan.y.bad"]).toMatchObject({ path: "0~2/1/1" });
  });
});

test("a hundred branches of ten webhooks each: every one is sent once, and the outputs are in their place", async () => {
  const names = Array.from({ length: 100 }, (_, index) => `b${index}`);
  const url = sink.url("/many");
  const hooks = (name: string) => Array.from({ length: 10 }, (_, index) => hook(`${name}-${index}`, url));
  const { status, results } = await run(
    parallel(names.map((name) => ({ ...branch(name, ...hooks(name)), output: `\${${name}-9.status_code}` }))),
  );
  expect(status).toBe("success");
  expect(objectAt(results, "fan", "output")).toEqual(Object.fromEntries(names.map((name) => [name, 200])));
  const ids = sink.at("/many").map(({ headers }) => headers.get("webhook-id"));
  expect([ids.length, new Set(ids).size]).toEqual([1000, 1000]);
});

test("what is wrong with branches is said where it stands", async () => {
  const below = (...path: (string | number)[]) => ["body", "steps", ...path];
  const steps = [
    { ...parallel([branch("x", pure("a", 1)), branch("x", pure("a", 1))]), name: "twice" },
    { ...parallel([]), name: "none" },
    { ...parallel([branch("x")], { join: "first" }), name: "join" },
    { ...parallel([branch("x", pure("a", 1), pure("a", 2))], { concurrency: 0 }), name: "names" },
    { ...parallel([branch("x", pure("twice", 1))]), name: "hides" },
    { name: "no branches", type: "parallel", config: {} },
    { name: "no list", type: "parallel", config: { branches: "x" } },
    { ...parallel([branch("__proto__", pure("a", 1))]), name: "proto" },
    { ...parallel([{ ...branch("x", pure("a", 1)), output: "${a.constructor}" }]), name: "output" },
  ];
  expectFaults(await api.post("/api/v1/workflows", { name: "w", steps }), [
    { loc: below(0, "config", "branches", 1, "name"), type: "branch_taken" },
    { loc: below(1, "config", "branches"), type: "too_short" },
    { loc: below(2, "config", "branches", 0, "steps"), type: "too_short" },
    { loc: below(2, "config", "join"), type: "enum" },
    { loc: below(3, "config", "branches", 0, "steps", 1, "name"), type: "value_error" },
    { loc: below(3, "config", "concurrency"), type: "greater_than_equal" },
    { loc: below(4, "config", "branches", 0, "steps", 0, "name"), type: "name_hides" },
    { loc: below(5, "config", "branches"), type: "missing" },
    { loc: below(6, "config", "branches"), type: "list_type" },
    { loc: below(7, "config", "branches", 0, "name"), type: "value_error" },
    { loc: below(8, "config", "branches", 0, "output"), type: "value_error" },
  ]);
});
