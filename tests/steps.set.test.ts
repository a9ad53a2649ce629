/** Variables of lists of steps, and `set`: what they begin with, who reads them, and how long they live. */
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
const sets = (name: string, variables: object): StepInput => ({ name, type: "set", config: { variables } });
const holds = (name: string, type: string, config: object, ...steps: StepInput[]): StepInput => ({
  name,
  type,
  config: { ...config, steps },
});

async function run(payload: object, ...steps: StepInput[]) {
  const ended = await api.untilEnded(await api.trigger(await api.create(steps), payload));
  return { status: ended.status, body: ended.body, results: objectAt(ended.body, "step_results") };
}

describe("variables", () => {
  test("are read by the innermost of their name, and set at once", async () => {
    const { status, results } = await run(
      { n: 1 },
      holds(
        "outer",
        "block",
        { vars: { a: "${payload.n}", b: [2] }, output: "${vars.a} ${{ vars.b }}" },
        sets("swap", { a: "${vars.b}", b: "${vars.a}" }),
        holds("inner", "block", { vars: { a: "its own" } }, sets("s", { a: "${vars.a}!" }), pure("read", "${vars.a}")),
      ),
    );
    expect(status).toBe("success");
    expect(at(results, "outer.swap", "output")).toEqual({ a: [2], b: 1 });
    expect(at(results, "outer.inner.read", "output", "value")).toBe("its own!");
    expect(at(results, "outer", "output")).toBe("[2] 1");
  });

  test("of a loop gather what its iterations find, also through a wait", async () => {
    const { results } = await run(
      { rows: [[1, 2], [3], []] },
      holds(
        "pages",
        "loop",
        {
          ...{ vars: { page: 0, total: 0 }, while: "size(payload.rows[vars.page]) > 0", max_iterations: 9 },
          ...{ interval: 0.05, output: { total: "${vars.total}" } },
        },
        pure("rows", "${{ payload.rows[vars.page] }}"),
        sets("next", { page: "${{ vars.page + 1 }}", total: "${{ vars.total + rows.value.sum() }}" }),
      ),
    );
    expect(results.pages).toMatchObject({ output: { total: 6 }, details: { iterations: 2, ended: "while" } });
  });

  test("of a map, a branch, a case and a catch are their own", async () => {
    const add = sets("add", { x: "${{ vars.x + 1 }}" });
    const list = { vars: { x: 1 }, steps: [add], output: "${vars.x}" };
    const { results } = await run(
      {},
      holds("each", "map", { items: [5, 6], vars: { x: "${item}" }, output: "${vars.x}" }, add),
      {
        name: "fan",
        type: "parallel",
        config: {
          branches: [
            { name: "a", ...list },
            { name: "b", ...list },
          ],
        },
      },
      { name: "route", type: "switch", config: { cases: [{ if: "false", ...list }], default: list } },
      {
        ...{ name: "fails", type: "fail", config: { message: "no", code: "sold_out" } },
        catch: [{ vars: { code: "${error.code}" }, steps: [pure("h", "${vars.code}")], output: "${h.value}" }],
      },
    );
    expect(at(results, "each", "output")).toEqual([6, 7]);
    expect(at(results, "fan", "output")).toEqual({ a: 2, b: 2 });
    expect(at(results, "route", "output")).toBe(2);
    expect(at(results, "fails", "output")).toBe("sold_out");
  });

  test("of the definition are set by steps at the top", async () => {
    const steps = [sets("s", { total: "${{ vars.total + payload.n }}" }), pure("read", "${vars.total}")];
    const id = await api.create(steps, { vars: { total: "${payload.n}" }, output: "${vars.total}" });
    const ended = await api.untilEnded(await api.trigger(id, { n: 2 }));
    expect(ended.body).toMatchObject({
      status: "success",
      output: 4,
      step_results: { read: { output: { value: 4 } } },
    });
  });

  test("that can't begin fail the step that holds their list", async () => {
    const { body } = await run({}, holds("b", "block", { vars: { x: "${payload.gone}" } }, pure("never", 1)));
    expect(at(body, "error")).toBe('Step "b" failed: The placeholder ${payload.gone} leads nowhere');
    expect(Object.keys(objectAt(body, "step_results"))).toEqual(["b"]);
  });
});

test("what is wrong with variables is said where it stands", async () => {
  const below = (...path: (string | number)[]) => ["body", "steps", ...path];
  const many = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`v${index}`, index]));
  const steps: StepInput[] = [
    { ...pure("a", "${vars.x}"), if: "vars.x == 1" },
    sets("b", { x: 1 }),
    holds("c", "block", { vars: { "9": 1, "a-b": 1, x: "${vars.x}" } }, pure("p", "${vars.y} ${{ vars.y + vars.x }}")),
    holds("d", "block", { vars: many }, sets("s", { v1: "${vars.v2}", w: 1 })),
    holds(
      "e",
      "block",
      { vars: { x: 1 } },
      {
        name: "fan",
        type: "parallel",
        config: { branches: [{ name: "l", vars: { own: 1 }, steps: [sets("s", { x: 1, own: "${vars.x}" })] }] },
      },
    ),
    holds("f", "block", { vars: { x: 1 } }, holds("m", "map", { items: [1] }, sets("s", { x: 1 }))),
    holds("g", "loop", { vars: { x: "${i}" }, until: "vars.x > vars.y", max_iterations: 1, index: "i" }, sets("s", {})),
    holds("h", "block", { vars: [1] }, pure("p", 1)),
  ];
  expectFaults(await api.post("/api/v1/workflows", { name: "w", steps }), [
    { loc: below(0, "if"), type: "reference_unknown", ctx: { offset: 0, length: 4 } },
    { loc: below(0, "config", "value"), type: "reference_unknown" },
    { loc: below(1, "config", "variables", "x"), type: "variable_unknown" },
    { loc: below(2, "config", "vars", "9"), type: "value_error" },
    { loc: below(2, "config", "vars", "a-b"), type: "value_error" },
    { loc: below(2, "config", "vars", "x"), type: "reference_unknown" },
    { loc: below(2, "config", "steps", 0, "config", "value"), type: "variable_unknown" },
    {
      loc: below(2, "config", "steps", 0, "config", "value"),
      type: "variable_unknown",
      ctx: { offset: 14, length: 4 },
    },
    { loc: below(3, "config", "vars"), type: "too_long" },
    { loc: below(3, "config", "steps", 0, "config", "variables", "w"), type: "variable_unknown" },
    {
      loc: below(4, "config", "steps", 0, "config", "branches", 0, "steps", 0, "config", "variables", "x"),
      type: "set_across_parallel",
    },
    {
      loc: below(5, "config", "steps", 0, "config", "steps", 0, "config", "variables", "x"),
      type: "set_across_parallel",
    },
    { loc: below(6, "config", "vars", "x"), type: "reference_unknown" },
    { loc: below(6, "config", "until"), type: "variable_unknown", ctx: { offset: 9, length: 4 } },
    { loc: below(6, "config", "steps", 0, "config", "variables"), type: "too_short" },
    { loc: below(7, "config", "vars"), type: "dict_type" },
  ]);
});
