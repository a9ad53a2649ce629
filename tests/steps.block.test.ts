/** `block`: steps within a step, what they reach, what they give, and what the run shows of them. */
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
const block = (name: string, steps: StepInput[], output?: unknown): StepInput => ({
  name,
  type: "block",
  config: { steps, ...(output !== undefined && { output }) },
});

async function run(...steps: StepInput[]) {
  const ended = await api.untilEnded(await api.trigger(await api.create(steps), { n: 5 }));
  return { status: ended.status, body: ended.body, results: objectAt(ended.body, "step_results") };
}

describe("a block", () => {
  test("reaches what ran before it, and gives the outputs of its steps by name", async () => {
    const { status, results } = await run(
      pure("a", 1),
      block("b", [pure("x", "${a.value}"), block("c", [pure("y", "${payload.n}${x.value}")])]),
      pure("d", "${b.c.y.value}"),
    );
    expect(status).toBe("success");
    expect(Object.keys(results)).toEqual(["a", "b", "b.x", "b.c", "b.c.y", "d"]);
    expect(results.d).toMatchObject({ output: { value: "51" } });
    expect(results["b.c.y"]).toMatchObject({ step_name: "b.c.y", type: "transform", path: "1/0/1/0/0" });
    expect(Object.keys(objectAt(results, "a"))).toHaveLength(6);
  });

  test("gives its output where it says one, of any type", async () => {
    for (const [output, value] of [
      ["${x.value}", 5],
      [{ n: ["${x.value}"] }, { n: [5] }],
      ["n is ${x.value}", "n is 5"],
    ]) {
      const { results } = await run(block("b", [pure("x", "${payload.n}")], output), pure("then", "${b}"));
      expect([at(results, "b", "output"), at(results, "then", "output", "value")]).toEqual([value, value]);
    }
  });

  test("sleeps and goes on, also through a restart of its worker's memory", async () => {
    const { status, results } = await run(block("b", [pure("x", 1), wait("w", 0.3), pure("y", "${x.value}")]));
    expect(status).toBe("success");
    expect(at(results, "b", "output", "y", "value")).toBe(1);
  });

  test("nests 16 deep, around a value that nests 44 deep", async () => {
    const deep: unknown = JSON.parse(`${"[".repeat(44)}7${"]".repeat(44)}`);
    const innermost: StepInput = pure("x", deep);
    const nested = Array.from({ length: 16 }).reduce((inner: StepInput, _, level) => {
      const branches = [{ name: "only", steps: [inner], output: level }];
      return { name: `p${level}`, type: "parallel", config: { branches } };
    }, innermost);
    const { status, results } = await run(nested);
    expect(status).toBe("success");
    const address = Array.from({ length: 16 }, (_, level) => `p${15 - level}.only`).join(".");
    expect(at(results, `${address}.x`, "output", "value")).toEqual(deep);
  });

  test("shows the results of 1,000 nested steps, those that failed first, then the youngest", async () => {
    const steps = (count: number) => Array.from({ length: count }, (_, index) => pure(`s${index}`, index));
    const branches = [{ name: "only", steps: [pure("x", "${payload.nothing}")] }];
    const early = { name: "early", type: "parallel", config: { branches, join: "all_settled" } };
    const { status, body, results } = await run(early, block("b", steps(600)), block("c", steps(600)), pure("last", 1));
    expect(status).toBe("success");
    expect(at(body, "steps_omitted")).toBe(201);
    expect([at(results, "early", "steps_omitted"), at(results, "b", "steps_omitted")]).toEqual([undefined, 201]);
    expect(Object.keys(results)).toHaveLength(4 + 1000);
    expect(at(results, "early.only.x", "status")).toBe("failed");
    expect(["b.s200", "b.s201", "c.s0", "c.s599", "last"].map((name) => name in results)).toEqual([
      ...[false, true, true, true, true],
    ]);
  });

  test("fails with the error of the step that failed, and nothing comes after", async () => {
    const ended = await run(block("b", [pure("x", "${payload.gone}"), pure("y", 1)]), pure("z", 1));
    expect(ended.body).toMatchObject({
      status: "failed",
      error: 'Step "b.x" failed: The placeholder ${payload.gone} leads nowhere',
    });
    expect(Object.keys(ended.results)).toEqual(["b", "b.x"]);
    expect(ended.results.b).toMatchObject({ status: "failed", error_details: { code: "expression", step: "b.x" } });
  });

  test("hides its steps from what comes after it, but for what it gives", async () => {
    const steps = [block("b", [pure("x", 1)], "${x.value}"), pure("z", "${x.value}")];
    expectFaults(await api.post("/api/v1/workflows", { name: "w", steps }), [
      { loc: ["body", "steps", 1, "config", "value"], type: "reference_hidden" },
    ]);
  });

  test("whose output leads nowhere fails", async () => {
    const ended = await run(block("b", [pure("x", 1)], "${x.gone}"));
    expect(ended.body).toMatchObject({ error: 'Step "b" failed: The placeholder ${x.gone} leads nowhere' });
  });
});

test("what is wrong within a block is said where it stands", async () => {
  const below = (...path: (string | number)[]) => ["body", "steps", ...path];
  const nested = (depth: number): StepInput => (depth === 0 ? pure("x", 1) : block(`b${depth}`, [nested(depth - 1)]));
  const steps = [
    pure("a", 1),
    block("b", [pure("a", 1), pure("x", 1), pure("x", 1), { name: "t", type: "nothing", config: {} }]),
    block("c", []),
    { name: "d", type: "block", config: { colour: "red" } },
    block(
      "e",
      [{ name: "y", type: "delay", config: { duration: -1 } }, pure("k", "${payload.__proto__}")],
      "${a.constructor}",
    ),
    { ...nested(17), name: "f" },
    { name: "g", type: "block", config: { steps: [{ type: "transform", config: {} }] } },
  ];
  expectFaults(await api.post("/api/v1/workflows", { name: "w", steps }), [
    { loc: below(1, "config", "steps", 0, "name"), type: "name_hides" },
    { loc: below(1, "config", "steps", 2, "name"), type: "value_error" },
    { loc: below(1, "config", "steps", 3, "type"), type: "enum" },
    { loc: below(2, "config", "steps"), type: "too_short" },
    { loc: below(3, "config", "steps"), type: "missing" },
    { loc: below(3, "config", "colour"), type: "extra_forbidden" },
    { loc: below(4, "config", "output"), type: "value_error" },
    { loc: below(4, "config", "steps", 0, "config", "duration"), type: "greater_than_equal" },
    { loc: below(4, "config", "steps", 1, "config", "value"), type: "value_error" },
    { loc: below(5, ...Array(16).fill(["config", "steps", 0]).flat(), "config"), type: "too_deep" },
    { loc: below(6, "config", "steps", 0, "name"), type: "missing" },
    { loc: below(6, "config", "steps", 0, "config", "value"), type: "missing" },
  ]);
});
