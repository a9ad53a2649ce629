/** What several statements read is one state of the file, whatever another thread commits between them. */
import type { Database } from "bun:sqlite";
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock as clock } from "../../../clock.ts";
import { openReader, openWriter } from "../../../db/sqlite.ts";
import { idFloor } from "../../../ids.ts";
import { limitsAt } from "../../counting.ts";
import { minuteOf } from "../../port/finding/counts.ts";
import { ALL_WORKFLOWS } from "../../port/finding/durations.ts";
import { historyOf } from "../history.ts";
import { Durations } from "./durations.ts";
import { Looks } from "./looks.ts";

const folder = mkdtempSync(join(tmpdir(), "at-once-"));
const file = join(folder, "platform.db");
const writer = openWriter(file, "NORMAL");
const WORKFLOW = idFloor(1);
const namespace = "default";

afterAll(() => {
  writer.close();
  rmSync(folder, { recursive: true });
});

/** A connection that reads, with a commit of another one before its second statement of ours. */
function interrupted(commit: () => void): Database {
  const reader = openReader(file);
  let count = 0;
  const before = () => {
    if (++count === 2) commit();
  };
  return new Proxy(reader, {
    get(target, name) {
      if (name === "query" || name === "prepare") before();
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

function store(uuid: string, version: number): void {
  writer.run(
    "insert into workflow_runs (uuid, namespace, workflow_id, workflow_version, status, created_at) values (?, ?, ?, ?, 'pending', 1)",
    [uuid, namespace, WORKFLOW, version],
  );
  writer.run("insert into run_queue (run_uuid, namespace, started_at) values (?, ?, 1)", [uuid, namespace]);
}

test("a look passes no run where runs end while it looks", () => {
  const uuids = [1, 2, 3, 4, 5, 6].map((time) => idFloor(1000 + time));
  for (const uuid of uuids) store(uuid, uuid === uuids[4] ? 2 : 1);
  const reader = interrupted(() => writer.run("delete from run_queue where run_uuid <= ?", [uuids[1] ?? ""]));
  const look = { namespace, order: "asc", after: null, limit: 10, most: 4 } as const;
  const filter = { statuses: ["running" as const], version: 2 };
  const found = new Looks(reader).look({ ...look, filter }, "g");
  expect(found).toEqual({ runs: [], lookedTo: uuids[3] ?? "" });
  reader.close();
});

test("how long runs took is counted once where minutes are put together meanwhile", () => {
  const durations = new Durations(writer, clock);
  // The last that is old enough.
  const minute = limitsAt(minuteOf(clock.now())).hours - 1;
  const asked = { namespace, from: minute - 60, workflows: [ALL_WORKFLOWS] };
  durations.add([{ namespace, workflowUuid: ALL_WORKFLOWS, minute, bucket: 3, count: 5 }]);
  const reader = interrupted(() => durations.fold());
  const found = new Durations(reader, clock).find(asked);
  expect(found.reduce((sum, { count }) => sum + count, 0)).toBe(5);
  reader.close();
});

test("a history has no step of a run that it says has not begun", () => {
  const uuid = idFloor(9000);
  store(uuid, 1);
  writer.run("update run_queue set started_at = null where run_uuid = ?", [uuid]);
  const reader = interrupted(() => {
    writer.run("update run_queue set started_at = 5, log_length = 1 where run_uuid = ?", [uuid]);
    writer.run("insert into run_log (run_uuid, seq, token, entries) values (?, 0, 1, '[[]]')", [uuid]);
  });
  expect(historyOf(reader, { namespace, uuid, rows: 0 })).toMatchObject({ startedAt: null, entries: "[]", rows: 0 });
  reader.close();
});
