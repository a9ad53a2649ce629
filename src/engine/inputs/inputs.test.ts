/** What steps of runs were given, as what is stored tells. */
import { describe, expect, test } from "bun:test";
import type { Step } from "../../language/definition/step.ts";
import type { Json } from "../../schemas/json/json.ts";
import { acts } from "../steps/played.fixture.ts";
import { gives, holds, inputOf, played, resultsOf, sets, stored, wrongInputs } from "./inputs.fixture.ts";

const KINDS = ["log", "results"] as const;

/** Plays a run to its end; what every step of it was given has to give what that gave, whichever of both is stored. */
function expectTold(steps: Step[], payload: Json = {}) {
  const run = played(steps, payload);
  for (const kind of KINDS) expect([kind, wrongInputs(run, stored(run, steps, payload, kind))]).toEqual([kind, {}]);
  return {
    run,
    at: (path: string, kind: (typeof KINDS)[number] = "log") => inputOf(stored(run, steps, payload, kind), path),
  };
}

describe("a step that ended was given", () => {
  test("what the payload and the steps before it had, placeholders in their places", () => {
    const { at } = expectTold(
      [
        gives("a", { n: "${payload.n}", text: "n is ${payload.n}", whole: "${payload}" }),
        gives("b c", ["${a.value.n}", "${{ a.value.n * 2 }}", '${{ steps["a"].status }}', "$${a}", "plain"]),
        gives("d", "${b c.value[1]}"),
      ],
      { n: 21 },
    );
    for (const kind of KINDS) {
      expect(at("1", kind)).toEqual({ config: { value: [21, 42, "success", "${a}", "plain"] }, bytes: 42 });
      expect(at("2", kind)?.config).toEqual({ value: 42 });
    }
  });

  test("an item, its number, a batch, and what an item within an item is", () => {
    const { at } = expectTold(
      [
        holds("each", "map", {
          items: "${payload.lines}",
          as: "line",
          index: "n",
          steps: [
            gives("a", "${n}: ${line.sku}"),
            holds("pairs", "map", {
              items: "${{ line.parts + [a.value] }}",
              batch: 2,
              steps: [gives("b", ["${item}", "${line.sku}", "${n}"])],
            }),
          ],
        }),
      ],
      {
        lines: [
          { sku: "x", parts: [1, 2] },
          { sku: "y", parts: [3, 4] },
        ],
      },
    );
    expect(at("0/1/1/1/0")?.config).toEqual({ value: [["1: y"], "y", 1] });
    expect(at("0/1/1")?.config).toEqual({ items: [3, 4, "1: y"], concurrency: 10 });
  });

  test("the iteration of a loop, and what the one before gave", () => {
    const steps = [
      holds("again", "loop", {
        until: "iteration.index >= 3",
        max_iterations: 9,
        index: "n",
        steps: [gives("a", ["${n}", "${iteration.index}", "${iteration.last}"])],
        output: "${{ iteration.last == null ? 1 : iteration.last + 1 }}",
      }),
    ];
    const { at } = expectTold(steps);
    expect(at("0/3/0", "results")?.config).toEqual({ value: [3, 3, 3] });
  });

  test("the error that a handler is for, also of a handler in a handler", () => {
    const fails = (name: string, code: string, more: Partial<Step> = {}) =>
      holds(name, "fail", { code, message: "no" }, more);
    const tells = (name: string) => gives(name, "${error.code} ${error.step} ${error.attempts}");
    const inner = fails("y", "inner", { catch: [{ steps: [tells("z")] }] });
    const steps = [
      gives("first", 7),
      holds(
        "x",
        "block",
        { steps: [fails("f", "outer")] },
        {
          catch: [
            { on: ["nothing"], steps: [tells("n")] },
            { steps: [tells("t"), inner, gives("u", ["${error.code}", "${first.value}"])] },
          ],
        },
      ),
      gives("last", "${{ steps.x.error.code }}"),
    ];
    const { at } = expectTold(steps);
    expect(at("1/c1/1/c0/0", "results")?.config).toEqual({ value: "inner x.$catch.y 1" });
  });
});

describe("a variable", () => {
  test("is what it was when the step began, whatever was set later", () => {
    const steps = [
      holds("b", "block", {
        vars: { n: "${payload.n}", seen: [] },
        steps: [
          gives("before", "${vars.n}"),
          sets("one", { n: "${{ vars.n + 1 }}" }),
          gives("between", "${vars}"),
          holds("inner", "block", {
            vars: { n: "${{ vars.n * 10 }}" },
            steps: [
              sets("two", { n: "${{ vars.n + 5 }}", seen: ["${vars.n}"] }),
              gives("hidden", "${vars.n} ${vars.seen}"),
            ],
          }),
          holds("route", "switch", {
            cases: [{ if: "vars.n > 100", steps: [sets("never", { n: 0 })] }],
            default: { steps: [sets("three", { n: "${{ vars.n + 100 }}" })] },
          }),
          sets("skipped", { n: 0 }, { if: "false" }),
          gives("after", ["${vars.n}", "${vars.seen}"]),
        ],
      }),
    ];
    const { at } = expectTold(steps, { n: 1 });
    expect(at("0/0/6", "results")?.config).toEqual({ value: [102, [20]] });
  });

  test("is that of the loop, of the item, of the attempt", () => {
    const counts = sets("count", { n: "${{ vars.n + 1 }}" });
    const steps = [
      holds("b", "block", {
        vars: { total: 0 },
        steps: [
          holds("l", "loop", {
            until: "vars.n >= 9",
            max_iterations: 50,
            vars: { n: 0 },
            steps: [counts, sets("up", { total: "${{ vars.total + vars.n }}" }), gives("g", "${vars}")],
          }),
          holds("m", "map", {
            items: [5, 6],
            vars: { n: "${item}" },
            steps: [counts, gives("g", ["${vars.n}", "${vars.total}"])],
          }),
          gives("end", "${vars.total}"),
        ],
      }),
    ];
    const { run, at } = expectTold(steps);
    expect(resultsOf(run).filter(({ path }) => path.endsWith("/2"))).not.toEqual([]);
    expect(at("0/0/2", "results")?.config).toEqual({ value: 45 });
    expect(at("0/0/1/1/1", "results")?.config).toEqual({ value: [7, 45] });
  });

  test("that iterations set which are left out is not known, and not guessed", () => {
    const sometimes = sets("s", { n: "${iteration.index}" }, { if: "iteration.index == 3" });
    const loop = holds("l", "loop", {
      until: "iteration.index == 19",
      max_iterations: 50,
      steps: [sometimes, gives("g", "${vars.n}")],
    });
    const steps = [holds("b", "block", { vars: { n: 7 }, steps: [loop, gives("end", ["${vars.n}", "${payload.x}"])] })];
    const run = played(steps, { x: 1 });
    expect(inputOf(stored(run, steps, { x: 1 }, "log"), "0/0/1")?.config).toEqual({ value: [3, 1] });
    expect(inputOf(stored(run, steps, { x: 1 }, "results"), "0/0/1")).toEqual({
      config: { value: ["${vars.n}", 1] },
      bytes: 25,
      unknown: [{ path: ["value", 0], code: "not_kept", message: 'What the variable "n" was set to is not kept' }],
    });
  });
});

describe("what is not known says why", () => {
  test("of a step that has not begun what comes of others that have not ended", () => {
    const steps = [
      gives("a", 1),
      acts("e"),
      gives("b", ["${a.value}", "${e.x}", "${payload.x}", "${payload.gone}", "${{ e.x }}"]),
    ];
    const run = played(steps, { x: 2 });
    const open = { code: "not_yet" as const, message: 'The step "e" has not ended' };
    expect(inputOf(stored(run, steps, { x: 2 }, "log"), "2")).toEqual({
      config: { value: [1, "${e.x}", 2, "${payload.gone}", "${{ e.x }}"] },
      bytes: 55,
      unknown: [
        { path: ["value", 1], ...open },
        { path: ["value", 3], code: "failed", message: "The placeholder ${payload.gone} leads nowhere" },
        { path: ["value", 4], ...open },
      ],
    });
  });

  test("of a step that was skipped, that has no condition, or that the run did not come to", () => {
    const gap = (message: string) => ({ bytes: 0, unknown: [{ path: [], code: "not_given" as const, message }] });
    const steps = [
      gives("a", "${payload.x}", { if: "false" }),
      gives("b", 1, { if: "payload.gone == 1" }),
      gives("c", 1),
    ];
    const run = stored(played(steps), steps, {}, "results");
    expect(inputOf(run, "0")).toEqual(gap("The step was skipped: it was given nothing"));
    expect(inputOf(run, "1")).toEqual(gap("The condition of the step failed: it was given nothing"));
    expect(inputOf(run, "2")).toEqual(gap("The run ended before the step began: it was given nothing"));
    expect(inputOf(run, "3")?.unknown).toMatchObject([
      { code: "not_kept", message: "The version of the run has no such step" },
    ]);
    expect(inputOf(run, "0/0/0")?.config).toBeUndefined();
  });

  test("of a step that failed for it, as its failure says", () => {
    const steps = [gives("a", { x: "${payload.gone}", y: "${payload.y}", z: "${{ 1 / 0 }}" })];
    const run = played(steps, { y: 1 });
    const input = inputOf(stored(run, steps, { y: 1 }, "results"), "0");
    expect(input?.config).toEqual({ value: { x: "${payload.gone}", y: 1, z: "${{ 1 / 0 }}" } });
    expect(input?.unknown?.[0]?.message).toBe(run.result("a").error ?? "");
    expect(input?.unknown).toMatchObject([{ code: "failed" }, { code: "failed", path: ["value", "z"] }]);
  });

  test("of more than a hundred fields once", () => {
    const steps = [
      acts("e"),
      gives(
        "a",
        Array.from({ length: 101 }, () => "${e.x}"),
      ),
    ];
    const input = inputOf(stored(played(steps), steps, {}, "log"), "1");
    expect(input).toMatchObject({
      bytes: 0,
      unknown: [{ path: [], message: "More than 100 of its fields are not known" }],
    });
  });
});
