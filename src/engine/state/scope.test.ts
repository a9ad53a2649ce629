import { expect, test } from "bun:test";
import type { Json } from "../../schemas/json/json.ts";
import type { StepResult } from "../../schemas/runs/run.ts";
import { resolvePlaceholders } from "../placeholders.ts";
import { Scope } from "./scope.ts";

const AT = "2026-11-28T08:00:00.000+00:00";

function result(step_name: string, more: Partial<StepResult>): StepResult {
  return { step_name, status: "success", started_at: AT, completed_at: AT, output: null, error: null, ...more };
}

const outer = new Scope({ payload: { n: 1 } }, null);
outer.steps.set("first", result("first", { output: { value: 2 } }));
outer.steps.set("my step", result("my step", { output: null }));
const scope = new Scope(null, outer);
scope.steps.set("tried", result("tried", { output: 3, attempts: 2 }));
scope.steps.set("left", result("left", { status: "skipped" }));
scope.steps.set("passed", result("passed", { status: "failed", error: "no", handled: true }));
scope.steps.set("mended", result("mended", { status: "failed", error: "no", handled: true, output: 4 }));

test("expressions reach outputs by name, and what is known of steps by steps", () => {
  const values: [expression: string, value: Json][] = [
    ["payload.n + first.value + tried", 6],
    ['steps.first.output.value + steps["first"].output.value', 4],
    ['steps["my step"].output == null && has(steps["my step"].output)', true],
    ["has(steps.left.output)", false],
    ["has(steps.passed.output)", false],
    ["has(steps.mended.output) && steps.mended.output == 4", true],
    ['steps.left.status + " " + steps.first.status', "skipped success"],
    ["[steps.tried.attempts, steps.first.attempts]", [2, 1]],
    ["steps.first.error == null && steps.first.details == {}", true],
    ["timestamp(steps.first.completed_at) - timestamp(steps.first.started_at)", 0],
  ];
  for (const [expression, value] of values) {
    expect([expression, resolvePlaceholders(`\${{ ${expression} }}`, scope)]).toEqual([expression, value]);
  }
});

test("what is not there is said", () => {
  const failures: [expression: string, error: string][] = [
    ["left.x", "There is no `left` here"],
    ["steps.later.status", 'There is no field "later"'],
    ["later", "There is no `later` here"],
  ];
  for (const [expression, error] of failures) {
    expect(() => resolvePlaceholders(`\${{ ${expression} }}`, scope)).toThrow(error);
  }
});
