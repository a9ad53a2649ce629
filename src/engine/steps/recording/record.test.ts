import { describe, expect, test } from "bun:test";
import type { Json } from "../../../schemas/json/json.ts";
import type { LogEntry } from "../../../schemas/log/log.ts";
import type { StepResult } from "../../../schemas/runs/run.ts";
import { endedEntry, startedEntry } from "../../entries.ts";
import { compile } from "../../plan/compile.ts";
import type { RunState } from "../../state/state.ts";
import { foldLog, record } from "./record.ts";

const STEPS = ["b", "2", "c"].map((name) => ({ name, type: "any", config: {} }));

function folded(payload: Json, log: LogEntry[]): RunState {
  return foldLog(compile({ steps: STEPS }, new Map()), payload, log);
}

const NOW = Date.UTC(2030, 0, 2, 3, 4, 5, 678);
const TIME = "2030-01-02T03:04:05.678+00:00";
const LATER = "2030-01-02T03:04:06.678+00:00";

describe("entries", () => {
  const success: Omit<StepResult, "output"> = {
    step_name: "a",
    status: "success",
    started_at: TIME,
    completed_at: LATER,
    error: null,
  };
  const cases: { name: string; entry: LogEntry; is: LogEntry }[] = [
    {
      name: "a step that begins",
      entry: startedEntry("0", "a", NOW, null),
      is: ["0", { ...success, status: "running", completed_at: null, output: null }, null],
    },
    {
      name: "a step that sleeps",
      entry: startedEntry("3/left/0", "a", NOW, NOW + 5000),
      is: ["3/left/0", { ...success, status: "running", completed_at: null, output: null }, NOW + 5000],
    },
    {
      name: "a step that succeeded",
      entry: endedEntry("0", "a", TIME, NOW + 1000, { output: { n: 1 } }),
      is: ["0", { ...success, output: { n: 1 } }, null],
    },
    {
      name: "a step that failed",
      entry: endedEntry("0", "a", TIME, NOW + 1000, { code: "failed", error: "no", output: null }),
      is: ["0", { ...success, status: "failed", output: null, error: "no" }, null],
    },
    {
      name: "a step that failed with an empty message and an output",
      entry: endedEntry("0", "a", TIME, NOW + 1000, { error: "", output: { n: 1 } }),
      is: ["0", { ...success, status: "failed", output: { n: 1 }, error: "" }, null],
    },
  ];
  for (const { name, entry, is } of cases) test(name, () => expect(entry).toEqual(is));
});

describe("folding", () => {
  const log: LogEntry[] = [
    endedEntry("0", "b", TIME, NOW, { output: { n: 1 } }),
    startedEntry("1", "2", NOW, NOW + 5),
    endedEntry("1", "2", TIME, NOW + 5, { output: { n: 2 } }),
    startedEntry("2", "c", NOW, null),
  ];

  test("nothing gives the beginning", () => {
    const state = folded({ a: 1 }, []);
    expect(state.steps.size).toBe(0);
    expect(state.root).toMatchObject({ position: 0, current: null, error: null });
    expect(state.root.scope.get("payload")).toEqual({ a: 1 });
    expect(state.root.scope.outputs()).toEqual({});
  });

  test("counts what succeeded, keeps the last entry of each path, in order", () => {
    const state = folded(null, log);
    expect(state.root.position).toBe(2);
    expect(state.root.error).toBeNull();
    expect([...state.steps.keys()]).toEqual(["0", "1", "2"]);
    expect([...state.steps.values()].map(([, { status }]) => status)).toEqual(["success", "success", "running"]);
    expect(state.root.scope.get("payload")).toBeNull();
    expect([...state.root.scope.steps.keys()]).toEqual(["b", "2"]);
    expect(state.root.scope.outputs()).toEqual({ b: { n: 1 }, 2: { n: 2 } });
  });

  test("a failure is the run's error and names its step; its output is out of reach", () => {
    const state = folded(null, [...log, endedEntry("2", "c", TIME, NOW, { error: "no", output: { n: 3 } })]);
    expect(state.root.error).toEqual({ step: "c", message: "no", details: null });
    expect(state.root.position).toBe(2);
    expect(state.root.scope.get("c")).toBeUndefined();
  });

  test("one entry after the other or all at once: the same state", () => {
    for (let cut = 0; cut <= log.length; cut++) {
      const state = folded(null, log.slice(0, cut));
      for (const entry of log.slice(cut)) record(state, entry);
      expect(state).toEqual(folded(null, log));
    }
  });

  test("folding leaves the log as it is", () => {
    const before = structuredClone(log);
    folded(null, log);
    expect(log).toEqual(before);
  });
});
