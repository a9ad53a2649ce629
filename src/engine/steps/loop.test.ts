/** Iterations as the engine decides about them, without a thread or a clock. */
import { describe, expect, test } from "bun:test";
import { LOOP, SUCCEED } from "../../language/definition/control.ts";
import type { Step } from "../../language/definition/step.ts";
import { acts, FAILED, gives, NOW, Played, waits } from "./played.fixture.ts";

const repeats = (config: object, ...steps: Step[]): Step => ({
  name: "poll",
  type: LOOP,
  config: { max_iterations: 20, ...config, steps },
});

describe("a loop", () => {
  test("repeats its steps until a condition holds, which sees them, and gives what the last iteration gave", () => {
    const run = new Played([
      repeats(
        { until: "i == 2 && check.value == '2 true'", index: "i" },
        gives("check", "${iteration.index} ${{ i == iteration.index }}"),
      ),
      gives("then", "${poll.check.value}"),
    ]);
    expect(run.go(NOW)).toEqual({ kind: "end", status: "success", error: null });
    expect(run.result("poll")).toMatchObject({
      output: { check: { value: "2 true" } },
      details: { iterations: 3, ended: "until" },
      path: "0",
      type: "loop",
    });
    expect(run.result("poll[2].check")).toMatchObject({ path: "0/2/0", output: { value: "2 true" } });
    expect(run.result("then").output).toMatchObject({ value: "2 true" });
  });

  test("is tested before its first iteration where it has `while`", () => {
    const run = new Played([repeats({ while: "iteration.last != null && payload.n < 1" }, acts("a"))], { n: 1 });
    expect(run.go(NOW).kind).toBe("end");
    expect(run.result("poll")).toMatchObject({ output: {}, details: { iterations: 0, ended: "while" } });
    expect(run.log.map(([path]) => path)).toEqual(["0", "0"]);
  });

  test("hands each iteration what the one before gave", () => {
    const config = { while: "iteration.last == null || size(iteration.last.a.value) < 4", output: { a: "${a}" } };
    const run = new Played([
      repeats(config, gives("a", "${{ iteration.last == null ? '' : iteration.last.a.value + 'x' }}")),
    ]);
    run.go(NOW);
    expect(run.result("poll")).toMatchObject({
      output: { a: { value: "xxxx" } },
      details: { iterations: 5, ended: "while" },
    });
  });

  test("waits between its iterations, not after the last, and its time covers that", () => {
    const run = new Played([repeats({ until: "i == 1", index: "i", interval: 5 }, acts("a"))]);
    run.go(NOW);
    expect(run.ends("0/0/0", NOW + 1000)).toEqual({ kind: "wait", wakeAt: NOW + 6000 });
    expect(run.result("poll")).toMatchObject({ status: "running", details: { iteration: 1 } });
    expect(run.go(NOW + 6000)).toEqual({ kind: "wait", wakeAt: null });
    expect([...run.underWay]).toEqual(["0/1/0"]);
    expect(run.ends("0/1/0", NOW + 7000).kind).toBe("end");
    const slow = new Played([{ ...repeats({ until: "false", interval: 5 }, gives("a", "x")), timeout: 8 }]);
    expect(slow.go(NOW)).toEqual({ kind: "wait", wakeAt: NOW + 5000 });
    expect(slow.go(NOW + 5000)).toEqual({ kind: "wait", wakeAt: NOW + 8000 });
    expect(slow.go(NOW + 8000)).toMatchObject({ kind: "end", status: "failed" });
    expect(slow.result("poll").error_details).toMatchObject({ code: "timeout", step: "poll" });
  });

  test("fails at its limit, or goes on", () => {
    const run = new Played([
      { ...repeats({ until: "false", max_iterations: 3 }, gives("a", "${iteration.index}")), on_error: "continue" },
      {
        ...repeats({ until: "false", max_iterations: 3, on_limit: "continue" }, gives("a", "${iteration.index}")),
        name: "next",
      },
    ]);
    run.go(NOW);
    expect(run.result("poll").error_details).toMatchObject({ code: "loop_limit", details: { iterations: 3 } });
    expect(run.result("next")).toMatchObject({
      output: { a: { value: 2 } },
      details: { iterations: 3, ended: "limit" },
    });
  });

  test("fails with the error of a step, whose address says the iteration, and can be retried", () => {
    const loop = { ...repeats({ until: "false" }, acts("a")), retry: { on: ["failed"], max_attempts: 2, jitter: 0 } };
    const run = new Played([loop]);
    run.go(NOW);
    run.ends("0/0/0", NOW);
    expect(run.ends("0/1/0", NOW, FAILED)).toEqual({ kind: "wait", wakeAt: NOW + 1000 });
    expect(run.result("poll").error_details).toMatchObject({ step: "poll[1].a", path: "0/1/0" });
    run.go(NOW + 1000);
    expect([...run.underWay]).toEqual(["0~2/0/0"]);
  });

  test("that ends the run says the iteration that it is in, and so does each loop around it", () => {
    const ends: Step = { name: "s", type: SUCCEED, config: { output: "${i}.${j}" }, if: "i == 1 && j == 2" };
    const inner = { ...repeats({ until: "j == 2", index: "j" }, gives("a", "x"), ends), name: "inner" };
    const run = new Played([repeats({ until: "i == 5", index: "i" }, inner), acts("never")]);
    expect(run.go(NOW)).toMatchObject({ kind: "end", status: "success", output: "1.2" });
    expect(run.result("poll")).toMatchObject({ status: "success", details: { iteration: 1 } });
    expect(run.result("poll[1].inner")).toMatchObject({ status: "success", details: { iteration: 2 } });
  });

  test("in a loop has iterations of its own, and each loop keeps the results of its last ten", () => {
    const inner = { ...repeats({ until: "j == 11", index: "j" }, gives("a", "${i}.${j}")), name: "inner" };
    const run = new Played([repeats({ until: "i == 11", index: "i" }, inner)]);
    run.go(NOW);
    expect(run.result("poll[11].inner[11].a").output).toMatchObject({ value: "11.11" });
    const shown = [...run.state.steps.keys()];
    expect(shown.length).toBe(1 + 10 + 10 * 10);
    expect(shown).not.toContain("0/1/0");
    expect(shown).not.toContain("0/11/0/1/0");
    expect(run.state.omitted.get("0")).toBe(2 + 12 * 12 - 10 * 10);
    expect(run.state.executed).toBe(1 + 12 + 12 * 12);
  });
});

test("a run that has executed 100,000 steps is stopped", () => {
  const loop = (name: string, ...steps: Step[]): Step => ({
    ...repeats({ until: "false", max_iterations: 400 }, ...steps),
    name,
  });
  const steps = [loop("outer", { ...loop("inner", gives("a", "x")), on_error: "continue" }), waits("never", 1)];
  const run = new Played(steps, {}, false);
  expect(run.go(NOW)).toMatchObject({ kind: "end", status: "failed", error: "The run has executed 100,000 steps" });
  expect(run.result("outer")).toMatchObject({ status: "skipped", error_details: { code: "limit" } });
  expect([...run.state.steps.values()].filter(([, { status }]) => status === "running")).toEqual([]);
}, 60_000);
