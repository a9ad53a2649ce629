/** Steps that wait for signals. */
import { describe, expect, test } from "bun:test";
import type { Step } from "../../../language/definition/step.ts";
import { acts, gives, listens, NOW, Played } from "../played.fixture.ts";

const fan = (...branches: Step[][]): Step => ({
  name: "fan",
  type: "parallel",
  config: { branches: branches.map((steps, index) => ({ name: `b${index}`, steps })) },
});

describe("a wait", () => {
  test("waits for ever without a time, and gives what was sent", () => {
    const run = new Played([listens("a", "go"), gives("b", "${a.by}")]);
    expect(run.go(NOW)).toEqual({ kind: "wait", wakeAt: null });
    expect(run.result("a")).toMatchObject({ status: "running", type: "wait", details: { signals: ["go"] } });
    expect(run.hears("other", NOW + 1)).toEqual({ kind: "wait", wakeAt: null });
    expect(run.hears("go", NOW + 2, { by: "Ada" })).toMatchObject({ kind: "end", status: "success" });
    expect(run.result("a")).toMatchObject({
      status: "success",
      output: { by: "Ada" },
      details: { signal: "go", signal_id: "id 2", received_at: "2030-01-01T00:00:00.002+00:00" },
    });
    expect(run.result("b").output).toEqual({ type: "transform", value: "Ada" });
    // The end of the step says which it took.
    expect(run.log.map(([path, , , taken]) => [path, taken])).toContainEqual(["0", 2]);
  });

  test("takes what came before it began, the oldest that it names", () => {
    const run = new Played([acts("first"), listens("a", "x", "y"), listens("b", "x", "y"), listens("c", "y")]);
    run.go(NOW);
    for (const [index, name] of ["z", "y", "x", "y"].entries()) run.hears(name, NOW + index);
    expect(run.ends("0", NOW + 9)).toMatchObject({ kind: "end", status: "success" });
    const taken = ["a", "b", "c"].map((name) => run.result(name).details?.signal_id);
    expect(taken).toEqual(["id 2", "id 3", "id 4"]);
  });

  test("the one that began first gets a signal that several want, then the smaller path", () => {
    const run = new Played([fan([acts("late"), listens("a", "go")], [listens("b", "go")], [listens("c", "go")])]);
    run.go(NOW);
    run.ends("0/0/0", NOW + 1);
    run.hears("go", NOW + 2);
    run.hears("go", NOW + 3);
    expect(run.statuses).toMatchObject({ "fan.b0.a": "running", "fan.b1.b": "success", "fan.b2.c": "success" });
    expect(run.result("fan.b1.b").details?.signal_id).toBe("id 1");
    run.hears("go", NOW + 4);
    expect(run.statuses).toMatchObject({ fan: "success" });
  });

  test("ends in time or fails; a signal that is there comes before the end of the time", () => {
    const timed = { ...listens("a", "go"), timeout: 10 };
    const late = new Played([timed]);
    expect(late.go(NOW)).toEqual({ kind: "wait", wakeAt: NOW + 10_000 });
    expect(late.go(NOW + 9_999)).toEqual({ kind: "wait", wakeAt: NOW + 10_000 });
    expect(late.go(NOW + 10_000)).toMatchObject({ kind: "end", status: "failed" });
    expect(late.result("a").error_details?.code).toBe("timeout");
    const just = new Played([timed]);
    just.go(NOW);
    expect(just.hears("go", NOW + 20_000)).toMatchObject({ status: "success" });
  });

  test("begins anew with each attempt, behind those that waited on", () => {
    const retried = { ...listens("a", "go"), timeout: 1, retry: { on: ["timeout"], initial_interval: 1, jitter: 0 } };
    const run = new Played([fan([retried], [listens("b", "go")])]);
    run.go(NOW);
    expect(run.go(NOW + 1000)).toEqual({ kind: "wait", wakeAt: NOW + 2000 });
    // Between its attempts it waits for nothing.
    run.hears("go", NOW + 1500);
    expect(run.statuses).toMatchObject({ "fan.b0.a": "running", "fan.b1.b": "success" });
    run.go(NOW + 2000);
    run.hears("go", NOW + 2500);
    expect(run.result("fan.b0.a")).toMatchObject({ status: "success", attempts: 2 });
  });

  test("one that is called off takes nothing", () => {
    const any: Step = {
      name: "fan",
      type: "parallel",
      config: {
        join: "any",
        branches: [
          { name: "x", steps: [listens("a", "go")] },
          { name: "y", steps: [acts("e")] },
        ],
      },
    };
    const run = new Played([any, listens("b", "go")]);
    run.go(NOW);
    run.ends("0/1/0", NOW + 1);
    run.hears("go", NOW + 2);
    expect(run.statuses).toMatchObject({ "fan.x.a": "skipped", b: "success" });
  });
});
