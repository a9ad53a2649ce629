/** What is asked for again since its answer was lost is done once, and answered as it was. */
import { afterAll, expect, test } from "bun:test";
import pino from "pino";
import { granted, NAMESPACE, only, present, uuidsOf, World } from "../../../../tests/contracts/storage/kit.ts";
import { systemClock } from "../../../clock.ts";
import { openPools } from "../../../db/postgres/postgres.ts";
import { newId } from "../../../ids.ts";
import { newDatabase, optionsFor } from "../database.fixture.ts";
import { openPostgresStorage } from "../index.ts";
import { moveSchedules } from "./move.ts";

const { url } = await newDatabase("moves");
const { storage } = await openPostgresStorage(optionsFor(url));
const pools = await openPools(optionsFor(url), systemClock, pino({ level: "silent" }));
await pools.open();
afterAll(async () => {
  await pools.close();
  await storage.close();
});

test("a run by hand is started once, also where its schedule was replaced in between", async () => {
  const world = await World.open({ open: async () => storage, takesClock: false });
  const workflow = await world.workflow();
  const key = { namespace: NAMESPACE, id: "nightly" };
  const position = { nextAt: null, waiting: [], backfill: null };
  const settings = { workflow, settings: '{"every":60}', position, dueAt: null };
  granted(await storage.schedules.insert({ ...key, ...settings, uuid: newId(world.now()), createdAt: world.now() }));
  const { uuid: schedule, revision } = present(await storage.schedules.find(key));
  const run = world.newRun(workflow, { preparedFor: { workflowUuid: workflow, version: 1 } });
  const move = async () => {
    const item = { schedule, revision, to: null, skipped: null, run, uuid: run.uuid };
    return present(granted(present(only(await moveSchedules(pools.writes, [item], ["none", Date.now(), null])))));
  };
  const first = await move();
  expect(first).toMatchObject({ uuid: run.uuid, workflowUuid: workflow });
  expect(await move()).toEqual(first);
  granted(await storage.schedules.replace({ ...key, ...settings }));
  expect(await move()).toEqual(first);
  expect(present(await storage.schedules.find(key)).lastRunId).toBe(run.uuid);
  const page = { namespace: NAMESPACE, limit: 10, order: "desc", after: null } as const;
  expect(uuidsOf(await storage.listRuns(page))).toEqual([run.uuid]);
});
