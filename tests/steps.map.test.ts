/** `map`: steps that run for each item of a list, how many at once, and what the run shows of them. */
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
const wait = (name: string, duration: number): StepInput => ({ name, type: "delay", config: { duration } });
const each = (name: string, config: object, ...steps: StepInput[]): StepInput => ({
  name,
  type: "map",
  config: { items: "${payload.lines}", ...config, steps },
});

async function run(payload: object, ...steps: StepInput[]) {
  const ended = await api.untilEnded(await api.trigger(await api.create(steps), payload));
  return { status: ended.status, body: ended.body, results: objectAt(ended.body, "step_results") };
}

describe("a map", () => {
  test("runs its steps for each item, and gives what each gave in the order of the items", async () => {
    const { status, results } = await run(
      { lines: [{ sku: "a" }, { sku: "b" }, { sku: "c" }] },
      each("prices", { as: "line", index: "i", output: "${fetch.value}" }, pure("fetch", "${line.sku}${i}")),
      pure("then", "${prices[1]} ${{ prices.join() }}"),
    );
    expect(status).toBe("success");
    expect(results.prices).toMatchObject({
      ...{ type: "map", path: "0", output: ["a0", "b1", "c2"] },
      details: { items: 3, succeeded: 3, failed: 0 },
    });
    expect(Object.keys(results).toSorted()).toEqual([
      "prices",
      "prices[0].fetch",
      "prices[1].fetch",
      "prices[2].fetch",
      "then",
    ]);
    expect(results["prices[2].fetch"]).toMatchObject({ path: "0/2/0", type: "transform" });
    expect(at(results, "then", "output", "value")).toBe("b1 a0b1c2");
  });

  test("has `concurrency` iterations under way, which go on beside one another", async () => {
    const begun = Date.now();
    const { results } = await run(
      { lines: [1, 2, 3, 4, 5, 6], most: 3 },
      each("waits", { concurrency: "${payload.most}" }, wait("w", 0.4)),
    );
    expect(Date.now() - begun).toBeGreaterThanOrEqual(800);
    const times = [0, 1, 2, 3, 4, 5].map((index) => Date.parse(String(at(results, `waits[${index}].w`, "started_at"))));
    for (const index of [3, 4, 5]) expect(Number(times[index]) - Number(times[0])).toBeGreaterThanOrEqual(399);
    expect(Number(times[2]) - Number(times[0])).toBeLessThan(400);
  });

  test("takes items in batches, and a list in a list", async () => {
    const { results } = await run(
      { lines: [[1, 2], [3], [4, 5]] },
      each("rows", { as: "row" }, each("cells", { items: "${row}", as: "cell" }, pure("x", "${cell}"))),
      each("pairs", { batch: 2, output: "${{ size(item) }}" }, pure("x", "${item[0]}")),
    );
    expect(results["rows[2].cells[1].x"]).toMatchObject({ path: "0/2/0/1/0", output: { value: 5 } });
    expect(at(results, "rows", "output", 1)).toEqual({ cells: [{ x: { type: "transform", value: 3 } }] });
    expect(results.pairs).toMatchObject({ output: [2, 1], details: { items: 2 } });
  });

  test("ends with the error of the first that fails", async () => {
    const { body, results } = await run(
      { lines: [1, 2, 3] },
      each("fan", {}, { ...wait("w", 20), if: "item != 2" }, { ...pure("x", "${payload.gone}"), if: "item == 2" }),
    );
    expect(at(body, "error")).toBe('Step "fan[1].x" failed: The placeholder ${payload.gone} leads nowhere');
    expect(results["fan[0].w"]).toMatchObject({ status: "skipped", error: "Cancelled: the iteration 1 failed" });
  });

  test("goes on behind failures that are few enough", async () => {
    const broken = { ...pure("x", "${{ item == 2 || item == 4 ? payload.gone : item }}") };
    const few = await run({ lines: [1, 2, 3, 4] }, each("fan", { max_failures: "50%", output: "${x.value}" }, broken));
    expect(few.results.fan).toMatchObject({
      output: [1, null, 3, null],
      details: {
        items: 4,
        succeeded: 2,
        failed: 2,
        failures: [{ index: 1, error: { code: "expression" } }, { index: 3 }],
      },
    });
    const many = await run({ lines: [1, 2, 3, 4] }, each("fan", { max_failures: 1 }, broken));
    expect(many.results.fan).toMatchObject({
      error: "2 of 4 iterations failed",
      error_details: { code: "too_many_failures", details: { failed: 2, total: 4, first: { step: "fan[1].x" } } },
    });
  });

  test("of 10,000 items shows a thousand steps, those that failed before others", async () => {
    const lines = Array.from({ length: 10_000 }, (_, index) => index);
    const step = { ...pure("x", "${{ item == 5 ? payload.gone : item }}"), on_error: "continue" };
    const { status, body, results } = await run({ lines }, each("many", { output: "${item}" }, step));
    expect(status).toBe("success");
    expect(at(body, "steps_omitted")).toBe(9000);
    expect(Object.keys(results)).toHaveLength(1001);
    expect(results["many[5].x"]).toMatchObject({ status: "failed", handled: true });
    expect(results["many[9999].x"]).toMatchObject({ status: "success" });
    expect(at(results, "many", "output")).toEqual(lines);
  });
});

test("what is wrong with a map is said where it stands", async () => {
  const below = (...path: (string | number)[]) => ["body", "steps", ...path];
  const steps: StepInput[] = [
    { name: "a", type: "map", config: { steps: [pure("x", 1)] } },
    each("b", { items: "all of them", concurrency: 0, batch: 0, max_failures: "many" }, pure("x", 1)),
    each("c", { items: Array(10_001).fill(0), concurrency: "${payload.most}", max_failures: -1 }, pure("x", 1)),
    each("d", { items: ["${{ payload. }}"], as: "for", index: "a" }, pure("x", 1)),
    each("e", { concurrency: "ten" }, each("f", {}, { ...pure("item", 1), if: "item == 1 && e[0].item == 2" })),
    { ...pure("g", 1), if: "item == 1" },
  ];
  const reply = await api.post("/api/v1/workflows", { name: "w", steps });
  expectFaults(reply, [
    { loc: below(0, "config", "items"), type: "missing" },
    { loc: below(1, "config", "batch"), type: "greater_than_equal" },
    { loc: below(1, "config", "max_failures"), type: "value_error" },
    { loc: below(1, "config", "items"), type: "items_not_a_list" },
    { loc: below(1, "config", "concurrency"), type: "greater_than_equal" },
    { loc: below(2, "config", "max_failures"), type: "value_error" },
    { loc: below(2, "config", "items"), type: "too_long" },
    { loc: below(3, "config", "items", 0), type: "expression_syntax", ctx: { offset: 13, length: 0 } },
    { loc: below(3, "config", "as"), type: "reserved_name" },
    { loc: below(3, "config", "index"), type: "name_hides" },
    { loc: below(4, "config", "concurrency"), type: "int_type" },
    { loc: below(4, "config", "steps", 0, "config", "as"), type: "name_hides" },
    { loc: below(4, "config", "steps", 0, "config", "steps", 0, "name"), type: "name_hides" },
    {
      loc: below(4, "config", "steps", 0, "config", "steps", 0, "if"),
      type: "reference_later",
      ctx: { offset: 13, length: 1 },
    },
    { loc: below(5, "if"), type: "reference_hidden", ctx: { offset: 0, length: 4 } },
  ]);
});
