/** What is done about a step that failed, and when its time is over. */
import { describe, expect, test } from "bun:test";
import { BLOCK, PARALLEL } from "../../../language/definition/control.ts";
import type { Step } from "../../../language/definition/step.ts";
import type { StepOutcome } from "../../entries.ts";
import { acts, FAILED, fails, gives, NOW, Played, waits } from "../played.fixture.ts";

const block = (name: string, steps: Step[]): Step => ({ name, type: BLOCK, config: { steps } });
const fan = (...branches: Step[][]): Step => ({
  name: "fan",
  type: PARALLEL,
  config: { branches: branches.map((steps, index) => ({ name: `b${index}`, steps })) },
});
const success = { kind: "end", status: "success", error: null } as const;
const answered = (status: number): StepOutcome => ({
  code: "http",
  error: `status ${status}`,
  output: { status },
  details: { status },
});

describe("a catch", () => {
  test("runs the handler of the first that means the error, and the run goes on with its output", () => {
    const run = new Played([
      {
        ...acts("a"),
        catch: [
          { on: [404], steps: [acts("no")] },
          {
            on: ["4xx"],
            steps: [gives("t", "${error.code} ${error.details.status}"), acts("h")],
            output: "${t.value}",
          },
          { steps: [acts("neither")] },
        ],
      },
      gives("last", "${a}"),
    ]);
    run.go(NOW);
    expect(run.ends("0", NOW + 1, answered(402)).kind).toBe("wait");
    expect([...run.underWay]).toEqual(["0/c1/1"]);
    expect(run.result("a")).toMatchObject({ status: "running", error: "status 402", output: { status: 402 } });
    expect(run.ends("0/c1/1", NOW + 5)).toEqual(success);
    expect(run.result("a")).toMatchObject({
      ...{ status: "failed", handled: true, output: "http 402", error: "status 402" },
      ...{ details: { handled_by: "catch[1]" }, error_details: { code: "http", step: "a", cause: null } },
    });
    expect(run.result("a").attempts).toBeUndefined();
    expect(run.result("a.$catch.t")).toMatchObject({ path: "0/c1/0", type: "transform" });
    expect(run.result("last").output).toMatchObject({ value: "http 402" });
  });

  test("without an output leaves the one of the failed attempt, or none", () => {
    const caught = { catch: [{ steps: [gives("t", "x")] }] };
    const run = new Played([
      { ...acts("a"), ...caught },
      gives("b", "${a.status}"),
      { ...acts("c"), ...caught },
      gives("d", "${c}"),
    ]);
    run.go(NOW);
    run.ends("0", NOW, answered(500));
    expect(run.result("b").output).toMatchObject({ value: 500 });
    expect(run.ends("2", NOW, FAILED)).toMatchObject({ status: "failed", error: expect.stringContaining("${c}") });
  });

  test("comes after all retries, and once", () => {
    const step = {
      ...acts("a"),
      retry: { on: ["failed"], initial_interval: 1, jitter: 0 },
      catch: [{ steps: [acts("h")] }],
    };
    const run = new Played([step]);
    run.go(NOW);
    run.ends("0", NOW, FAILED);
    run.go(NOW + 1000);
    run.ends("0", NOW + 1000, FAILED);
    run.go(NOW + 3000);
    run.ends("0", NOW + 3000, FAILED);
    expect([...run.underWay]).toEqual(["0/c0/0"]);
    expect(run.ends("0/c0/0", NOW + 3000)).toEqual(success);
    expect(run.result("a")).toMatchObject({ attempts: 3, handled: true, status: "failed" });
  });

  test("whose handler fails leaves the step with that error, and its cause", () => {
    const run = new Played([
      {
        ...acts("a"),
        on_error: "continue",
        catch: [{ on: ["failed"], steps: [fails("h", "worse")] }, { steps: [acts("no")] }],
      },
      acts("after"),
    ]);
    run.go(NOW);
    expect(run.ends("0", NOW, FAILED)).toMatchObject({ status: "failed", error: 'Step "a.$catch.h" failed: no' });
    expect(run.result("a").error_details).toMatchObject({
      code: "worse",
      step: "a.$catch.h",
      cause: { code: "failed", step: "a" },
    });
  });

  test("whose output leads nowhere fails the step so", () => {
    const run = new Played([{ ...fails("a", "oops"), catch: [{ steps: [gives("t", "x")], output: "${gone}" }] }]);
    expect(run.go(NOW)).toMatchObject({ status: "failed" });
    expect(run.result("a").error_details).toMatchObject({ code: "expression", step: "a", cause: { code: "oops" } });
  });

  test("of a container sees the error of the step within it, and what it had under way is skipped", () => {
    const run = new Played([
      {
        ...fan([acts("x")], [acts("y")]),
        catch: [{ on: ["failed"], steps: [gives("t", "${error.step}"), acts("h")] }],
      },
      acts("after"),
    ]);
    run.go(NOW);
    run.ends("0/0/0", NOW, FAILED);
    expect(run.statuses).toMatchObject({ fan: "running", "fan.b0.x": "failed", "fan.b1.y": "skipped" });
    expect(run.result("fan.$catch.t").output).toMatchObject({ value: "fan.b0.x" });
    run.ends("0/c0/1", NOW);
    expect([...run.underWay]).toEqual(["1"]);
  });

  test("within a catch has the error of its own step; a step named error hides it", () => {
    const inner: Step = { ...fails("f", "inner"), catch: [{ steps: [gives("t", "${error.code}")] }] };
    const run = new Played([
      { ...fails("a", "outer"), catch: [{ steps: [inner, gives("u", "${error.code}")] }] },
      gives("error", "mine"),
      { ...fails("b", "outer"), catch: [{ steps: [gives("v", "${error.value}")] }] },
    ]);
    expect(run.go(NOW)).toEqual(success);
    expect(run.result("a.$catch.f.$catch.t").output).toMatchObject({ value: "inner" });
    expect(run.result("a.$catch.u").output).toMatchObject({ value: "outer" });
    expect(run.result("b.$catch.v").output).toMatchObject({ value: "mine" });
  });

  test("ends with its branch when another branch ends the parallel", () => {
    const run = new Played([fan([{ ...fails("x", "oops"), catch: [{ steps: [acts("h")] }] }], [acts("y")])]);
    run.go(NOW);
    expect([...run.underWay]).toEqual(["0/0/0/c0/0", "0/1/0"]);
    expect(run.ends("0/1/0", NOW, FAILED)).toMatchObject({ status: "failed" });
    expect(run.statuses).toMatchObject({ "fan.b0.x": "skipped", "fan.b0.x.$catch.h": "skipped" });
  });
});

test("on_error: continue passes over what no catch is for", () => {
  const run = new Played([
    { ...acts("a"), on_error: "continue", catch: [{ on: ["timeout"], steps: [acts("no")] }] },
    { ...block("b", [fails("f", "oops"), acts("never")]), on_error: "continue" },
    gives("last", "${a.status}"),
  ]);
  run.go(NOW);
  expect(run.ends("0", NOW, answered(500))).toEqual(success);
  for (const name of ["a", "b"]) {
    expect(run.result(name)).toMatchObject({ status: "failed", handled: true, details: { handled_by: "on_error" } });
  }
  expect(run.result("last").output).toMatchObject({ value: 500 });
  expect(run.statuses["b.never"]).toBeUndefined();
});

describe("a timeout", () => {
  test("of a container skips what it has under way, and is caught as any error", () => {
    const run = new Played([
      { ...block("b", [acts("x"), waits("w", 50)]), timeout: 30, catch: [{ on: ["timeout"], steps: [acts("h")] }] },
    ]);
    expect(run.go(NOW)).toEqual({ kind: "wait", wakeAt: NOW + 30_000 });
    expect(run.ends("0/0/0", NOW + 10_000)).toEqual({ kind: "wait", wakeAt: NOW + 30_000 });
    run.go(NOW + 29_999);
    expect(run.statuses["b.w"]).toBe("running");
    run.go(NOW + 30_000);
    expect(run.result("b.w")).toMatchObject({ status: "skipped", error_details: { code: "cancelled" } });
    expect(run.result("b").error_details).toMatchObject({ code: "timeout", step: "b" });
    expect(run.ends("0/c0/0", NOW + 31_000)).toEqual(success);
  });

  test("is each attempt's own, and gives up an effect under way", () => {
    const retry = { on: ["timeout"], initial_interval: 5, jitter: 0, max_attempts: 2 };
    const run = new Played([{ ...block("b", [acts("x")]), timeout: "PT10S", retry }]);
    run.go(NOW);
    expect(run.go(NOW + 10_000)).toEqual({ kind: "wait", wakeAt: NOW + 15_000 });
    expect(run.underWay.size).toBe(0);
    expect(run.go(NOW + 15_000)).toEqual({ kind: "wait", wakeAt: NOW + 25_000 });
    expect([...run.underWay]).toEqual(["0~2/0/0"]);
    expect(run.go(NOW + 25_000)).toMatchObject({ status: "failed" });
    expect(run.result("b")).toMatchObject({ attempts: 2, error_details: { code: "timeout" } });
  });

  test("of a delay ends it early; of what takes no time it says nothing", () => {
    const run = new Played([
      { ...waits("a", 50), timeout: 2, on_error: "continue" },
      { ...waits("b", 2), timeout: 2 },
      { ...block("c", [gives("x", "1")]), timeout: 1 },
    ]);
    expect(run.go(NOW)).toEqual({ kind: "wait", wakeAt: NOW + 2000 });
    run.go(NOW + 2000);
    expect(run.result("a").error_details).toMatchObject({
      code: "timeout",
      message: "The step was not done within its 2 s",
    });
    expect(run.go(NOW + 4000)).toEqual(success);
  });

  test("of an effect goes with it", () => {
    const run = new Played([{ ...acts("a"), timeout: 5 }]);
    expect(run.go(NOW)).toEqual({ kind: "wait", wakeAt: null });
  });
});
