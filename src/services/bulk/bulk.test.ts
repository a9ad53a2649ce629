/** What a dry run says, of runs and a clock that a test has in hand. */
import { expect, test } from "bun:test";
import { systemClock } from "../../clock.ts";
import { PlatformError, ValidationFailed } from "../../errors.ts";
import { idFloor } from "../../ids.ts";
import type { BulkKind } from "../../schemas/control/bulk.ts";
import type { ControlStanding } from "../../schemas/control/control.ts";
import type { RunKey } from "../../schemas/runs/run.ts";
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
    depth: 0,
    traceparent: null,
  },
};

/** So many runs, the plan of each of which takes so long, and comes to what `plan` says of its number. */
function scene(
  count: number,
  milliseconds: number,
  plan: (number: number) => Planned,
  standing: (number: number) => ControlStanding | null = () => "open",
) {
  let time = 0;
  const clock = { ...systemClock, monotonic: () => time };
  const storage = openMemoryStorage(clock);
  const runs = Array.from({ length: count }, (_, number) => ({ ...RUN, uuid: idFloor(number) }));
  storage.lookForRuns = async () => ({ runs, lookedTo: null });
  const planned: number[] = [];
  const asked: RunKey[][] = [];
  storage.findStandings = async (keys) => {
    asked.push(keys);
    return keys.map((_, number) => standing(number));
  };
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
  return { planned, asked, count: (action: BulkKind) => bulk.count({ action, query: {} }) };
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
    ...{ looked: 5, failed: 4 },
    errors: {
      run_undone: { count: 2, run: idFloor(1), subject: "step 1" },
      validation_failed: { count: 1, run: idFloor(2), subject: "body.from: no" },
      internal: { count: 1, run: idFloor(3), subject: "" },
    },
  });
});

test("no more than a hundred are tried out, and for no longer than a moment", async () => {
  const many = scene(300, 0, () => PLANNED);
  expect(await many.count("retry")).toMatchObject({ count: 300, looked: 100, failed: 0 });
  const slow = scene(300, 40, () => PLANNED);
  expect(await slow.count("retry")).toMatchObject({ count: 300, looked: 3, failed: 0 });
  expect(slow.planned).toEqual([0, 1, 2]);
});

test("what may be otherwise a moment later is no reason", async () => {
  const { count, planned } = scene(3, 1, () => {
    throw new PlatformError("storage_unavailable");
  });
  await expect(count("retry")).rejects.toThrow(PlatformError);
  expect(planned).toEqual([0]);
});

test("of other actions it is asked once how the newest hundred stand, and said which would be refused", async () => {
  const standings = ["open", "over", "cancelling", "cancelling", "open"] as const;
  const plan = () => PLANNED;
  const { count, asked, planned } = scene(300, 0, plan, (number) =>
    number === 0 ? null : (standings[number] ?? "open"),
  );
  const all = { count: 300, more: false, looked: 100 };
  const gone = {
    run_not_found: { count: 1, run: idFloor(0), subject: "" },
    run_ended: { count: 1, run: idFloor(1), subject: "" },
  };
  const cancelling = { run_cancelling: { count: 2, run: idFloor(2), subject: "" } };
  expect(await count("pause")).toEqual({ ...all, failed: 4, errors: { ...gone, ...cancelling } });
  expect(await count("resume")).toEqual({ ...all, failed: 2, errors: gone });
  expect(await count("cancel")).toEqual({ ...all, failed: 2, errors: gone });
  expect(asked.map((keys) => keys.length)).toEqual([100, 100, 100]);
  expect(planned).toEqual([]);
  expect(await scene(0, 0, plan).count("pause")).toEqual({ count: 0, more: false, looked: 0, failed: 0, errors: {} });
});
