/** Branches as the engine decides about them, without a thread or a clock. */
import { describe, expect, test } from "bun:test";
import type { JoinKind } from "../../language/definition/containers.ts";
import { PARALLEL } from "../../language/definition/control.ts";
import type { Step } from "../../language/definition/step.ts";
import { acts, FAILED, gives, NOW, Played, waits } from "./played.fixture.ts";
import { record } from "./recording/record.ts";

const fan = (join: JoinKind, ...branches: Step[][]): Step => ({
  name: "fan",
  type: PARALLEL,
  config: { join, branches: branches.map((steps, index) => ({ name: `b${index}`, steps })) },
});

describe("branches go on beside one another", () => {
  test("all effects that may be started are decided together, and the soonest time is the time to wait for", () => {
    const run = new Played([
      fan("all", [acts("a"), acts("b")], [waits("c", 5)], [waits("d", 3), acts("e")], [acts("f")]),
    ]);
    expect(run.go(NOW)).toEqual({ kind: "wait", wakeAt: NOW + 3000 });
    expect([...run.underWay]).toEqual(["0/0/0", "0/3/0"]);
    expect(run.ends("0/0/0", NOW + 10)).toEqual({ kind: "wait", wakeAt: NOW + 3000 });
    expect([...run.underWay]).toEqual(["0/3/0", "0/0/1"]);
    expect(run.go(NOW + 3000)).toEqual({ kind: "wait", wakeAt: NOW + 5000 });
    run.ends("0/0/1", NOW + 4000);
    run.ends("0/2/1", NOW + 4000);
    expect(run.ends("0/3/0", NOW + 4000)).toEqual({ kind: "wait", wakeAt: NOW + 5000 });
    expect(run.go(NOW + 5000)).toEqual({ kind: "end", status: "success", error: null });
  });

  test("what was under way at a crash is decided again, and nothing else", () => {
    const run = new Played([fan("all", [acts("a"), acts("b")], [acts("c")], [gives("d", "x")])]);
    run.go(NOW);
    run.ends("0/0/0", NOW);
    const after = new Played([fan("all", [acts("a"), acts("b")], [acts("c")], [gives("d", "x")])]);
    for (const entry of run.log) record(after.state, entry);
    after.go(NOW + 1);
    expect([...after.underWay]).toEqual(["0/0/1", "0/1/0"]);
    expect(after.log).toEqual([]);
  });
});

describe("joins", () => {
  test("all: cancels what is under way, also within the branches of a branch", () => {
    const run = new Played([fan("all", [fan("all", [acts("x")], [waits("y", 9)])], [acts("a")]), acts("after")]);
    run.go(NOW);
    expect(run.ends("0/1/0", NOW + 1, FAILED)).toMatchObject({ kind: "end", error: 'Step "fan.b1.a" failed: no' });
    expect(run.statuses).toEqual({
      fan: "failed",
      "fan.b0.fan": "skipped",
      "fan.b0.fan.b0.x": "skipped",
      "fan.b0.fan.b1.y": "skipped",
      "fan.b1.a": "failed",
    });
    expect(run.underWay.size).toBe(0);
  });

  test("any: a failure is passed over, the first success wins, and the step after it has its output", () => {
    const run = new Played([fan("any", [acts("a")], [acts("b")], [acts("c")]), gives("last", "${fan.b1.b.from}")]);
    run.go(NOW);
    expect(run.ends("0/0/0", NOW, FAILED).kind).toBe("wait");
    expect(run.ends("0/1/0", NOW)).toMatchObject({ kind: "end", status: "success" });
    expect(run.statuses).toEqual({
      fan: "success",
      "fan.b0.a": "failed",
      "fan.b1.b": "success",
      "fan.b2.c": "skipped",
      last: "success",
    });
    expect(run.state.steps.get("1")?.[1].output).toMatchObject({ value: "0/1/0" });
  });

  test("two branches that end at one time are settled in the order of the list", () => {
    const run = new Played([fan("any", [waits("a", 1)], [waits("b", 1)])]);
    run.go(NOW);
    run.go(NOW + 1000);
    expect(run.state.steps.get("0")?.[1].details).toEqual({ winner: "b0" });
  });

  test("all_settled: succeeds whatever became of its branches", () => {
    const run = new Played([fan("all_settled", [acts("a")], [acts("b")])]);
    run.go(NOW);
    run.ends("0/0/0", NOW, FAILED);
    expect(run.ends("0/1/0", NOW, FAILED)).toEqual({ kind: "end", status: "success", error: null });
    expect(run.state.steps.get("0")?.[1]).toMatchObject({
      output: {},
      details: { failed: { b0: { step: "fan.b0.a" }, b1: { step: "fan.b1.b" } } },
    });
  });
});
