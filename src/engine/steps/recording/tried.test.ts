import { expect, test } from "bun:test";
import { isoTime } from "../../../clock.ts";
import { acts, FAILED, NOW, Played, waits } from "../played.fixture.ts";

const RETRY = { retry: { on: ["*"], initial_interval: 10, multiplier: 1, jitter: 0, max_attempts: 3 } };
const at = (seconds: number) => NOW + seconds * 1000;

test("an effect says when its attempts after the first began, however late they did", () => {
  const run = new Played([{ ...acts("one"), ...RETRY }]);
  run.go(at(0));
  run.ends("0", at(1), FAILED);
  expect(run.result("one")).toMatchObject({ started_at: isoTime(at(0)), attempts: 1 });
  expect(run.result("one")).not.toHaveProperty("tried_at");
  run.go(at(15));
  run.ends("0", at(17), FAILED);
  expect(run.result("one")).toMatchObject({ status: "running", attempts: 2, tried_at: isoTime(at(15)) });
  run.go(at(27));
  run.ends("0", at(30));
  expect(run.result("one")).toMatchObject({
    ...{ status: "success", started_at: isoTime(at(0)), completed_at: isoTime(at(30)) },
    ...{ attempts: 3, tried_at: isoTime(at(27)) },
  });
});

test("what succeeds at first says nothing of it", () => {
  const run = new Played([{ ...acts("one"), ...RETRY }]);
  run.go(at(0));
  run.ends("0", at(1));
  expect(JSON.stringify(run.log)).not.toContain("tried_at");
});

test("a block says it where its attempt begins, and each iteration of a loop keeps it", () => {
  const block = { name: "block", type: "block", ...RETRY, config: { steps: [waits("nap", 5), acts("act")] } };
  const run = new Played([block]);
  run.go(at(0));
  run.go(at(5));
  run.ends("0/0/1", at(6), FAILED);
  run.go(at(20));
  expect(run.result("block")).toMatchObject({ status: "running", attempts: 2, tried_at: isoTime(at(20)) });
  run.go(at(25));
  run.ends("0~2/0/1", at(26));
  expect(run.result("block")).toMatchObject({ status: "success", attempts: 2, tried_at: isoTime(at(20)) });

  const loop = { while: "iteration.index < 2", max_iterations: 2, steps: [acts("act")] };
  const turns = new Played([{ name: "loop", type: "loop", ...RETRY, config: { ...loop, on_limit: "continue" } }]);
  turns.go(at(0));
  turns.ends("0/0/0", at(1), FAILED);
  turns.go(at(11));
  turns.ends("0~2/0/0", at(12));
  expect(turns.result("loop")).toMatchObject({
    status: "running",
    details: { iteration: 1 },
    tried_at: isoTime(at(11)),
  });
  turns.ends("0~2/1/0", at(13));
  expect(turns.result("loop")).toMatchObject({ status: "success", attempts: 2, tried_at: isoTime(at(11)) });
});

test("a step whose handler ran says when the attempt began that it was for", () => {
  const handled = { ...acts("one"), retry: { ...RETRY.retry, max_attempts: 2 }, catch: [{ steps: [acts("mend")] }] };
  const run = new Played([handled]);
  run.go(at(0));
  run.ends("0", at(1), FAILED);
  run.go(at(14));
  run.ends("0", at(16), FAILED);
  run.ends("0/c0/0", at(20));
  expect(run.result("one")).toMatchObject({ status: "failed", handled: true, attempts: 2, tried_at: isoTime(at(14)) });
});
