/** Readers that follow lists, of runs that a test changes by hand, on a clock that is moved by hand. */
import { expect, test } from "bun:test";
import pino from "pino";
import { HandClock, settled } from "../../clock.fixture.ts";
import type { RunsAsked } from "../../schemas/lists/run-query.ts";
import type { RunRecord, RunSummary } from "../../storage/port.ts";
import { Places } from "../places.ts";
import { LiveRuns, type LiveStream } from "./live-runs.ts";
import { MAX_STREAMS } from "./streams.ts";

const uuidOf = (number: number) => `00000000-0000-7000-8000-${String(number).padStart(12, "0")}`;

function summary(number: number, status: RunSummary["status"] = "pending"): RunSummary {
  return {
    ...{
      uuid: uuidOf(number),
      workflowUuid: uuidOf(0),
      workflowVersion: 1,
      workflowId: null,
      workflowName: "w",
      status,
    },
    ...{ createdAt: number, startedAt: null, completedAt: null, wakeAt: null, logRows: null, error: null },
    ...{ parentRunId: null, rootRunId: null },
  };
}

function scene() {
  const clock = new HandClock();
  const runs = new Map<number, RunSummary>();
  const asked: RunsAsked[] = [];
  const trouble = { isOut: false, lookedTo: "" };
  const set = (number: number, status?: RunSummary["status"]) => runs.set(number, summary(number, status));
  const lists = {
    async summaries(query: RunsAsked) {
      asked.push(query);
      if (trouble.isOut) throw new Error("out");
      const fit = [...runs.values()].filter(({ status }) => query.status?.includes(status) ?? true);
      const reached = fit.filter(({ uuid }) => uuid > trouble.lookedTo);
      const items = reached.toSorted((first, second) => (first.uuid < second.uuid ? 1 : -1)).slice(0, query.limit);
      return { items, nextCursor: null, prevCursor: null, limit: 200, lookedTo: trouble.lookedTo || null };
    },
    async withProgress(changed: RunSummary[]) {
      if (trouble.isOut) throw new Error("out");
      return changed.map((run) => ({
        ...run,
        progress: { total: 9, ended: run.logRows ?? 0, failed: 0, current: null },
      }));
    },
  };
  const find = async ({ uuid }: { uuid: string }) => {
    const run = [...runs.values()].find((one) => one.uuid === uuid);
    const record: RunRecord | null =
      run === undefined
        ? null
        : {
            ...run,
            id: uuid,
            payload: "{}",
            stepResults: null,
            log: "[]",
            output: null,
            errorDetails: null,
            tags: null,
            startAt: null,
            priority: null,
            control: null,
            cancelReason: null,
            retryOf: null,
          };
    return record;
  };
  const live = new LiveRuns(lists, find, new Places(MAX_STREAMS, "too_many_streams"), clock, pino({ level: "silent" }));
  const look = async () => {
    clock.ring();
    await settled();
  };
  return { clock, runs, set, asked, trouble, live, look };
}

/** What a reader is told next: number and status of each run. */
async function told(stream: LiveStream): Promise<string[]> {
  const batch = await stream.next();
  const changes = (batch?.changes ?? []).map(({ run }) => `${Number(run.uuid.slice(-12))} ${run.status}`);
  return batch?.missed ? ["resync", ...changes] : changes;
}

test("runs that come, go on and end are told, oldest first, from how the list was", async () => {
  const { set, live, look } = scene();
  set(1, "running");
  const stream = await live.open({});
  set(2);
  set(3);
  await look();
  expect(await told(stream)).toEqual(["2 pending", "3 pending"]);
  set(1, "success");
  set(2, "running");
  await look();
  expect(await told(stream)).toEqual(["1 success", "2 running"]);
});

test("a run that no longer fits the filter is told with what it is now; one that was dropped is not", async () => {
  const { runs, set, live, look } = scene();
  set(1, "running");
  set(2, "running");
  const stream = await live.open({ status: ["running"] });
  set(1, "failed");
  runs.delete(2);
  set(3, "running");
  await look();
  expect(await told(stream)).toEqual(["1 failed", "3 running"]);
});

test("what a look did not come down to is no news when another one does, but where something happened to it", async () => {
  const { clock, runs, set, trouble, live, look } = scene();
  clock.time = 1_000_000;
  for (const number of [1, 2, 5]) set(number, "success");
  trouble.lookedTo = uuidOf(3);
  const stream = await live.open({});
  trouble.lookedTo = "";
  runs.set(2, { ...summary(2, "failed"), completedAt: clock.time });
  set(6);
  await look();
  expect(await told(stream)).toEqual(["2 failed", "6 pending"]);
});

test("who follows the same shares a look, and other lists have their own", async () => {
  const { set, asked, live, look } = scene();
  const streams = [await live.open({}), await live.open({}), await live.open({ status: ["pending"] })];
  expect(asked.length).toBe(2);
  set(1);
  await look();
  expect(asked.length).toBe(4);
  expect(await Promise.all(streams.map(told))).toEqual([["1 pending"], ["1 pending"], ["1 pending"]]);
  for (const stream of streams) stream.close();
  await look();
  expect(asked.length).toBe(4);
  expect(await streams[0]?.next()).toBeNull();
});

test("with more new runs than are followed, or more changes than a reader takes, it is told to read the list again", async () => {
  const { set, live, look } = scene();
  set(1);
  const [quick, slow] = [await live.open({}), await live.open({})];
  for (let number = 2; number < 300; number++) set(number);
  await look();
  expect((await told(quick))[0]).toBe("resync");
  for (let round = 0; round < 8; round++) {
    for (let number = 100; number < 300; number++) set(number, round % 2 === 0 ? "running" : "pending");
    await look();
  }
  expect(await told(slow)).toEqual(["resync"]);
  set(299, "success");
  await look();
  expect(await told(slow)).toEqual(["299 success"]);
});

test("a list that moves on by more than is followed is looked at less often while it does, others each time", async () => {
  const { set, asked, live, look } = scene();
  const streams = [await live.open({}), await live.open({ status: ["failed"] })];
  let number = 0;
  const looked: string[] = [];
  for (let second = 1; second <= 17; second++) {
    // For eight seconds.
    for (let count = 0; count < 300 && second <= 8; count++) set(++number);
    const before = asked.length;
    await look();
    looked.push(
      asked
        .slice(before)
        .map(({ status }) => status?.join() ?? "all")
        .join(" "),
    );
  }
  const all = looked.flatMap((lists, index) => (lists.includes("all") ? [index + 1] : []));
  expect(all).toEqual([1, 3, 7, 11, 15, 16, 17]);
  expect(looked.every((lists) => lists.includes("failed"))).toBe(true);
  for (const stream of streams) stream.close();
});

test("a look that failed is made up for by the next", async () => {
  const { set, trouble, live, look } = scene();
  const stream = await live.open({});
  set(1);
  trouble.isOut = true;
  await look();
  set(2);
  trouble.isOut = false;
  await look();
  expect(await told(stream)).toEqual(["1 pending", "2 pending"]);
});

test("a run that goes on is told with how far it is, and no more while it stays there", async () => {
  const { runs, set, live, look } = scene();
  for (const number of [1, 2]) set(number, "running");
  const stream = await live.open({});
  const goesOn = async (logRows: number) => {
    runs.set(1, { ...summary(1, "running"), logRows });
    await look();
  };
  await goesOn(1);
  const { changes = [] } = (await stream.next()) ?? {};
  expect(changes).toMatchObject([{ isProgress: true, run: { uuid: uuidOf(1), progress: { total: 9, ended: 1 } } }]);
  await goesOn(1);
  set(2, "success");
  await look();
  const { changes: later = [] } = (await stream.next()) ?? {};
  expect(later).toMatchObject([{ isProgress: false, run: { uuid: uuidOf(2), status: "success" } }]);
});
