/** `loop`: steps that are repeated, what they know of their iteration, and what the run shows of them. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client, type StepInput } from "./harness/http/client.ts";
import { expectFaults } from "./harness/http/expect.ts";
import { at, objectAt } from "./harness/http/json.ts";
import { type PlatformUnderTest, platformUnderTest } from "./harness/under-test.ts";

let platform: PlatformUnderTest;
let api: Client;

beforeAll(async () => {
  platform = await platformUnderTest();
  api = new Client(platform.url);
});
afterAll(() => platform.close());

const pure = (name: string, value: unknown): StepInput => ({ name, type: "transform", config: { value } });
const loop = (name: string, config: object, ...steps: StepInput[]): StepInput => ({
  name,
  type: "loop",
  config: { max_iterations: 100, ...config, steps },
});

async function run(payload: object, ...steps: StepInput[]) {
  const ended = await api.untilEnded(await api.trigger(await api.create(steps), payload));
  return { status: ended.status, body: ended.body, results: objectAt(ended.body, "step_results") };
}

describe("a loop", () => {
  test("repeats its steps until a condition holds, and gives what the last iteration gave", async () => {
    const { status, results } = await run(
      { goal: 3 },
      loop("count", { until: "n.value == payload.goal", index: "i" }, pure("n", "${{ i + 1 }}")),
      pure("then", "${count.n.value}"),
    );
    expect(status).toBe("success");
    expect(results.count).toMatchObject({ type: "loop", path: "0", details: { iterations: 3, ended: "until" } });
    expect(Object.keys(results).toSorted()).toEqual(["count", "count[0].n", "count[1].n", "count[2].n", "then"]);
    expect(results["count[2].n"]).toMatchObject({ path: "0/2/0", type: "transform" });
    expect(at(results, "then", "output", "value")).toBe(3);
  });

  test("hands each iteration the result of the one before, and runs none where `while` does not hold", async () => {
    const { results } = await run(
      {},
      loop(
        "pages",
        { while: "iteration.last == null || iteration.last.next != null", output: { next: "${{ page.value }}" } },
        pure("page", "${{ iteration.last == null ? 7 : iteration.last.next < 9 ? iteration.last.next + 1 : null }}"),
      ),
      loop("never", { while: "false" }, pure("x", 1)),
    );
    expect(results.pages).toMatchObject({ output: { next: null }, details: { iterations: 4, ended: "while" } });
    expect(results.never).toMatchObject({ output: {}, details: { iterations: 0, ended: "while" } });
  });

  test("waits for its interval between two iterations", async () => {
    const { results } = await run({}, loop("poll", { until: "iteration.index == 2", interval: 0.2 }, pure("a", 1)));
    const begun = [0, 1, 2].map((index) => Date.parse(String(at(results, `poll[${index}].a`, "started_at"))));
    expect(Number(begun[1]) - Number(begun[0])).toBeGreaterThanOrEqual(199);
    expect(Number(begun[2]) - Number(begun[1])).toBeGreaterThanOrEqual(199);
  });

  test("says while it waits which iteration it is before", async () => {
    const id = await api.create([loop("poll", { until: "false", interval: 60 }, pure("a", 1))]);
    const begun = await api.untilBegun(await api.trigger(id), "poll[0].a");
    expect(begun.body).toMatchObject({
      status: "running",
      step_results: { poll: { status: "running", details: { iteration: 1 } }, "poll[0].a": { status: "success" } },
    });
  });

  test("fails at its limit, or goes on", async () => {
    const { status, body, results } = await run(
      {},
      loop("goes_on", { until: "false", max_iterations: 2, on_limit: "continue" }, pure("a", 1)),
      loop("fails", { until: "false", max_iterations: 2 }, pure("a", 1)),
    );
    expect(results.goes_on).toMatchObject({ status: "success", details: { iterations: 2, ended: "limit" } });
    expect(status).toBe("failed");
    expect(at(body, "error")).toBe('Step "fails" failed: The loop was not over after 2 iterations');
    expect(results.fails).toMatchObject({ error_details: { code: "loop_limit", details: { iterations: 2 } } });
  });

  test("of 10,000 iterations shows the last ten, and says how many steps are left out", async () => {
    const { status, body, results } = await run(
      {},
      loop("long", { until: "false", max_iterations: 10_000, on_limit: "continue" }, pure("a", "${iteration.index}")),
    );
    expect(status).toBe("success");
    expect(at(body, "steps_omitted")).toBe(9990);
    expect(Object.keys(results)).toHaveLength(11);
    expect(Object.keys(results)).toContain("long[9990].a");
    expect(at(results, "long", "output", "a", "value")).toBe(9999);
  });

  test("says where in it a step failed", async () => {
    const { body } = await run(
      {},
      loop("outer", { until: "false" }, loop("inner", { until: "false" }, pure("a", "${payload.gone}"))),
    );
    expect(at(body, "error")).toBe('Step "outer[0].inner[0].a" failed: The placeholder ${payload.gone} leads nowhere');
  });
});

test("what is wrong with a loop is said where it stands", async () => {
  const below = (...path: (string | number)[]) => ["body", "steps", ...path];
  const steps: StepInput[] = [
    loop("a", {}, pure("x", 1)),
    loop("b", { while: "true", until: "true", interval: -1 }, pure("x", 1)),
    loop("c", { while: "x.value", until: "true", max_iterations: 0 }, pure("x", 1)),
    loop("d", { until: "x.value == 1 && iteration.index > later.value", index: "a" }, pure("x", 1)),
    loop(
      "e",
      { until: "true", index: "while", interval: "soon", on_limit: "stop" },
      { ...pure("x", 1), if: "y.value" },
    ),
    loop("f", { until: "i > 1", index: "i" }, { ...pure("i", 1), if: "i > 0 && iteration.last == null" }),
    { ...pure("g", 1), if: "iteration.index == 0 || i == 1" },
  ];
  expectFaults(await api.post("/api/v1/workflows", { name: "w", steps }), [
    { loc: below(0, "config"), type: "loop_condition" },
    { loc: below(1, "config"), type: "loop_condition" },
    { loc: below(1, "config", "interval"), type: "duration_range" },
    { loc: below(2, "config", "max_iterations"), type: "greater_than_equal" },
    { loc: below(2, "config"), type: "loop_condition" },
    { loc: below(2, "config", "while"), type: "reference_later", ctx: { offset: 0, length: 1 } },
    { loc: below(3, "config", "index"), type: "name_hides" },
    { loc: below(3, "config", "until"), type: "reference_unknown", ctx: { offset: 34, length: 5 } },
    { loc: below(4, "config", "interval"), type: "value_error" },
    { loc: below(4, "config", "on_limit"), type: "enum" },
    { loc: below(4, "config", "index"), type: "reserved_name" },
    { loc: below(4, "config", "steps", 0, "if"), type: "reference_unknown", ctx: { offset: 0, length: 1 } },
    { loc: below(5, "config", "steps", 0, "name"), type: "name_hides" },

    { loc: below(6, "if"), type: "reference_unknown", ctx: { offset: 0, length: 9 } },
    { loc: below(6, "if"), type: "reference_hidden", ctx: { offset: 24, length: 1 } },
  ]);
});
