/** What a dry run says of retries, of runs and a clock that a test has in hand. */
import { expect, test } from "bun:test";
import { systemClock } from "../../clock.ts";
import { PlatformError, ValidationFailed } from "../../errors.ts";
import { idFloor } from "../../ids.ts";
import type { RunSummary } from "../../storage/port.ts";
import { openMemoryStorage } from "../../storage/sqlite/index.ts";
import type { Planned } from "../retries.ts";
import type { Beginnings } from "./beginnings.ts";
import { BulkService } from "./bulk.ts";

const RUN: RunSummary = {
  ...{ uuid: "", workflowUuid: "", workflowVersion: 1, workflowId: null, workflowName: null, status: "failed" },
  ...{ createdAt: 0, startedAt: 0, completedAt: 0, wakeAt: null, logRows: null, error: null },
  ...{ parentRunId: null, rootRunId: null },
};
const PLANNED: Planned = {
  willRun: [],
  retry: {
    ...{ uuid: null, namespace: "", workflowUuid: "", version: 1, retryOf: "", log: "[]", payload: "{}" },
    traceparent: null,
  },
};

/** So many runs, the plan of each of which takes so long, and comes to what `plan` says of its number. */
function scene(count: number, milliseconds: number, plan: (number: number) => Planned) {
  let time = 0;
  const clock = { ...systemClock, monotonic: () => time };
  const storage = openMemoryStorage(clock);
  const runs = Array.from({ length: count }, (_, number) => ({ ...RUN, uuid: idFloor(number) }));
  storage.lookForRuns = async () => ({ runs, lookedTo: null });
  const planned: number[] = [];
  const retries = {
    async plan(uuid: string) {
      const number = runs.findIndex((run) => run.uuid === uuid);
      planned.push(number);
      time += milliseconds;
      return plan(number);
    },
  };
  const lists = { filterOf: async () => ({}) };
  const beginnings: Pick<Beginnings, "check"> = { check: async () => {} };
  const bulk = new BulkService(storage, lists, beginnings, retries, clock);
  return { planned, count: (action: "retry" | "cancel") => bulk.count({ action, query: {} }) };
}

test("retries are tried out, and those that can't be are counted by why, with the first run of each reason", async () => {
  const { count } = scene(5, 1, (number) => {
    if (number === 1 || number === 4) throw new PlatformError("run_undone", `step ${number}`);
    if (number === 2) throw new ValidationFailed([{ loc: ["body", "from"], msg: "no", type: "value_error" }]);
    if (number === 3) throw new Error("unexpected");
    return PLANNED;
  });
  expect(await count("retry")).toEqual({
    ...{ count: 5, more: false },
    planned: {
      ...{ looked: 5, failed: 4 },
      errors: {
        run_undone: { count: 2, run: idFloor(1), subject: "step 1" },
        validation_failed: { count: 1, run: idFloor(2), subject: "body.from: no" },
        internal: { count: 1, run: idFloor(3), subject: "" },
      },
    },
  });
});

test("no more than a hundred are tried out, and for no longer than a moment", async () => {
  const many = scene(300, 0, () => PLANNED);
  expect(await many.count("retry")).toMatchObject({ count: 300, planned: { looked: 100, failed: 0 } });
  const slow = scene(300, 40, () => PLANNED);
  expect(await slow.count("retry")).toMatchObject({ count: 300, planned: { looked: 3, failed: 0 } });
  expect(slow.planned).toEqual([0, 1, 2]);
});

test("what may be otherwise a moment later is no reason, and of other actions nothing is tried out", async () => {
  const { count, planned } = scene(3, 1, () => {
    throw new PlatformError("storage_unavailable");
  });
  await expect(count("retry")).rejects.toThrow(PlatformError);
  expect(await count("cancel")).toEqual({ count: 3, more: false });
  expect(planned).toEqual([0]);
});
