/** Ascending lists of PostgreSQL pass no row, however late inserts arrive and transactions end. */
import { afterAll, expect, test } from "bun:test";
import { granted, NAMESPACE, only, uuidsOf, World } from "../../../tests/contracts/storage/kit.ts";
import { newId, timeOfId } from "../../ids.ts";
import type { Storage } from "../port.ts";
import { connect, newDatabase, optionsFor } from "./database.fixture.ts";
import { FENCE_IDS } from "./ids.ts";
import { openPostgresStorage } from "./index.ts";

const { url } = await newDatabase("ids");
const opened: Storage[] = [];
const admin = connect(url);
afterAll(async () => {
  await Promise.all(opened.map((storage) => storage.close()));
  await admin.end();
});

async function open(): Promise<World> {
  const { storage } = await openPostgresStorage(optionsFor(url));
  opened.push(storage);
  return World.open({ open: async () => storage, takesClock: false });
}

const page = (order: "asc" | "desc") => ({ namespace: NAMESPACE, limit: 200, order, after: null });

test("a list ends before an insert that is under way, and goes on once it is over", async () => {
  const [one, other] = [await open(), await open()];
  const workflow = await one.workflow();
  const insert = async ({ storage }: World) =>
    granted(only(await storage.insertRuns([{ ...one.newRun(workflow), uuid: null }]))).uuid;
  await insert(one);
  // Every insert of one workflow's runs waits in this trigger for a lock that the test holds.
  await admin.unsafe(`create function wait_for_test() returns trigger language plpgsql as $body$ begin
      perform pg_advisory_xact_lock(1); return new; end $body$;
    create trigger waits before insert on workflow_runs for each row when (new.payload ? 'waits')
      execute function wait_for_test()`);
  await admin.unsafe("select pg_advisory_lock(1)");
  const late = one.storage.insertRuns([{ ...one.newRun(workflow, { payload: '{"waits":1}' }), uuid: null }]);
  await Bun.sleep(500);
  const after = [await insert(other), await insert(other)];
  await Bun.sleep(3000);
  const settled = uuidsOf(await other.storage.listRuns(page("asc")));
  expect(settled).toHaveLength(1);
  expect(uuidsOf(await other.storage.listRuns(page("desc"))).slice(0, 2)).toEqual(after.toReversed());
  await admin.unsafe("select pg_advisory_unlock(1)");
  const { uuid } = granted(only(await late));
  expect(uuidsOf(await other.storage.listRuns(page("asc")))).toEqual([...settled, uuid, ...after]);
}, 20_000);

test("a process whose clock is behind stores no id older than two seconds", async () => {
  const { storage, clock } = await openPostgresStorage(optionsFor(url));
  opened.push(storage);
  const world = await World.open({ open: async () => storage, takesClock: false });
  const workflow = await world.workflow();
  // As though all took ten seconds to get there.
  const now = clock.now;
  clock.now = () => now() - 10_000;
  const items = Array.from({ length: 3 }, (_, n) => ({
    ...world.newRun(workflow, { payload: `{"n":${n}}` }),
    uuid: null,
  }));
  const runs = (await storage.insertRuns(items)).map(granted);
  const workflows = (await storage.insertWorkflows([{ ...world.newWorkflow(), uuid: null }])).map(granted);
  for (const uuid of [...uuidsOf(runs), ...workflows]) expect(Date.now() - (timeOfId(uuid) ?? 0)).toBeLessThan(2500);
  expect(uuidsOf(runs)).toEqual(uuidsOf(runs).toSorted());
  const found = await world.findRuns(uuidsOf(runs));
  expect(found.map((run) => run?.payload)).toEqual(['{"n": 0}', '{"n": 1}', '{"n": 2}']);
  expect(await storage.insertRuns([{ ...world.newRun("nothing"), uuid: null }])).toMatchObject([
    { code: "workflow_not_found" },
  ]);
});

test("an insert whose ids come too late does not take the end of a list back", async () => {
  const world = await open();
  const workflow = await world.workflow();
  const { uuid } = granted(only(await world.storage.insertRuns([{ ...world.newRun(workflow), uuid: null }])));
  await Bun.sleep(2500);
  const shown = uuidsOf(await world.storage.listRuns(page("asc")));
  expect(shown).toContain(uuid);
  await admin.begin(async (late) => {
    await late.unsafe(`select * from ${FENCE_IDS.name}(${Date.now() - 10_000})`);
    expect(uuidsOf(await world.storage.listRuns(page("asc")))).toEqual(shown);
  });
});

test("ids of a process that starts are above the newest that is stored, and not above one of other programs", async () => {
  const world = await open();
  const [ahead, absurd] = [newId(Date.now() + 3_600_000), newId(Date.UTC(9999, 0, 1))];
  const workflow = await world.workflow();
  for (const uuid of [ahead, absurd, crypto.randomUUID()]) {
    granted(only(await world.storage.insertRuns([world.newRun(workflow, { uuid })])));
  }
  const started = await open();
  const made = granted(only(await started.storage.insertRuns([{ ...started.newRun(workflow), uuid: null }]))).uuid;
  expect(made > ahead && made < absurd).toBe(true);
});
