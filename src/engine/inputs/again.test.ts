/** What steps were given that were tried again, undone, or kept by a run that tries another again. */
import { expect, test } from "bun:test";
import { keptText } from "../../schemas/log/kept.ts";
import { parseLog } from "../../schemas/log/log.ts";
import { acts, FAILED, NOW } from "../steps/played.fixture.ts";
import { gives, holds, inputOf, played, resultsOf, sets, stored, wrongInputs } from "./inputs.fixture.ts";

const fails = (name: string) => holds(name, "fail", { code: "no", message: "no" });

test("what an attempt of a container set is known to the next, and to what comes behind", () => {
  const inner = holds(
    "inner",
    "block",
    { steps: [sets("up", { n: "${{ vars.n + 1 }}" }), gives("seen", "${vars.n}"), acts("e")] },
    {
      retry: { on: ["*"], max_attempts: 3, initial_interval: 1, jitter: 0 },
      catch: [{ steps: [gives("caught", ["${vars.n}", "${error.attempts}"]), sets("over", { n: 100 })] }],
    },
  );
  const steps = [holds("b", "block", { vars: { n: 0 }, steps: [inner, gives("end", "${vars.n}")] })];
  const run = played(steps);
  run.ends("0/0/0/0/2", NOW, FAILED);
  run.go(NOW + 1000);
  expect(inputOf(stored(run, steps, {}, "log"), "0/0/0~2/0/1")?.config).toEqual({ value: 2 });
  run.ends("0/0/0~2/0/2", NOW + 1000, FAILED);
  run.go(NOW + 3000);
  run.ends("0/0/0~3/0/2", NOW + 3000, FAILED);
  const known = stored(run, steps, {}, "log");
  expect(wrongInputs(run, known)).toEqual({});
  expect(inputOf(known, "0/0/0/c0/0")?.config).toEqual({ value: [3, 1] });
  expect(inputOf(known, "0/0/1")?.config).toEqual({ value: 100 });
  // Results alone do not have what attempts set that failed.
  const over = stored(run, steps, {}, "results");
  expect(inputOf(over, "0/0/1")?.config).toEqual({ value: 100 });
  expect(inputOf(over, "0/0/0~3/0/1")?.config).toEqual({ value: 3 });
  expect(inputOf(over, "0/0/0~3/0/0")?.unknown).toMatchObject([{ code: "not_kept" }]);
});

test("what undoes a step sees what that saw, what it gave, and variables as they were then", () => {
  const undo = (value: string) => ({ compensate: { step: { type: "transform", config: { value } } } });
  const all = "${payload.n} ${a.value} ${first.value} ${vars.n}";
  const steps = [
    gives("first", 1),
    holds("b", "block", {
      vars: { n: "x" },
      steps: [gives("a", "gave", undo(all)), sets("later", { n: "y" }), gives("c", 1, undo("${vars.n} ${c.value}"))],
    }),
    fails("f"),
  ];
  const run = played(steps, { n: 5 });
  expect(run.statuses).toMatchObject({ "b.a.$compensate": "success" });
  for (const kind of ["log", "results"] as const) {
    const known = stored(run, steps, { n: 5 }, kind);
    expect(inputOf(known, "1/0/0/u")?.config).toEqual({ value: "5 gave 1 x" });
    expect(inputOf(known, "1/0/2/u")?.config).toEqual({ value: "y 1" });
    expect(wrongInputs(run, known)).toEqual({});
  }
});

test("of a result that is kept of another run nothing is made up", () => {
  const steps = [gives("a", "${payload.n}"), gives("b", ["${a.value}", "${payload.n}"])];
  const before = played(steps, { n: 1 });
  const [kept] = resultsOf(before);
  if (kept === undefined) throw new Error("it has no results");
  const log = parseLog(keptText([[[kept.path, kept.result, null]]]));
  const known = { ...stored(before, steps, { n: 2 }, "results"), log };
  expect(inputOf(known, "0")).toBeNull();
  // What others read of it is what it gave.
  expect(inputOf(known, "1")?.config).toEqual({ value: [1, 2] });
});

test("items that are not those that the map began with are not shown", () => {
  const steps = [holds("m", "map", { items: "${payload.items}", steps: [gives("a", "${item}")] })];
  const run = played(steps, { items: [1, 2] });
  const known = stored(run, steps, { items: [1, 2] }, "log");
  expect(inputOf(known, "0/1/0")?.config).toEqual({ value: 2 });
  expect(inputOf({ ...known, payload: '{"items":[1,3]}' }, "0/1/0")?.unknown).toMatchObject([
    { code: "not_kept", message: 'The items of the map "m" can\'t be told any more' },
  ]);
});

test("what is known of the run is there where its definition reads it, its begin once it has begun", () => {
  const steps = [gives("a", ["${run.id}", "${run.started_at}", "${{ run.tags[0] }}"])];
  const known = { ...stored(played([acts("e")]), steps, {}, "log"), log: [] };
  const started = "2030-01-01T00:00:01.000+00:00";
  expect(inputOf(known, "0")?.config).toEqual({ value: ["run", started, "a"] });
  expect(inputOf({ ...known, facts: { ...known.facts, started_at: null } }, "0")).toMatchObject({
    config: { value: ["run", "${run.started_at}", "a"] },
    unknown: [{ path: ["value", 1], code: "not_yet", message: "The run has not begun" }],
  });
});
