/** Ids of the embedded file: never below what is stored, whatever the clock does, and never behind a reader. */
import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { granted, NAMESPACE, only, present, uuidsOf, World } from "../../../tests/contracts/storage/kit.ts";
import { type Clock, systemClock } from "../../clock.ts";
import { newId } from "../../ids.ts";
import { IdsUnderWay } from "./ids.ts";
import { openFileStorage, openMemoryStorage } from "./index.ts";

const folder = mkdtempSync(join(tmpdir(), "ids-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

const HOUR = 3_600_000;
const page = (order: "asc" | "desc") => ({ namespace: NAMESPACE, limit: 200, order, after: null });

function handClock() {
  const time = { now: Date.UTC(2030, 0, 1), monotonic: 1000 };
  const clock: Clock = { ...systemClock, now: () => time.now, monotonic: () => time.monotonic };
  const pass = async (milliseconds: number) => {
    time.now += milliseconds;
    time.monotonic += milliseconds;
  };
  return { time, clock, pass };
}

const insertRun = async (world: World, workflow: string) =>
  granted(only(await world.storage.insertRuns([{ ...world.newRun(workflow), uuid: null }]))).uuid;

test("after a start with a clock that is an hour behind, the newer of two workflows of one id is the newer", async () => {
  const open = () => openFileStorage({ folder, synchronous: "NORMAL", onDeath: () => {} });
  const before = await World.open({ open, takesClock: false });
  // As the process named them whose clock was ahead.
  const older = await before.workflow({ uuid: newId(Date.now() + HOUR), id: "orders" });
  const run = await before.run({ uuid: newId(Date.now() + 2 * HOUR) });
  await before.storage.close();

  const storage = await open();
  const item = { ...before.newWorkflow({ id: "orders", name: "newer" }), uuid: null };
  const newer = granted(only(await storage.insertWorkflows([item])));
  expect(newer > older).toBe(true);
  const lookup = { namespace: NAMESPACE, reference: "orders", version: null };
  expect(present(only(await storage.findWorkflows([lookup])))).toMatchObject({ uuid: newer, name: "newer" });
  const items = [1, 2].map(() => ({ ...before.newRun("orders"), uuid: null }));
  const runs = (await storage.insertRuns(items)).map(granted);
  expect(runs.map(({ workflowUuid }) => workflowUuid)).toEqual([newer, newer]);
  expect(uuidsOf(await storage.listRuns(page("desc")))).toEqual([run, ...uuidsOf(runs)].toReversed());
  await storage.close();
});

test("a clock that is set back while it runs: lists stay in order, and oldest first goes on", async () => {
  const { time, clock, pass } = handClock();
  const storage = openMemoryStorage(clock);
  const world = await World.open({ open: async () => storage, takesClock: false });
  const workflow = await world.workflow();
  const runs = [await insertRun(world, workflow)];
  await pass(10_000);
  time.now -= HOUR;
  for (let count = 0; count < 5; count++) {
    runs.push(await insertRun(world, workflow));
    await pass(100);
  }
  expect(uuidsOf(await storage.listRuns(page("desc")))).toEqual(runs.toReversed());
  await pass(5000);
  expect(uuidsOf(await storage.listRuns(page("asc")))).toEqual(runs);
  await storage.close();
});

test("a list ends before a row that is long on its way into the file", async () => {
  const { clock, pass } = handClock();
  const ids = new IdsUnderWay(clock, null);
  const written = Promise.withResolvers<void>();
  const store = (write: (uuid: string) => Promise<void>) => {
    let named = "";
    const stored = ids.store([{ uuid: null }], ([item]) => {
      named = item?.uuid ?? "";
      return write(named);
    });
    return { named, stored };
  };
  const slow = store(() => written.promise);
  await pass(1000);
  const quick = store(async () => {});
  await quick.stored;
  await pass(60_000);
  expect(ids.settled() <= slow.named).toBe(true);
  written.resolve();
  await slow.stored;
  expect(ids.settled() > quick.named).toBe(true);

  const given = store(() => Promise.reject(new Error("the disk hangs")));
  await expect(given.stored).rejects.toThrow("the disk hangs");
  await pass(60_000);
  expect(ids.settled() <= given.named).toBe(true);
  await store(async () => {}).stored;
  expect(ids.settled() > given.named).toBe(true);
});
