/** What the log of a run says of its steps, and what in it is none. */
import { expect, test } from "bun:test";
import { keptText } from "../../schemas/log/kept.ts";
import { joinLogs, type LogEntry, parseLog } from "../../schemas/log/log.ts";
import { pauseText } from "../../schemas/log/pauses.ts";
import { keptSteps } from "./kept-steps.ts";

const RUN = { status: "running", completedAt: null, stepResults: null } as const;
const DEFINITION = ["a", "b", "c"].map((name) => ({ name, type: "transform" }));

function entry(path: string, step_name: string, status: "running" | "success"): LogEntry {
  const at = "1970-01-01T00:00:00.000+00:00";
  return [path, { step_name, status, started_at: at, completed_at: at, output: null, error: null }, null];
}

const shown = (log: string) =>
  keptSteps(RUN, parseLog(log), DEFINITION).map(({ path, result: { step_name, status, type } }) => [
    path,
    step_name,
    status,
    type,
  ]);

test("a pause is no step", () => {
  const log = joinLogs(JSON.stringify([entry("0", "a", "success")]), pauseText(0, 1000));
  expect(shown(joinLogs(log, JSON.stringify([entry("1", "b", "running")])))).toEqual([
    ["0", "a", "success", "transform"],
    ["1", "b", "running", "transform"],
  ]);
});

test("what a retry keeps of the run before are steps that are over", () => {
  const kept = keptText([[entry("0", "a", "success")], [entry("1/0", "inner", "success"), entry("1", "b", "success")]]);
  expect(shown(joinLogs(kept, JSON.stringify([entry("2", "c", "running")])))).toEqual([
    ["0", "a", "success", "transform"],
    ["1", "b", "success", "transform"],
    ["1/0", "inner", "success", undefined],
    ["2", "c", "running", "transform"],
  ]);
});
