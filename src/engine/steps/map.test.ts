/** Items as the engine decides about them, without a thread or a clock. */
import { describe, expect, test } from "bun:test";
import { MAP } from "../../language/definition/control.ts";
import type { Step } from "../../language/definition/step.ts";
import { acts, FAILED, gives, NOW, Played, waits } from "./played.fixture.ts";

const each = (config: object, ...steps: Step[]): Step => ({
  name: "prices",
  type: MAP,
  config: { items: "${payload.lines}", ...config, steps },
});
const LINES = { lines: ["a", "b", "c", "d"] };

describe("a map", () => {
  test("runs its steps for each item, and gives what each gave in the order of the items", () => {
    const run = new Played(
      [
        each({ as: "line", index: "i", output: "${fetch.value}" }, gives("fetch", "${line}${{ i + 1 }}")),
        gives("then", "${prices[2]}"),
      ],
      LINES,
    );
    expect(run.go(NOW)).toEqual({ kind: "end", status: "success", error: null });
    expect(run.result("prices")).toMatchObject({
      output: ["a1", "b2", "c3", "d4"],
      details: { items: 4, succeeded: 4, failed: 0 },
    });
    expect(run.result("prices[2].fetch")).toMatchObject({ path: "0/2/0", type: "transform" });
    expect(run.result("then").output).toMatchObject({ value: "c3" });
  });

  test("of an empty list gives an empty list, and of batches one output for each", () => {
    const none = new Played([each({}, acts("a"))], { lines: [] });
    expect(none.go(NOW).kind).toBe("end");
    expect(none.result("prices")).toMatchObject({ output: [], details: { items: 0, succeeded: 0, failed: 0 } });
    const run = new Played([each({ batch: 3, output: "${{ size(item) }}" }, gives("a", "${item[0]}"))], LINES);
    run.go(NOW);
    expect(run.result("prices")).toMatchObject({ output: [3, 1], details: { items: 2, succeeded: 2, failed: 0 } });
    expect(run.result("prices[1].a").output).toMatchObject({ value: "d" });
  });

  test("has no more iterations under way than it says, which may come from the payload", () => {
    const run = new Played([each({ concurrency: "${payload.most}" }, acts("a"), waits("w", 5))], { ...LINES, most: 2 });
    run.go(NOW);
    expect([...run.underWay]).toEqual(["0/0/0", "0/1/0"]);
    run.ends("0/1/0", NOW);
    expect([...run.underWay]).toEqual(["0/0/0"]);
    expect(run.go(NOW + 5000)).toEqual({ kind: "wait", wakeAt: null });
    expect([...run.underWay]).toEqual(["0/0/0", "0/2/0"]);
    expect([...run.state.blocks.keys()]).toEqual(["0/0/", "0/2/"]);
  });

  test("that can't be told its items, or how many at once, fails", () => {
    const failures: [config: object, payload: object, code: string, message: string][] = [
      [{}, { lines: "a" }, "config", "config.items: Input should be a valid list"],
      [{}, {}, "expression", "The placeholder ${payload.lines} leads nowhere"],
      [{}, { lines: Array(10_001).fill(0) }, "limit", "The map has 10001 items, over 10,000"],
      [{ concurrency: "${payload.n}" }, { lines: [], n: 1001 }, "config", "config.concurrency: Input should be a"],
    ];
    for (const [config, payload, code, message] of failures) {
      const run = new Played([each(config, acts("a"))], { ...payload });
      run.go(NOW);
      const error = run.result("prices").error_details;
      expect([error?.code, error?.message]).toEqual([code, expect.stringContaining(message)]);
    }
  });
});

describe("iterations that fail", () => {
  test("the first ends the map with its error, and calls the others off", () => {
    const run = new Played([each({}, acts("a"))], LINES);
    run.go(NOW);
    run.ends("0/0/0", NOW);
    expect(run.ends("0/2/0", NOW, FAILED)).toMatchObject({
      kind: "end",
      status: "failed",
      error: 'Step "prices[2].a" failed: no',
    });
    expect(run.result("prices[3].a")).toMatchObject({
      status: "skipped",
      error: "Cancelled: the iteration 2 failed",
      error_details: { code: "cancelled", path: "0/3/0" },
    });
    expect(run.result("prices").error_details).toMatchObject({ step: "prices[2].a", path: "0/2/0" });
    expect(run.underWay.size).toBe(0);
  });

  test("are null in the output as long as there are not too many", () => {
    const run = new Played([each({ max_failures: "50%", output: "${item}" }, acts("a"))], LINES);
    run.go(NOW);
    run.ends("0/3/0", NOW, FAILED);
    for (const path of ["0/0/0", "0/2/0"]) run.ends(path, NOW);
    expect(run.ends("0/1/0", NOW, FAILED)).toEqual({ kind: "end", status: "success", error: null });
    expect(run.result("prices")).toMatchObject({
      output: ["a", null, "c", null],
      details: {
        ...{ items: 4, succeeded: 2, failed: 2 },
        failures: [
          { index: 3, error: { code: "failed", step: "prices[3].a" } },
          { index: 1, error: { code: "failed", step: "prices[1].a" } },
        ],
      },
    });
  });

  test("are too many beyond that", () => {
    const run = new Played([each({ max_failures: 1, concurrency: 3 }, acts("a"))], LINES);
    run.go(NOW);
    run.ends("0/2/0", NOW, FAILED);
    run.ends("0/0/0", NOW, FAILED);
    expect(run.result("prices").error_details).toMatchObject({
      code: "too_many_failures",
      message: "2 of 4 iterations failed",
      details: { failed: 2, total: 4, first: { step: "prices[2].a" } },
    });
    expect(run.statuses["prices[3].a"]).toBe("skipped");
  });

  test("a retry runs all of them again, a timeout calls all of them off", () => {
    const steps = [{ ...each({}, acts("a")), retry: { on: ["failed"], jitter: 0 }, timeout: 9 }];
    const run = new Played(steps, LINES);
    run.go(NOW);
    run.ends("0/1/0", NOW, FAILED);
    run.go(NOW + 1000);
    expect([...run.underWay]).toEqual(["0~2/0/0", "0~2/1/0", "0~2/2/0", "0~2/3/0"]);
    expect(run.go(NOW + 10_000).kind).toBe("end");
    expect(run.result("prices").error_details).toMatchObject({ code: "timeout", attempts: 2 });
  });
});

test("of many iterations the results of the youngest are kept, and of those that failed", () => {
  const step = { ...gives("a", "${{ item == 7 ? payload.gone : item }}"), on_error: "continue" } as const;
  const inner: Step = { ...each({ items: [1, 2], as: "part" }, gives("b", "x")), name: "inner" };
  const run = new Played(
    [each({ output: "${item}" }, step, inner)],
    { lines: Array.from({ length: 2000 }, (_, n) => n) },
    false,
  );
  run.go(NOW);
  expect(run.state.steps.has("0/7/0")).toBe(true);
  expect(run.state.steps.has("0/6/0")).toBe(false);
  expect(run.state.steps.size).toBeLessThan(1010);
  expect(run.state.omitted.get("0")).toBe(2000 * 4 + 1 - run.state.steps.size);
});

test("what iterations give is bounded", () => {
  const run = new Played([each({ output: "${payload.text}" }, gives("a", "x"))], {
    ...LINES,
    text: "x".repeat(400_000),
  });
  run.go(NOW);
  expect(run.result("prices").error_details).toMatchObject({ code: "output" });
  expect(run.statuses["prices[3].a"]).toBeUndefined();
});
