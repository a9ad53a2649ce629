import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import pino from "pino";
import { HandClock } from "../../clock.fixture.ts";
import { newId } from "../../ids.ts";
import { openInProcessMessaging } from "../../messaging/in-process.ts";
import { WorkflowRepository } from "../../repositories/workflows.ts";
import type { ScheduleInput } from "../../schemas/schedule.ts";
import type { NewWorkflow, Storage } from "../../storage/port.ts";
import { openMemoryStorage } from "../../storage/sqlite/index.ts";
import { NAMESPACE } from "../namespace.ts";
import { Preparing } from "../preparing.ts";
import { TriggerEvents } from "../trigger-events.ts";
import { Firing } from "./firing.ts";
import { ScheduleService } from "./schedules.ts";

const START = Date.UTC(2030, 0, 1);
const MINUTE = 60_000;
const log = pino({ level: "silent" });

let clock: HandClock;
let storage: Storage;
let firing: Firing;
let schedules: ScheduleService;
let workflow: string;

beforeEach(async () => {
  clock = new HandClock();
  clock.time = START;
  storage = openMemoryStorage(clock);
  const workflows = new WorkflowRepository(storage, { ...clock, nextTurn: (callback) => queueMicrotask(callback) });
  const events = new TriggerEvents(openInProcessMessaging(), clock, log);
  const preparing = new Preparing(workflows);
  firing = new Firing({ storage, preparing, events, clock, log, graceMilliseconds: 0 });
  schedules = new ScheduleService(storage.schedules, workflows, firing, clock);
  workflow = await newWorkflow();
});
afterEach(() => storage.close());

async function newWorkflow(fields: Partial<NewWorkflow> = {}): Promise<string> {
  const uuid = newId(clock.now());
  const item = { uuid, namespace: NAMESPACE, id: "w", name: "w", description: null, steps: "[]", ...fields };
  await storage.insertWorkflows([item]);
  return uuid;
}

const input = (fields: Partial<ScheduleInput> = {}): ScheduleInput => ({
  id: "s",
  workflow_id: "w",
  every: 60,
  payload: { at: "$" + "{schedule.time}" },
  ...fields,
});

/** Lets time pass and fires what is due until nothing is. */
async function pass(milliseconds: number): Promise<void> {
  clock.time += milliseconds;
  while ((await firing.fireDue()) > 0);
}

/** The minutes of the ticks whose runs are stored, in order of the runs. */
async function minutes(): Promise<number[]> {
  const runs = await storage.listRuns({ namespace: NAMESPACE, limit: 200, order: "desc", after: null });
  return runs.toReversed().map(({ payload }) => (Date.parse(JSON.parse(payload).at) - START) / MINUTE);
}

/** Ends every run that is due. */
async function endRuns(): Promise<void> {
  const worker = newId(clock.now());
  await storage.startLease({ worker, leaseMilliseconds: MINUTE });
  const claim = { claimId: newId(clock.now()), worker, limit: 100, maxBytes: 1e6, patienceMilliseconds: 0 };
  const next = { kind: "end", status: "success", error: null, stepResults: "{}" } as const;
  const claimed = await storage.claimDue(claim);
  const ends = claimed.map(({ uuid, token, logLength: seq }) => ({
    ...{ namespace: NAMESPACE, uuid, token, seq, entries: null, crashes: 0, next },
  }));
  await storage.saveProgress(ends);
}

describe("ticks", () => {
  test("have one run each, at their times", async () => {
    await schedules.create(input({ overlap: "allow" }));
    await pass(MINUTE - 1);
    expect(await minutes()).toEqual([]);
    await pass(1);
    await pass(MINUTE);
    expect(await minutes()).toEqual([1, 2]);
    expect((await schedules.get("s")).lastRunId).not.toBeNull();
  });

  test("that two processes fire have one run", async () => {
    for (let count = 0; count < 20; count++) await schedules.create(input({ id: `s${count}` }));
    clock.time += MINUTE;
    await Promise.all([firing.fireDue(), firing.fireDue(), firing.fireDue()]);
    expect(await minutes()).toHaveLength(20);
  });

  test("that a process claimed and did not fire are fired by another", async () => {
    await schedules.create(input());
    clock.time += MINUTE;
    expect(await storage.schedules.claimDue(10, 5000)).toHaveLength(1);
    await pass(1000);
    expect(await minutes()).toEqual([]);
    await pass(4000);
    expect(await minutes()).toEqual([1]);
  });

  test("that were missed are made up as catch_up says", async () => {
    await schedules.create(input({ overlap: "allow", catch_up: 2 }));
    await schedules.create(
      input({ id: "none", overlap: "allow", catch_up: 0, payload: { at: "2029-12-31T00:00:00Z" } }),
    );
    await pass(10 * MINUTE + 45_000);
    expect(await minutes()).toEqual([9, 10]);
    expect((await schedules.get("s")).skipped).toEqual({ tick: START + MINUTE, reason: "missed" });
    await pass(MINUTE);
    expect((await minutes()).filter((minute) => minute > 0)).toEqual([9, 10, 11]);
  });

  test("of a paused schedule do not come, nor later", async () => {
    await schedules.create(input({ overlap: "allow", paused: true }));
    await pass(5 * MINUTE);
    await schedules.replace("s", input({ overlap: "allow" }));
    await pass(MINUTE);
    expect(await minutes()).toEqual([6]);
  });
});

describe("overlap", () => {
  test("skip", async () => {
    await schedules.create(input());
    await pass(MINUTE);
    await pass(MINUTE);
    expect((await schedules.get("s")).skipped).toEqual({ tick: START + 2 * MINUTE, reason: "overlap" });
    await endRuns();
    await pass(MINUTE);
    expect(await minutes()).toEqual([1, 3]);
  });

  test("queue", async () => {
    await schedules.create(input({ overlap: "queue" }));
    for (let count = 0; count < 3; count++) await pass(MINUTE);
    expect(await minutes()).toEqual([1]);
    for (let count = 0; count < 3; count++) {
      await endRuns();
      await pass(1000);
    }
    expect(await minutes()).toEqual([1, 2, 3]);
  });

  test("cancel_oldest", async () => {
    await schedules.create(input({ overlap: "cancel_oldest" }));
    await pass(MINUTE);
    const first = (await schedules.get("s")).lastRunId;
    await pass(MINUTE);
    await pass(1000);
    expect(await minutes()).toEqual([1, 2]);
    const [run] = await storage.findRuns([{ namespace: NAMESPACE, uuid: first ?? "" }]);
    expect(run?.status).toBe("cancelled");
  });
});

describe("the workflow", () => {
  test("has another version, or is another, at the next tick", async () => {
    await schedules.create(input({ overlap: "allow" }));
    await pass(MINUTE);
    const change = {
      namespace: NAMESPACE,
      reference: "w",
      id: undefined,
      name: "w",
      description: "another",
      steps: "[]",
    };
    await storage.updateWorkflows([change]);
    await pass(MINUTE);
    await storage.deleteWorkflows([{ namespace: NAMESPACE, reference: "w" }]);
    const other = await newWorkflow();
    await pass(MINUTE);
    const runs = await storage.listRuns({ namespace: NAMESPACE, limit: 10, order: "desc", after: null });
    const versions = runs.toReversed().map((run) => [run.workflowUuid, run.workflowVersion]);
    expect(versions).toEqual([
      [workflow, 1],
      [workflow, 2],
      [other, 1],
    ]);
  });

  test("is gone: the tick is skipped, and says so", async () => {
    await schedules.create(input());
    await storage.deleteWorkflows([{ namespace: NAMESPACE, reference: "w" }]);
    await pass(MINUTE);
    expect((await schedules.get("s")).skipped).toEqual({ tick: START + MINUTE, reason: "workflow_not_found" });
    await newWorkflow();
    await pass(MINUTE);
    expect(await minutes()).toEqual([2]);
  });

  test("says what its input is, fills it in, and limits its runs", async () => {
    const schema = { type: "object", properties: { at: { type: "string" }, n: { type: "integer", default: 7 } } };
    const text = JSON.stringify({ input: schema, concurrency: { limit: 1, on_limit: "reject" } });
    await newWorkflow({ id: "strict", options: { text, preparesRuns: true } });
    await schedules.create(input({ workflow_id: "strict", overlap: "allow" }));
    await schedules.create(input({ id: "bad", workflow_id: "strict", payload: { at: 1 } }));
    await pass(MINUTE);
    const [run] = await storage.listRuns({ namespace: NAMESPACE, limit: 10, order: "desc", after: null });
    expect(JSON.parse(run?.payload ?? "{}")).toEqual({ at: "2030-01-01T00:01:00.000+00:00", n: 7 });
    expect((await schedules.get("bad")).skipped?.reason).toBe("validation_failed");
    await pass(MINUTE);
    expect((await schedules.get("s")).skipped).toEqual({ tick: START + 2 * MINUTE, reason: "concurrency_limit" });
    expect(await minutes()).toEqual([1]);
  });
});

test("a backfill fires the ticks of a stretch, one after the other, and no other is taken meanwhile", async () => {
  await schedules.create(input());
  const stretch = { from: START - 3 * MINUTE, to: START, isDryRun: false };
  const ticks = { count: 3, first: START - 3 * MINUTE, last: START - MINUTE };
  expect(await schedules.backfill("s", { ...stretch, isDryRun: true })).toEqual(ticks);
  await pass(1);
  expect(await minutes()).toEqual([]);
  expect(await schedules.backfill("s", stretch)).toEqual(ticks);
  await expect(schedules.backfill("s", stretch)).rejects.toMatchObject({ code: "backfill_under_way" });
  for (let count = 0; count < 4; count++) {
    await pass(1000);
    await endRuns();
  }
  expect(await minutes()).toEqual([-3, -2, -1]);
  expect((await schedules.get("s")).position.backfill).toBeNull();
  await expect(schedules.backfill("s", { ...stretch, to: clock.now() + 1 })).rejects.toThrow();
  await expect(schedules.backfill("s", { ...stretch, from: 0 })).rejects.toThrow();
});

test("a run now is one beside the ticks", async () => {
  await schedules.create(input({ paused: true }));
  const run = await schedules.run("s", 0);
  expect(await schedules.get("s")).toMatchObject({ lastRunId: run, revision: 1 });
  expect(await minutes()).toEqual([0]);
});
