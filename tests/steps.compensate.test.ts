/** `compensate`: what succeeded is undone when the run fails, in which order, and what the run says of it. */
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

const FAILS: StepInput = { name: "last", type: "fail", config: { message: "sold out" } };
const pure = (name: string, value: unknown): StepInput => ({ name, type: "transform", config: { value } });
const post = (url: string, body: unknown = {}) => ({ type: "webhook", config: { method: "POST", url, body } });
const hook = (name: string, url: string, undo: object): StepInput => ({
  ...{ name, ...post(url) },
  compensate: { step: undo },
});

async function run(payload: object, ...steps: StepInput[]) {
  return ended(payload, steps);
}

/** A run of a definition that says more than its steps. */
async function ended(payload: object, steps: StepInput[], more: Record<string, unknown> = {}) {
  const id = await api.trigger(await api.create(steps, more), payload);
  const run = await api.untilEnded(id);
  return { id, status: run.status, body: run.body, results: objectAt(run.body, "step_results") };
}

describe("a run that fails", () => {
  test("undoes what succeeded, the youngest first, with what each step saw and gave", async () => {
    const id = sink.url("/pay", { body: '{"id": 7}', headers: { "content-type": "application/json" } });
    const undo = sink.url("/refund");
    const {
      id: run_id,
      status,
      body,
      results,
    } = await run(
      { sku: "x" },
      hook("reserve", sink.url("/reserve"), post(sink.url("/release"), { sku: "${payload.sku}" })),
      hook("charge", id, post(undo, { charge: "${charge.response_data.id}" })),
      FAILS,
    );
    expect(status).toBe("failed");
    expect(at(body, "error")).toBe('Step "last" failed: sold out');
    expect(at(body, "compensation")).toEqual({ status: "success", done: 2, failed: [] });
    const [refund] = sink.at("/refund");
    expect(refund?.text).toBe('{"charge":7}');
    expect(refund?.headers.get("webhook-id")).toBe(`${run_id}:1/u`);
    expect(sink.at("/release").map(({ text }) => text)).toEqual(['{"sku":"x"}']);
    expect(sink.received.map(({ path }) => path).slice(-2)).toEqual(["/refund", "/release"]);
    expect(Object.keys(results).toSorted()).toEqual(
      ["reserve", "charge", "last", "charge.$compensate", "reserve.$compensate"].toSorted(),
    );
    expect(results["charge.$compensate"]).toMatchObject({ type: "webhook", path: "1/u", status: "success" });
  });

  test("says which compensation failed, and goes on behind it", async () => {
    const { body, results } = await run(
      {},
      hook("a", sink.url("/a"), post(sink.url("/undo-a"))),
      hook("b", sink.url("/b"), {
        ...post(sink.url("/undo-b", { status: 500 })),
        retry: { max_attempts: 2, initial_interval: 0.05 },
      }),
      FAILS,
    );
    expect(at(body, "compensation")).toEqual({ status: "failed", done: 1, failed: ["b.$compensate"] });
    expect(results["b.$compensate"]).toMatchObject({ attempts: 2, error_details: { code: "http" } });
    expect(sink.at("/undo-b").length).toBe(2);
    expect(sink.at("/undo-a").length).toBe(1);
  });

  test("undoes each iteration and branch, and nothing of what failed or was handled", async () => {
    const undo = (name: string) => ({ compensate: { step: { type: "transform", config: { value: name } } } });
    const { body, results } = await run(
      {},
      {
        ...{
          name: "m",
          type: "map",
          config: { items: [1, 2], steps: [{ ...pure("a", "${item}"), ...undo("${a.value}") }] },
        },
        ...undo("all"),
      },
      { ...pure("b", "${payload.gone}"), ...undo("b"), on_error: "continue" },
      { ...pure("c", 1), ...undo("c"), if: "false" },
      FAILS,
    );
    expect(at(body, "compensation", "done")).toBe(3);
    expect(Object.keys(results)).toEqual(
      expect.arrayContaining(["m.$compensate", "m[1].a.$compensate", "m[0].a.$compensate"]),
    );
    expect(Object.keys(results).filter((key) => key.includes("$compensate"))).toHaveLength(3);
    expect(at(results, "m[1].a.$compensate", "output", "value")).toBe(2);
  });

  test("undoes what succeeded before it fails since its output can't be told", async () => {
    const steps = [hook("a", sink.url("/told"), post(sink.url("/untold"))), pure("b", 1)];
    const { status, body } = await ended({}, steps, { output: "${payload.gone}" });
    expect(status).toBe("failed");
    expect(body).toMatchObject({
      error: "The output of the run failed: The placeholder ${payload.gone} leads nowhere",
      error_details: { code: "expression", step: "", path: "" },
      compensation: { status: "success", done: 1, failed: [] },
    });
    expect(sink.at("/untold").length).toBe(1);
  });

  test("runs until all of it is undone, and says so meanwhile", async () => {
    const slow = { ...pure("a", 1), compensate: { step: { type: "delay", config: { duration: 0.5 } } } };
    const id = await api.trigger(await api.create([slow, FAILS]));
    const begun = await api.untilBegun(id, "a.$compensate");
    expect(begun.body).toMatchObject({ status: "running", phase: "compensating", error: null });
    const ended = await api.untilEnded(id);
    expect(ended.body).toMatchObject({ status: "failed", compensation: { status: "success", done: 1 } });
    expect(ended.body.phase).toBeUndefined();
  });
});

test("a run that succeeds undoes nothing", async () => {
  const { status, body, results } = await run({}, hook("a", sink.url("/well"), post(sink.url("/undo-well"))));
  expect([status, body.compensation, Object.keys(results)]).toEqual(["success", undefined, ["a"]]);
  expect(sink.at("/undo-well")).toEqual([]);
});

test("what is wrong with a compensation is said where it stands", async () => {
  const below = (...path: (string | number)[]) => ["body", "steps", ...path];
  const undo = (step: unknown, name: string) => ({ ...pure(name, 1), compensate: { step } });
  const steps: StepInput[] = [
    undo({ type: "fail", config: { message: "no" } }, "a"),
    undo({ type: "delay", config: { duration: -1 }, timeout: 0, retry: {} }, "b"),
    undo({ type: "transform", config: { value: "${later.value} ${c.value} ${a.value}" } }, "c"),
    undo({ type: "transform", config: { value: 1 }, if: "true" }, "d"),
    { ...pure("e", 1), compensate: [] },
    pure("later", 1),
  ];
  expectFaults(await api.post("/api/v1/workflows", { name: "w", steps }), [
    { loc: below(0, "compensate", "step", "type"), type: "compensate_not_allowed" },
    { loc: below(1, "compensate", "step", "config", "duration"), type: "greater_than_equal" },
    { loc: below(1, "compensate", "step", "timeout"), type: "duration_range" },
    { loc: below(1, "compensate", "step", "retry", "on"), type: "retry_on_required" },
    { loc: below(2, "compensate", "step", "config", "value"), type: "reference_later" },
    { loc: below(3, "compensate", "step", "if"), type: "extra_forbidden" },
    { loc: below(4, "compensate"), type: "dict_type" },
  ]);
});
