import { describe, expect, test } from "bun:test";
import type { Json } from "../../schemas/json/json.ts";
import { keptOf } from "../../schemas/log/kept.ts";
import { type LogEntry, parseLog } from "../../schemas/log/log.ts";
import type { StepResult } from "../../schemas/runs/run.ts";
import { planRetry, type RetryPlan } from "./plan.ts";

const step = (name: string, type = "transform", config: Json = {}): Json => ({ name, type, config });

function result(step_name: string, status: StepResult["status"], more: Partial<StepResult> = {}): StepResult {
  const error = status === "failed" ? "no" : null;
  return { step_name, status, started_at: "", completed_at: "", output: null, error, ...more };
}

interface Case {
  old: Json[];
  now?: Json[];
  results: StepResult[];
  log?: LogEntry[];
  from?: string;
}

function plan({ old, now = old, results, log = [], from }: Case): RetryPlan {
  const names = old.map((one) => (typeof one === "object" && one !== null && "name" in one ? String(one.name) : ""));
  return planRetry({ names, log, results, old, now, from: from ?? null, hasSucceeded: false });
}

/** The paths that a plan keeps, in order, and the steps that run again. */
function told(made: RetryPlan): { kept: string[]; willRun: string[] } {
  if ("fault" in made) throw new Error(made.fault);
  const [first] = parseLog(made.log);
  const kept = first === undefined ? [] : (keptOf(first) ?? []);
  return { kept: kept.flat().map(([path]) => path), willRun: made.willRun };
}

describe("what a retry keeps", () => {
  const old = [step("a"), step("b"), step("c")];
  const results = [result("a", "success"), result("b", "failed"), result("c", "success")];

  test("is what lies before the first step that failed", () => {
    expect(told(plan({ old, results: results.slice(0, 2) }))).toEqual({ kept: ["0"], willRun: ["b", "c"] });
  });

  test("is what lies before the step that it is to begin with", () => {
    expect(told(plan({ old, results, from: "a" }))).toEqual({ kept: [], willRun: ["a", "b", "c"] });
  });

  test("has what was handled and what was skipped, and nothing that was called off", () => {
    const skipped = [
      result("a", "failed", { handled: true }),
      result("b", "skipped"),
      result("c", "skipped", { error: "Cancelled" }),
    ];
    expect(told(plan({ old, results: skipped }))).toEqual({ kept: ["0", "1"], willRun: ["c"] });
  });

  test("is found by name and type under another version", () => {
    const now = [step("new"), step("a"), step("b", "delay"), step("c")];
    const made = plan({ old, now, results: [result("a", "success"), result("b", "success"), result("c", "failed")] });
    expect(told(made)).toEqual({ kept: ["1"], willRun: ["new", "b", "c"] });
  });

  test("are the last attempts of containers, named as first ones", () => {
    const block = step("k", "block", { steps: [step("x"), step("y")] });
    const log: LogEntry[] = [
      ["0/0/0", result("k.x", "success", { path: "0/0/0" }), null],
      ["0", result("k", "running", { error: "no", attempts: 2 }), null],
      ["0~2/0/0", result("k.x", "success", { path: "0~2/0/0" }), null],
      ["0~2/0/1", result("k.y", "failed", { path: "0~2/0/1" }), null],
    ];
    const results = [result("k", "failed", { path: "0", attempts: 2 })];
    expect(told(plan({ old: [block], log, results }))).toEqual({ kept: ["0/0/0"], willRun: ["k.y"] });
  });
});

test("a step to begin with that lies behind what failed begins where that failed", () => {
  const old = [step("k", "block", { steps: [step("x"), step("y")] }), step("z")];
  const log: LogEntry[] = [
    ["0/0/0", result("k.x", "success", { path: "0/0/0" }), null],
    ["0/0/1", result("k.y", "failed", { path: "0/0/1" }), null],
  ];
  const results = [result("k", "failed", { path: "0" })];
  const begun = { kept: ["0/0/0"], willRun: ["k.y", "z"] };
  expect(told(plan({ old, log, results }))).toEqual(begun);
  expect(told(plan({ old, log, results, from: "z" }))).toEqual(begun);
});

test("a step that was undone is not kept, and nothing can begin behind it", () => {
  const old = [step("a"), step("b"), step("c")];
  const undone = result("b.$compensate", "success", { path: "1/u" });
  const results = [result("a", "success"), result("b", "success"), undone, result("c", "failed")];
  expect(told(plan({ old, results }))).toEqual({ kept: ["0"], willRun: ["b", "c"] });
  expect(plan({ old, results, from: "c" })).toEqual({ fault: "undone", step: "b" });
});

test("places that are no steps at the top or inside blocks and switches are refused", () => {
  const old = [step("m", "map", { items: [1], steps: [step("x")] }), step("k", "block", { steps: [step("y")] })];
  for (const from of ["", "x", "m.x", "m[0].x", "k.x", "k.y.z"]) {
    expect(plan({ old, results: [], from })).toEqual({ fault: "from_unknown" });
  }
  expect(told(plan({ old, results: [], from: "k.y" }))).toEqual({ kept: [], willRun: ["m", "k"] });
});
