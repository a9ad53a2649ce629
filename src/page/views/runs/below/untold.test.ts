import { expect, test } from "bun:test";
import type { RunSummary } from "../../../../schemas/runs/run-summary.ts";
import { untold } from "./untold.ts";

function run(uuid: string, status: RunSummary["status"]): RunSummary {
  const workflow = { uuid: "", id: null, name: null };
  const times = { created_at: "", started_at: null, completed_at: null };
  return { uuid, workflow, workflow_version: 1, status, ...times, error: null };
}

test("what is over, or told of by the stream, is not asked for", () => {
  const shown = [run("a", "running"), run("b", "success"), run("c", "pending"), run("d", "paused"), run("e", "failed")];
  expect(untold(shown, new Set())).toEqual(["a", "c", "d"]);
  expect(untold(shown, new Set(["a"]))).toEqual(["c", "d"]);
});

test("of very many rows no more are asked for than one request takes", () => {
  const shown = Array.from({ length: 150 }, (_, index) => run(String(index), "running"));
  expect(untold(shown, new Set()).length).toBe(100);
});
