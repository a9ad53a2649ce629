/** What is in a folder of the file adapter is there again when it is opened, whatever happened in between. */
import { describe, expect, test } from "bun:test";
import { truncateSync } from "node:fs";
import { join } from "node:path";
import { progress, World } from "../../../tests/contracts/storage/kit.ts";
import type { StorageAdapter } from "../../../tests/contracts/storage.ts";
import { newId } from "../../ids.ts";
import { edit, newFolders, open, startHolder } from "./folders.fixture.ts";
import { SLEEP_UNTIL } from "./holder.fixture.ts";

const newFolder = newFolders();

/** The file adapter over a folder that may hold something already. */
const fileIn = (folder: string): StorageAdapter => ({ open: () => open(folder), takesClock: false });

describe("what is stored stays", () => {
  test("through close and open", async () => {
    const folder = newFolder();
    const first = await World.open(fileIn(folder));
    const workflow = await first.workflow({ id: "orders" });
    const [pending, held] = [await first.run({ payload: '{"ö":1}' }), await first.held()];
    const entries = '[["0",{"step_name":"a"},null]]';
    await first.save(progress(held, { entries, crashes: 2 }));
    const before = await first.findRuns([pending, held.uuid]);
    await first.storage.close();

    const second = await World.open(fileIn(folder));
    expect(await second.findRuns([pending, held.uuid])).toEqual(before);
    expect(before[1]?.log).toBe(entries);
    const lookup = { namespace: "default", reference: "orders", version: null };
    expect(await second.storage.findWorkflows([lookup])).toMatchObject([{ uuid: workflow }]);
    const claimed = await second.claimDue();
    expect(claimed.map(({ uuid, token, crashes }) => ({ uuid, token, crashes }))).toEqual([
      { uuid: pending, token: 1, crashes: 0 },
      { uuid: held.uuid, token: 2, crashes: 2 },
    ]);
    await second.storage.close();
  });

  test("through kill -9: runs that were held are due at once, sleeping ones keep their time", async () => {
    const folder = newFolder();
    const holder = await startHolder(folder, 20);
    await holder.kill();
    const world = await World.open(fileIn(folder));
    const claimed = await world.claimDue();
    expect(claimed.map(({ uuid }) => uuid).sort()).toEqual(holder.runs.filter((_, index) => index % 2 === 0).sort());
    expect(claimed.every(({ token }) => token === 2)).toBe(true);
    for (const run of claimed) {
      await world.save(progress(run, { next: { kind: "end", status: "success", error: null, stepResults: "{}" } }));
    }
    expect(await world.storage.nextDue(0)).toBe(SLEEP_UNTIL);
    await world.storage.close();
  });

  test("through kill -9: whoever held a run before writes nothing to it afterwards", async () => {
    const folder = newFolder();
    const holder = await startHolder(folder, 1);
    await holder.kill();
    const world = await World.open(fileIn(folder));
    const [uuid = ""] = holder.runs;
    const [claimed] = await world.claimDue();
    expect(claimed).toMatchObject({ uuid, token: 2 });
    expect(await world.save(progress({ uuid, token: 1, logLength: 0 }))).toEqual({ kind: "lost" });
    await world.storage.close();
  });
});

test("health rows older than a day are dropped when the next is recorded", async () => {
  const folder = newFolder();
  const first = await open(folder);
  await first.recordHealth("ok");
  await first.close();
  const dayAgo = Date.now() - 24 * 60 * 60 * 1000;
  edit(folder, (database) => {
    for (const age of [1, 60_000])
      database.run("insert into health_status (status, timestamp) values ('old', ?)", [dayAgo - age]);
    database.run("insert into health_status (status, timestamp) values ('young', ?)", [dayAgo + 60_000]);
  });
  const second = await open(folder);
  await second.recordHealth("again");
  await second.close();
  edit(folder, (database) => {
    const rows = database.query<{ status: string }, []>("select status from health_status order by id").all();
    expect(rows.map(({ status }) => status)).toEqual(["ok", "young", "again"]);
  });
});

test("rows of another program, with the contract's columns alone, are run", async () => {
  const folder = newFolder();
  const first = await World.open(fileIn(folder));
  const workflow = await first.workflow();
  await first.storage.close();
  const uuid = newId(Date.now());
  edit(folder, (database) =>
    database.run("insert into workflow_runs (uuid, workflow_id, status, payload) values (?, ?, 'pending', '{}')", [
      uuid,
      workflow,
    ]),
  );
  const second = await World.open(fileIn(folder));
  expect(await second.claimDue()).toMatchObject([{ uuid, workflowUuid: workflow, workflowVersion: 1, token: 1 }]);
  await second.storage.close();
});

test("a file that can't be read is the platform's trouble, whatever was asked", async () => {
  const folder = newFolder();
  const world = await World.open(fileIn(folder));
  const workflow = await world.workflow({ steps: JSON.stringify(["x".repeat(100_000)]) });
  const run = await world.run();
  truncateSync(join(folder, "platform.db-wal"), 100);
  truncateSync(join(folder, "platform.db"), 100);
  const page = { namespace: "default", limit: 10, order: "desc", after: null } as const;
  const reads = [
    () => world.findRuns([run]),
    () => world.storage.listRuns(page),
    () => world.storage.findWorkflows([{ namespace: "default", reference: workflow, version: null }]),
    () => world.storage.check(),
  ];
  for (const read of reads)
    expect(await read().catch((error: unknown) => error)).toMatchObject({ code: "storage_unavailable" });
  await world.storage.close();
});
