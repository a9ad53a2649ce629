/** Which steps run: `if`, and the cases of a `switch`. */
import { describe, expect, test } from "bun:test";
import { SWITCH } from "../../language/definition/control.ts";
import type { Step } from "../../language/definition/step.ts";
import type { Json, JsonObject } from "../../schemas/json/json.ts";
import { acts, FAILED, fails, gives, NOW, Played } from "./played.fixture.ts";

const success = { kind: "end", status: "success", error: null } as const;
const route = (config: JsonObject): Step => ({ name: "route", type: SWITCH, config });
const cases = (...steps: Step[]): JsonObject => ({
  cases: [
    { name: "large", if: "payload.n > 100", steps: [...steps, gives("x", "large")] },
    { if: "payload.n > 10", steps: [gives("x", "medium")], output: "${x.value}" },
  ],
});

describe("if", () => {
  test("false: the step is skipped without an error, and leads nowhere", () => {
    const run = new Played([{ ...acts("a"), if: "payload.n > 1" }, gives("b", "x")], { n: 1 });
    expect(run.go(NOW)).toEqual(success);
    expect(run.result("a")).toMatchObject({ status: "skipped", error: null, output: null });
    expect(run.result("a").error_details).toBeUndefined();
    const nowhere = new Played([{ ...gives("a", "x"), if: "false" }, gives("b", "${a.value}")]);
    expect(nowhere.go(NOW)).toMatchObject({ status: "failed" });
  });

  test("true: it runs, and the condition is not asked again", () => {
    const run = new Played([{ ...acts("a"), if: "payload.n > 1" }], { n: 2 });
    run.go(NOW);
    expect(run.ends("0", NOW)).toEqual(success);
  });

  test("that can't be told fails the step; no retry is for it, a catch is", () => {
    const retry = { on: ["*"], max_attempts: 5 };
    const run = new Played(
      [
        {
          ...gives("a", "x"),
          if: "payload.gone > 1",
          retry,
          catch: [{ on: ["expression"], steps: [gives("t", "${error.message}")] }],
        },
        { ...gives("b", "x"), if: "payload.n > 1", retry },
      ],
      { n: "no number" },
    );
    expect(run.go(NOW)).toMatchObject({ status: "failed" });
    expect(run.result("a")).toMatchObject({ handled: true, error_details: { code: "expression", attempts: 1 } });
    expect(JSON.stringify(run.result("a.$catch.t").output)).toContain("payload.gone > 1");
    expect(run.result("b").attempts).toBeUndefined();
  });

  test("reads what became of the steps before it", () => {
    const seen = (condition: string): boolean => {
      const run = new Played([
        gives("ok", "5"),
        { ...gives("never", "5"), if: "false" },
        { ...fails("bad one", "oops"), on_error: "continue" },
        { ...gives("asked", "x"), if: condition },
      ]);
      expect(run.go(NOW)).toEqual(success);
      return run.result("asked").status === "success";
    };
    for (const condition of [
      'ok.value == "5" && steps.ok.status == "success"',
      'steps["bad one"].status == "failed" && steps["bad one"].error.code == "oops"',
      'steps["bad one"].details.handled_by == "on_error" && steps["bad one"].attempts == 1',
      'steps.never.status == "skipped" && !has(steps.never.output)',
      "has(steps.ok.output)",
    ]) {
      expect([condition, seen(condition)]).toEqual([condition, true]);
    }
  });
});

describe("a switch", () => {
  const played = (config: JsonObject, payload: Json) => {
    const run = new Played([route(config), gives("last", "x")], payload);
    return { run, end: run.go(NOW) };
  };

  test("runs the first case whose condition holds, and says which", () => {
    const large = played(cases(), { n: 500 }).run.result("route");
    expect(large).toMatchObject({ status: "success", output: { x: { value: "large" } }, details: { case: "large" } });
    expect(large).toMatchObject({ type: "switch", path: "0" });
    const { run } = played(cases(), { n: 50 });
    expect(run.result("route")).toMatchObject({ output: "medium", details: { case: 1 } });
    expect(run.result("route.x").path).toBe("0/1/0");
  });

  test("else the default, else nothing", () => {
    const { run } = played({ ...cases(), default: { steps: [gives("y", "small")] } }, { n: 1 });
    expect(run.result("route")).toMatchObject({ output: { y: { value: "small" } }, details: { case: "default" } });
    expect(run.result("route.y").path).toBe("0/d/0");
    const none = played(cases(), { n: 1 });
    expect(none.end).toEqual(success);
    expect(none.run.result("route")).toMatchObject({ status: "success", output: {}, details: { case: null } });
  });

  test("keeps its case while it runs, and fails with the error of a step in it", () => {
    const run = new Played([{ ...route(cases(acts("a"))), on_error: "continue" }, gives("last", "x")], { n: 500 });
    run.go(NOW);
    expect(run.result("route")).toMatchObject({ status: "running", details: { case: "large" } });
    expect(run.ends("0/0/0", NOW, FAILED)).toEqual(success);
    expect(run.result("route")).toMatchObject({ status: "failed", error_details: { step: "route.a" } });
  });

  test("fails where a condition can't be told", () => {
    const { run, end } = played(cases(), {});
    expect(end).toMatchObject({ status: "failed" });
    expect(run.result("route").error_details).toMatchObject({ code: "expression", step: "route" });
  });
});
