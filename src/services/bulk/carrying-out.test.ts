/** A step of an action holds no more than it can store, and the next goes on behind it. */
import { expect, test } from "bun:test";
import pino from "pino";
import { openInProcessCache } from "../../cache/in-process.ts";
import { systemClock as clock } from "../../clock.ts";
import { newId } from "../../ids.ts";
import { openInProcessMessaging } from "../../messaging/in-process.ts";
import { RunRequests } from "../../repositories/run-requests.ts";
import { RunRepository } from "../../repositories/runs.ts";
import { WorkflowRepository } from "../../repositories/workflows.ts";
import { openMemoryStorage } from "../../storage/sqlite/index.ts";
import { NAMESPACE } from "../namespace.ts";
import { Preparing } from "../preparing.ts";
import { RetryService } from "../retries.ts";
import { RunService } from "../runs.ts";
import { TriggerEvents } from "../trigger-events.ts";
import { CarryingOut } from "./carrying-out.ts";

const RUNS = 12;
const CHARACTERS = 1024 * 1024;

test("of large runs fewer are tried again at a time, and each of them once", async () => {
  const storage = openMemoryStorage(clock);
  const log = pino({ level: "silent" });
  const workflow = newId(clock.now());
  const named = { uuid: workflow, namespace: NAMESPACE, id: null, name: "w", description: null };
  await storage.insertWorkflows([{ ...named, steps: "[]" }]);
  const payload = JSON.stringify({ text: "x".repeat(CHARACTERS) });
  const end = { kind: "end", status: "failed", error: "e", stepResults: "{}" } as const;
  const progress = { told: { workflowUuid: workflow, version: 1 }, startedAt: clock.now(), next: end };
  const common = { namespace: NAMESPACE, workflow, payload, depth: 0, traceparent: null, graceMilliseconds: 0 };
  const outcomes = await storage.insertRuns(
    Array.from({ length: RUNS }, () => ({ ...common, uuid: newId(clock.now()), claim: null, progress })),
  );
  expect(outcomes.filter(({ kind }) => kind !== "ok")).toEqual([]);

  const repository = new RunRepository(storage, openInProcessCache({ clock }), clock, () => null);
  const requests = new RunRequests(storage);
  const preparing = new Preparing(new WorkflowRepository(storage, clock));
  const events = new TriggerEvents(openInProcessMessaging(), clock, log);
  const retries = new RetryService(new RunService(repository, clock), { repository, requests }, preparing, events);
  const moves: string[][] = [];
  const { move } = storage.bulk;
  storage.bulk.move = (item) => {
    moves.push(item.retries.map(({ retryOf }) => retryOf));
    return move(item);
  };
  const work = new CarryingOut(storage, retries, events, clock, log);
  const key = { uuid: newId(clock.now()), namespace: NAMESPACE };
  await storage.bulk.insert({ ...key, action: "retry", settings: { filter: { statuses: ["failed"] } } });
  while ((await storage.bulk.find(key))?.status !== "done") if ((await work.doDue()) === 0) await Bun.sleep(5);

  expect(moves.map(({ length }) => length)).toEqual([0, 4, 4, 4]);
  expect(new Set(moves.flat()).size).toBe(RUNS);
  expect(await storage.bulk.find(key)).toMatchObject({ total: RUNS, done: RUNS, failed: 0 });
  await storage.close();
});
