/** `if` and `switch`: which steps run, and what the run shows of those that do not. */
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
const route = (name: string, ...cases: unknown[]): StepInput => ({ name, type: "switch", config: { cases } });

async function run(payload: object, ...steps: StepInput[]) {
  const ended = await api.untilEnded(await api.trigger(await api.create(steps), payload));
  return { status: ended.status, body: ended.body, results: objectAt(ended.body, "step_results") };
}

test("if: runs a step, or skips it", async () => {
  const { status, results } = await run(
    { total: 5, items: [{ sku: "a" }] },
    { ...pure("cheap", 1), if: "payload.total < 10 && payload.items.exists(i, i.sku == 'a')" },
    { ...wait("dear", 30), if: "payload.total >= 10" },
    { ...pure("then", "${cheap.value}"), if: "!has(steps.dear.output) && cheap.value == 1" },
  );
  expect(status).toBe("success");
  expect(results.dear).toEqual({
    ...{ step_name: "dear", status: "skipped", output: null, error: null },
    ...{ started_at: at(results, "dear", "completed_at"), completed_at: expect.any(String) },
  });
  expect(at(results, "then", "output", "value")).toBe(1);
});

test("if: a condition that can't be told fails its step", async () => {
  const { body } = await run({}, { ...pure("a", 1), if: "payload.total > 10" });
  expect(at(body, "error")).toStartWith('Step "a" failed: The expression payload.total > 10 failed: ');
  expect(body).toMatchObject({ step_results: { a: { error_details: { code: "expression" } } } });
});

describe("switch", () => {
  const steps = [
    route(
      "route",
      {
        name: "vip",
        if: 'payload.tier == "gold" && payload.total > 100',
        steps: [wait("w", 0.2), pure("notify", "vip")],
      },
      { if: "payload.total < 10", steps: [pure("notify", "small")], output: "${notify.value}" },
    ),
    pure("then", "${route}"),
  ];

  test("runs the first case that holds", async () => {
    const vip = await run({ tier: "gold", total: 500 }, ...steps);
    expect(vip.results.route).toMatchObject({
      type: "switch",
      details: { case: "vip" },
      output: { notify: { value: "vip" } },
    });
    expect(vip.results["route.notify"]).toMatchObject({ path: "0/0/1" });
    const small = await run({ tier: "gold", total: 5 }, ...steps);
    expect([at(small.results, "then", "output", "value"), at(small.results, "route", "details", "case")]).toEqual([
      "small",
      1,
    ]);
    const none = await run({ tier: "gold", total: 50 }, ...steps);
    expect(none.results.route).toMatchObject({ status: "success", details: { case: null }, output: {} });
    expect(Object.keys(none.results)).toEqual(["route", "then"]);
  });
});

test("what is wrong with conditions is said where it stands", async () => {
  const below = (...path: (string | number)[]) => ["body", "steps", ...path];
  const steps: StepInput[] = [
    { ...pure("a", 1), if: "payload.n >" },
    { ...pure("b", 1), if: "payload.n + 1" },
    { ...pure("c", 1), if: "a.value == later.value && steps.gone.status == c.value" },
    { ...pure("d", 1), if: 'payload.text.matches("a+")' },
    { ...pure("e", 1), if: 5 },
    { ...pure("later", 1), if: `payload.n == ${"1 + ".repeat(2000)}1` },
    { ...pure("g", 1), if: "error.code == 'x'", catch: [{ steps: [{ ...pure("x", 1), if: "error.code == 'x'" }] }] },
    route(
      "h",
      { name: "default", if: "true", steps: [{ ...pure("x", 1), if: "h.value" }] },
      { name: "one", if: "true", steps: [pure("x", 1)] },
      { name: "one", if: "x.value == 1", steps: [pure("a", 1)] },
      { steps: [pure("x", 1)] },
    ),
    { name: "i", type: "switch", config: { cases: [], default: { steps: [], if: "true" } } },
  ];
  const FIRST = { offset: 0, length: 1 };
  expectFaults(await api.post("/api/v1/workflows", { name: "w", steps }), [
    { loc: below(0, "if"), type: "expression_syntax", ctx: { offset: 11, length: 0 } },
    { loc: below(1, "if"), type: "not_a_condition", ctx: { offset: 0, length: 13 } },
    { loc: below(2, "if"), type: "reference_later", ctx: { offset: 11, length: 5 } },
    { loc: below(2, "if"), type: "reference_unknown", ctx: { offset: 26, length: 5 } },
    { loc: below(2, "if"), type: "reference_later", ctx: { offset: 47, length: 1 } },
    { loc: below(3, "if"), type: "expression_function", ctx: { offset: 0, length: 26 } },
    { loc: below(4, "if"), type: "string_type" },
    { loc: below(5, "if"), type: "expression_too_large", ctx: { offset: 0, length: 8014 } },
    { loc: below(6, "if"), type: "reference_unknown", ctx: { offset: 0, length: 5 } },
    { loc: below(7, "config", "cases", 0, "name"), type: "reserved_name" },
    { loc: below(7, "config", "cases", 0, "steps", 0, "if"), type: "reference_later", ctx: FIRST },
    { loc: below(7, "config", "cases", 2, "name"), type: "branch_taken" },
    { loc: below(7, "config", "cases", 2, "if"), type: "reference_hidden", ctx: FIRST },
    { loc: below(7, "config", "cases", 2, "steps", 0, "name"), type: "name_hides" },
    { loc: below(7, "config", "cases", 3, "if"), type: "missing" },
    { loc: below(8, "config", "cases"), type: "too_short" },
    { loc: below(8, "config", "default", "steps"), type: "too_short" },
    { loc: below(8, "config", "default", "if"), type: "extra_forbidden" },
  ]);
});
