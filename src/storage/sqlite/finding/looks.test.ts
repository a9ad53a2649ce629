/** Whatever is looked for, SQLite walks an index in its order, and looks up no run but those that the look is at. */
import { describe, expect, test } from "bun:test";
import { systemClock } from "../../../clock.ts";
import { openWriter } from "../../../db/sqlite.ts";
import { idFloor, newId } from "../../../ids.ts";
import type { RunFilter, RunLook } from "../../../schemas/lists/run-query.ts";
import { openMemoryStorage } from "../index.ts";
import { lookOf } from "./looks.ts";

const RUNS = process.env.TEST_SIZE === "full" ? 1_000_000 : 20_000;
const MOST = 1000;
/** Milliseconds from one to the next. */
const APART = 10;
const BEGAN = Date.now() - RUNS * APART - 60_000;
/** Of nearly all runs, and of the oldest ten. */
const [USUAL, OLD] = [newId(1), newId(2)];
const OLDEST = idFloor(BEGAN);

const database = openWriter(":memory:", "NORMAL");
const storage = openMemoryStorage(systemClock, database);

// The oldest ten are those that are rare: of another workflow, failed, open, children, tagged.
const insert =
  database.prepare(`insert into workflow_runs (uuid, namespace, workflow_id, status, created_at, completed_at, error, tags,
  parent_run_id, root_run_id, retry_of, step_results) values (?1, 'default', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?8, '{"a": {"output": "some result of a step"}}')`);
const queue = database.prepare(
  "insert into run_queue (run_uuid, namespace, started_at, due_at) values (?, 'default', ?, ?)",
);
database.transaction(() => {
  for (let n = 0; n < RUNS; n++) {
    const at = BEGAN + n * APART;
    const isRare = n < 10;
    const status = n < 3 ? "failed" : n < 6 ? "pending" : n < 8 ? "cancelled" : "success";
    const [error, tags, parent] = [n < 3 ? "Out of paper" : null, isRare ? '["rare"]' : null, isRare ? OLDEST : null];
    const end = status === "pending" ? null : at;
    insert.run(idFloor(at), isRare ? OLD : USUAL, status, at, end, error, tags, parent);
    if (end === null) queue.run(idFloor(at), at, at + 3_600_000);
  }
})();

const BY_UUID = "sqlite_autoindex_workflow_runs_1";
const UNSUCCESSFUL = "workflow_runs_unsuccessful";

const filters: { filter: RunFilter; walks: string[]; count: number | null }[] = [
  { filter: {}, walks: [BY_UUID], count: null },
  { filter: { statuses: ["failed"] }, walks: [UNSUCCESSFUL], count: 3 },
  {
    filter: { statuses: ["cancelled", "failed", "paused"] },
    walks: [UNSUCCESSFUL, "run_queue", "run_turns"],
    count: 5,
  },
  { filter: { statuses: ["running"] }, walks: ["run_queue", "run_turns"], count: 3 },
  { filter: { statuses: ["failed", "pending"] }, walks: [UNSUCCESSFUL, "run_queue", "run_turns"], count: 3 },
  { filter: { statuses: ["success"] }, walks: [BY_UUID], count: null },
  { filter: { error: "PAPER" }, walks: [UNSUCCESSFUL], count: 3 },
  { filter: { workflowUuid: OLD }, walks: [BY_UUID], count: null },
  { filter: { workflowUuid: OLD, statuses: ["failed"] }, walks: [UNSUCCESSFUL], count: 3 },
  { filter: { workflowUuid: USUAL, statuses: ["failed"] }, walks: [UNSUCCESSFUL], count: 0 },
  { filter: { parentRunId: OLDEST }, walks: ["workflow_runs_by_parent"], count: 10 },
  { filter: { rootRunId: OLDEST }, walks: ["workflow_runs_by_root"], count: 10 },
  { filter: { retryOf: OLDEST }, walks: ["workflow_runs_by_retried"], count: 10 },
  { filter: { uuids: [idFloor(BEGAN), idFloor(BEGAN + 5 * APART), USUAL] }, walks: [BY_UUID], count: 2 },
  { filter: { tag: "rare" }, walks: [BY_UUID], count: null },
  { filter: { createdTo: BEGAN + 5 * APART }, walks: [BY_UUID], count: 5 },
];

interface Step {
  id: number;
  parent: number;
  detail: string;
}

describe("the plan", () => {
  for (const { filter, walks } of filters) {
    for (const order of ["desc", "asc"] as const) {
      test(`${JSON.stringify(filter)} ${order}`, () => {
        const look: RunLook = { namespace: "default", filter, order, after: null, limit: 51, most: MOST };
        const { find, last, bindings, bounds } = lookOf(look, "g");
        for (const [text, values] of [
          [find, bindings],
          [last, bounds],
        ] as const) {
          const steps = database
            .prepare<Step, Record<string, string | number>[]>(`explain query plan ${text}`)
            .all(values);
          const details = steps.map(({ detail }) => detail);
          expect(details.filter((detail) => /TEMP B-TREE|AUTOMATIC/.test(detail))).toEqual([]);
          // What is read of the tables themselves: ranges of an index, and single rows.
          const walked = details.filter((detail) =>
            /^(SCAN|SEARCH) (workflow_runs|run_queue|run_turns)\b/.test(detail),
          );
          for (const walk of walks) expect(walked.filter((detail) => detail.includes(walk))).not.toEqual([]);
          const others = walked.filter(
            (detail) => !walks.some((walk) => detail.includes(walk)) && !/\((uuid|run_uuid)=\?\)$/.test(detail),
          );
          expect(others).toEqual([]);
          expect(
            walked.filter(
              (detail) => !/^SEARCH .*\(.*uuid>\? AND (run_)?uuid<\?\)$|\((uuid|run_uuid)=\?\)$/.test(detail),
            ),
          ).toEqual([]);
        }
      });
    }
  }
});

test("what is rarest is found at once", async () => {
  for (const { filter, count } of filters) {
    if (count === null) continue;
    const look: RunLook = { namespace: "default", filter, order: "desc", after: null, limit: 51, most: MOST };
    const { runs, lookedTo } = await storage.lookForRuns(look);
    expect({ filter, count: runs.length, lookedTo }).toEqual({ filter, count, lookedTo: null });
  }
});
