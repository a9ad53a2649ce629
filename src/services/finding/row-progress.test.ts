/** How far the runs of a page are, of progress and definitions that a test stores. */
import { expect, test } from "bun:test";
import { openInProcessCache } from "../../cache/in-process.ts";
import { systemClock } from "../../clock.ts";
import { RunRepository } from "../../repositories/runs.ts";
import type { StepResult } from "../../schemas/runs/run.ts";
import type { RunSummary, SmallProgress, VersionKey } from "../../storage/port.ts";
import { openMemoryStorage } from "../../storage/sqlite/index.ts";
import { RowProgressReader } from "./row-progress.ts";

const NOTHING = { started_at: null, completed_at: null, output: null, error: null };
const result = (step_name: string, status: StepResult["status"], more: Partial<StepResult> = {}): StepResult => ({
  ...{ step_name, status, ...NOTHING, ...more },
});
const resultsOf = (...results: StepResult[]): SmallProgress => ({
  stepResults: JSON.stringify(Object.fromEntries(results.map((one) => [one.step_name, one]))),
  log: "[]",
});
const logOf = (...entries: [path: string, result: StepResult][]): SmallProgress => ({
  stepResults: null,
  log: JSON.stringify(entries.map(([path, one]) => [path, one, null])),
});

const steps = ["a", "b", "c", "d"].map((name) => ({ name, type: "transform", config: { value: "x".repeat(1000) } }));

/** Runs of so many workflows, each with its own progress. */
function scene(stored: Record<string, SmallProgress | null>, definition: string | null = JSON.stringify({ steps })) {
  const storage = openMemoryStorage(systemClock);
  const asked = { progress: [] as string[], versions: [] as VersionKey[] };
  storage.findSmallProgress = async (keys) => {
    asked.progress.push(...keys.map(({ uuid }) => uuid));
    return keys.map(({ uuid }) => stored[uuid] ?? null);
  };
  storage.findVersions = async (versions) => {
    asked.versions.push(...versions);
    return versions.map(() => definition);
  };
  const runs = new RunRepository(storage, openInProcessCache({ clock: systemClock }), systemClock, () => null);
  return { reader: new RowProgressReader(runs), asked };
}

function run(uuid: string, status: RunSummary["status"], workflowUuid = "w"): RunSummary {
  const isOver = status === "success" || status === "failed" || status === "cancelled";
  return {
    ...{ uuid, workflowUuid, workflowVersion: 1, workflowId: null, workflowName: null, status },
    ...{ createdAt: 0, startedAt: status === "pending" ? null : 0, completedAt: isOver ? 1 : null },
    ...{ wakeAt: null, logRows: null, error: null, parentRunId: null, rootRunId: null },
  };
}

test("steps at the top are counted, and the one that a run is at is named", async () => {
  const { reader } = scene({
    done: resultsOf(...["a", "b", "c", "d"].map((name) => result(name, "success"))),
    failed: resultsOf(
      result("a", "failed", { handled: true }),
      result("b", "skipped"),
      result("c[0].inner", "failed", { path: "2/0/0" }),
      result("c", "failed", { path: "2" }),
    ),
    running: logOf(["0", result("a", "success")], ["1", result("b", "running")], ["1/0/0", result("b.x", "running")]),
    cancelled: logOf(["0", result("a", "success")], ["1", result("b", "running")]),
  });
  const found = await reader.rowsOf(
    [
      ...[run("done", "success"), run("failed", "failed"), run("running", "running"), run("cancelled", "cancelled")],
      run("waits", "pending"),
    ],
    "primary",
  );
  expect(found.map(({ uuid, progress }) => [uuid, progress])).toEqual([
    ["done", { total: 4, ended: 4, failed: 0, current: null }],
    ["failed", { total: 4, ended: 3, failed: 2, current: "c" }],
    ["running", { total: 4, ended: 1, failed: 0, current: "b" }],
    ["cancelled", { total: 4, ended: 2, failed: 0, current: null }],
    ["waits", { total: 4, ended: 0, failed: 0, current: null }],
  ]);
});

test("nothing is said of a run whose progress is not read, or whose definition is gone", async () => {
  const { reader, asked } = scene({ small: resultsOf() });
  const found = await reader.rowsOf(
    [run("large", "success"), run("small", "success"), run("new", "pending")],
    "primary",
  );
  expect(found.map(({ progress }) => progress?.total ?? null)).toEqual([null, 4, 4]);
  // What has not begun has come nowhere.
  expect(asked.progress).toEqual(["large", "small"]);
  const { reader: other } = scene({ small: resultsOf() }, null);
  expect((await other.rowsOf([run("small", "success")], "primary"))[0]?.progress).toBeNull();
});

test("a definition is read once, and of very large ones no more than a page may hold", async () => {
  const { reader, asked } = scene({ one: resultsOf(), two: resultsOf() });
  const page = [run("one", "success", "w1"), run("two", "success", "w1"), run("one", "success", "w2")];
  for (let times = 0; times < 2; times++) await reader.rowsOf(page, "primary");
  expect(asked.versions.map(({ workflowUuid }) => workflowUuid)).toEqual(["w1", "w2"]);
  const large = JSON.stringify({ steps: [{ ...steps[0], config: { value: "x".repeat(1024 * 1024) } }] });
  const { reader: other, asked: said } = scene({ one: resultsOf() }, large);
  const many = Array.from({ length: 50 }, (_, index) => run("one", "success", `w${index}`));
  const first = await other.rowsOf(many, "primary");
  expect(first.filter(({ progress }) => progress !== null).length).toBe(10);
  const second = await other.rowsOf(many, "primary");
  expect(second.filter(({ progress }) => progress !== null).length).toBe(20);
  expect(said.versions.length).toBe(20);
});
