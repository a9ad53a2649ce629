/** Variables of lists, and `set`, as the engine takes them. */
import { describe, expect, test } from "bun:test";
import type { Step } from "../../language/definition/step.ts";
import type { JsonObject } from "../../schemas/json/json.ts";
import { acts, FAILED, gives, NOW, Played } from "./played.fixture.ts";

const sets = (name: string, variables: JsonObject): Step => ({ name, type: "set", config: { variables } });
const block = (name: string, vars: JsonObject, ...steps: Step[]): Step => ({
  name,
  type: "block",
  config: { vars, steps },
});

describe("variables", () => {
  test("begin with what is around them, are set at once, and are read by the innermost of their name", () => {
    const run = new Played(
      [
        block(
          "outer",
          { a: "${payload.n}", b: "kept" },
          sets("swap", { a: "${vars.b}", b: "${{ vars.a + 1 }}" }),
          block(
            "inner",
            { a: "inner ${vars.a}" },
            sets("s", { a: "${vars.a}!", b: "set within" }),
            gives("in", "${vars.a}"),
          ),
          gives("out", "${vars.a} ${{ vars.b }}"),
        ),
      ],
      { n: 1 },
    );
    expect(run.go(NOW)).toEqual({ kind: "end", status: "success", error: null });
    expect(run.result("outer.swap").output).toEqual({ a: "kept", b: 2 });
    expect(run.result("outer.inner.in").output).toMatchObject({ value: "inner kept!" });
    expect(run.result("outer.out").output).toMatchObject({ value: "kept set within" });
  });

  test("of a loop live as long as it does, and its conditions see them", () => {
    const config = { vars: { sum: 0 }, while: "vars.sum < payload.goal", max_iterations: 20, index: "i" };
    const steps = [sets("add", { sum: "${{ vars.sum + i }}" })];
    const run = new Played([{ name: "l", type: "loop", config: { ...config, steps, output: "${vars.sum}" } }], {
      goal: 9,
    });
    run.go(NOW);
    expect(run.result("l")).toMatchObject({ output: 10, details: { iterations: 5, ended: "while" } });
  });

  test("of a map are each iteration's own, those of a handler see its error", () => {
    const each: Step = {
      name: "m",
      type: "map",
      config: {
        items: [1, 2],
        vars: { x: "${item}" },
        steps: [sets("s", { x: "${{ vars.x * 10 }}" })],
        output: "${vars.x}",
      },
    };
    const caught: Step = {
      ...acts("a"),
      catch: [{ vars: { code: "${error.code}" }, steps: [gives("h", "${vars.code}")] }],
    };
    const run = new Played([each, caught]);
    run.go(NOW);
    run.ends("1", NOW, FAILED);
    expect(run.result("m").output).toEqual([10, 20]);
    expect(run.result("a.$catch.h").output).toMatchObject({ value: "failed" });
  });

  test("begin anew with each attempt, but those around it stay as they were set", () => {
    const tried: Step = {
      ...block("b", { own: 0 }, sets("s", { own: "${{ vars.own + 1 }}", all: "${{ vars.all + 1 }}" }), acts("a")),
      retry: { on: ["failed"], jitter: 0 },
    };
    const run = new Played([block("o", { all: 0 }, tried, gives("g", "${vars.all}"))]);
    run.go(NOW);
    run.ends("0/0/0/0/1", NOW, FAILED);
    run.go(NOW + 1000);
    run.ends("0/0/0~2/0/1", NOW + 1000);
    expect(run.result("o.b.s").output).toEqual({ own: 1, all: 2 });
    expect(run.result("o.g").output).toMatchObject({ value: 2 });
  });

  test("that can't begin fail the step that holds their list, before any step of it", () => {
    const gone = { x: "${payload.gone}" };
    const each: Step = {
      name: "m",
      type: "map",
      config: { items: [1, 2], max_failures: 2, vars: gone, steps: [acts("a")] },
    };
    const loop: Step = {
      name: "l",
      type: "loop",
      config: { until: "true", max_iterations: 1, vars: gone, steps: [acts("a")] },
    };
    const steps = [block("b", gone, acts("a")), loop].map((step): Step => ({ ...step, on_error: "continue" }));
    const run = new Played([...steps, each]);
    run.go(NOW);
    expect(run.result("b").error).toBe("The placeholder ${payload.gone} leads nowhere");
    expect(run.result("l").error).toBe("The placeholder ${payload.gone} leads nowhere");
    expect(run.result("m")).toMatchObject({ output: [null, null], details: { failed: 2 } });
    expect([...run.state.steps.keys()]).toEqual(["0", "1", "2"]);
  });
});
