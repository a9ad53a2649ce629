/** Compensation as the engine decides about it. */
import { describe, expect, test } from "bun:test";
import type { Step } from "../../../language/definition/step.ts";
import { acts, FAILED, fails, gives, NOW, Played, waits } from "../played.fixture.ts";

const undo = { compensate: { step: { type: "effect", config: {} } } };
const tell = (value: string) => ({ compensate: { step: { type: "transform", config: { value } } } });
const fan = (...branches: Step[][]): Step => ({
  name: "fan",
  type: "parallel",
  config: { branches: branches.map((steps, index) => ({ name: `b${index}`, steps })) },
});

describe("a run that fails", () => {
  test("undoes what succeeded, the youngest success first and one after the other", () => {
    const run = new Played([
      { ...acts("a"), ...undo },
      fan([{ ...acts("b"), ...undo }], [{ ...acts("c"), ...undo }]),
      fails("d", "oops"),
    ]);
    run.go(NOW);
    run.ends("0", NOW);
    run.ends("1/1/0", NOW + 1);
    expect(run.ends("1/0/0", NOW + 2)).toEqual({ kind: "wait", wakeAt: null });
    expect([...run.underWay]).toEqual(["1/0/0/u"]);
    run.ends("1/0/0/u", NOW + 3);
    expect([...run.underWay]).toEqual(["1/1/0/u"]);
    run.ends("1/1/0/u", NOW + 4);
    expect([...run.underWay]).toEqual(["0/u"]);
    expect(run.ends("0/u", NOW + 5)).toMatchObject({ kind: "end", status: "failed", error: 'Step "d" failed: no' });
    expect(run.result("fan.b1.c.$compensate")).toMatchObject({ status: "success", path: "1/1/0/u", type: "effect" });
  });

  test("undoes no step that failed, was skipped or handled, and nothing where it succeeds", () => {
    const steps: Step[] = [
      { ...acts("a"), ...undo, on_error: "continue" },
      { ...acts("b"), ...undo, if: "false" },
      { ...acts("c"), ...undo, catch: [{ steps: [gives("h", "x")] }] },
    ];
    for (const last of [gives("d", "x"), fails("d", "oops")]) {
      const run = new Played([...steps, last]);
      run.go(NOW);
      run.ends("0", NOW, FAILED);
      expect(run.ends("2", NOW, FAILED).kind).toBe("end");
    }
    const well = new Played([{ ...acts("a"), ...undo }]);
    well.go(NOW);
    expect(well.ends("0", NOW)).toMatchObject({ kind: "end", status: "success" });
  });

  test("gives a compensation what its step saw, as it was then, and what it gave", () => {
    const each: Step = {
      name: "m",
      type: "map",
      config: {
        items: [1, 2],
        vars: { x: "${item}" },
        steps: [
          { ...gives("a", "${item}"), ...tell("${item} ${a.value} ${vars.x}") },
          { name: "s", type: "set", config: { variables: { x: "changed" } } },
        ],
      },
    };
    const run = new Played([each, fails("d", "oops")]);
    run.go(NOW);
    expect(run.result("m[1].a.$compensate").output).toMatchObject({ value: "2 2 2" });
    expect(run.result("m[0].a.$compensate")).toMatchObject({ output: { value: "1 1 1" }, path: "0/0/0/u" });
  });

  test("goes on behind a compensation that fails, after its retries", () => {
    const retry = { on: ["failed"], max_attempts: 2, jitter: 0 };
    const tried = { compensate: { step: { type: "effect", config: {}, retry } } };
    const run = new Played([{ ...gives("a", "x"), ...undo }, { ...gives("b", "x"), ...tried }, fails("d", "oops")]);
    run.go(NOW);
    expect(run.ends("1/u", NOW, FAILED)).toEqual({ kind: "wait", wakeAt: NOW + 1000 });
    run.go(NOW + 1000);
    run.ends("1/u", NOW + 1000, FAILED);
    expect([...run.underWay]).toEqual(["0/u"]);
    expect(run.ends("0/u", NOW + 2000)).toMatchObject({ status: "failed", error: 'Step "d" failed: no' });
    expect(run.result("b.$compensate")).toMatchObject({ status: "failed", attempts: 2 });
  });

  test("undoes what every attempt did", () => {
    const block: Step = {
      name: "b",
      type: "block",
      retry: { on: ["failed"], max_attempts: 2, jitter: 0 },
      config: { steps: [{ ...gives("a", "x"), ...undo }, acts("c")] },
    };
    const run = new Played([block]);
    run.go(NOW);
    run.ends("0/0/1", NOW, FAILED);
    run.go(NOW + 1000);
    run.ends("0~2/0/1", NOW + 1000, FAILED);
    run.ends("0~2/0/0/u", NOW + 1000);
    expect(run.ends("0/0/0/u", NOW + 1000)).toMatchObject({ kind: "end", status: "failed" });
  });
});

test("a run that is cancelled gives up what is under way, and then undoes what succeeded", () => {
  const run = new Played([{ ...acts("a"), ...undo }, fan([acts("b")], [waits("w", 9)])]);
  run.go(NOW);
  run.ends("0", NOW);
  expect(run.cancel(NOW + 1)).toEqual({ kind: "wait", wakeAt: null });
  expect(run.statuses).toMatchObject({ fan: "skipped", "fan.b0.b": "skipped", "fan.b1.w": "skipped" });
  expect([...run.underWay]).toEqual(["0/u"]);
  expect(run.ends("0/u", NOW + 2)).toEqual({ kind: "end", status: "cancelled", error: "The run was cancelled" });
});
