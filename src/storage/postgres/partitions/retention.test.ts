/** Retention on PostgreSQL: partitions that are replaced while others use them. */
import { afterAll, expect, test } from "bun:test";
import type { Sql } from "postgres";
import {
  entriesText,
  granted,
  only,
  pathsOf,
  progress,
  uuidsOf,
  World,
} from "../../../../tests/contracts/storage/kit.ts";
import { newId } from "../../../ids.ts";
import type { Progress, Storage } from "../../port.ts";
import { connect, newDatabase, optionsFor } from "../database.fixture.ts";
import { openPostgresStorage } from "../index.ts";

const DAY = 24 * 60 * 60 * 1000;
const END: Progress["next"] = { kind: "end", status: "success", error: null, stepResults: "{}" };

const connections: Sql[] = [];
afterAll(() => Promise.all(connections.map((sql) => sql.end())));

/** Two processes on one database, and a look behind their backs. */
async function inWorlds(
  name: string,
  owesEvents: boolean,
  body: (world: World, other: Storage, sql: Sql, url: string) => Promise<void>,
): Promise<void> {
  const { url, pooledUrl } = await newDatabase(name);
  const sql = connect(url);
  connections.push(sql);
  const first = await openPostgresStorage({ ...optionsFor(pooledUrl, url), owesEvents });
  const second = await openPostgresStorage({ ...optionsFor(pooledUrl, url), owesEvents });
  const world = await World.open({ open: async () => first.storage, takesClock: false });
  try {
    await body(world, second.storage, sql, url);
  } finally {
    await Promise.all([first.storage.close(), second.storage.close()]);
  }
}

async function end(world: World, count: number): Promise<string[]> {
  const held = await world.claimByMessage(await world.runs(count));
  await world.storage.saveProgress(held.map((run) => progress(run, { entries: entriesText("0") })));
  await world.storage.saveProgress(held.map((run) => progress({ ...run, logLength: 1 }, { next: END })));
  return uuidsOf(held);
}

/** Rows of other tables whose run there is not. */
async function countDangling(sql: Sql): Promise<number> {
  const [row] = await sql<{ dangling: number }[]>`select count(*)::integer as dangling from (
      select run_uuid from run_log union all select run_uuid from run_queue union all select run_uuid from owed_events
    ) as named where not exists (select from workflow_runs where uuid = run_uuid)`;
  return row?.dangling ?? Number.NaN;
}

async function isReplacing(sql: Sql): Promise<boolean> {
  const [row] = await sql<{ replacing: boolean }[]>`select kept_until is not null as replacing from retention`;
  return row?.replacing ?? false;
}

test("processes that end between any two steps leave the rest to others; what changes meanwhile is kept as it is then", async () => {
  await inWorlds("retention_steps", false, async (world, other, sql) => {
    const before = world.now() + 40 * DAY;
    const gone = await end(world, 20);
    const held = await world.claimByMessage(await world.runs(6));
    const sleep = { kind: "due", dueAt: world.now() } as const;
    await world.storage.saveProgress(held.map((run) => progress(run, { entries: entriesText("0"), next: sleep })));
    const left = (await world.claimDue()).values();
    const next = () => {
      const { value } = left.next();
      if (value === undefined) throw new Error("no run is left");
      return value;
    };
    const went: string[] = [];
    const ended: string[] = [];
    let steps = 0;
    // Each step by the process that did not do the one before, and between two of them a run goes on and another ends.
    while (await (steps % 2 === 0 ? world.storage : other).maintain(before)) {
      steps++;
      if (!(await isReplacing(sql))) break;
      const [going, ending] = [next(), next()];
      granted(await world.save(progress(going, { entries: entriesText("1") })));
      granted(await world.save(progress(ending, { entries: entriesText("1") })));
      granted(await world.save(progress({ ...ending, logLength: 2 }, { next: END })));
      went.push(going.uuid);
      ended.push(ending.uuid);
    }
    expect(steps).toBe(3);
    expect(await world.stored(gone)).toEqual([]);
    for (const uuid of went) {
      const run = await world.find(uuid);
      expect(run).toMatchObject({ status: "running" });
      expect(pathsOf(run)).toEqual(["0", "1"]);
    }
    // They were over only after they had been looked at.
    for (const uuid of ended.slice(1)) expect(await world.find(uuid)).toMatchObject({ status: "success" });
    expect(await countDangling(sql)).toBe(0);
  });
});

test("a run of another program that is stored, executed and over while its partition is replaced is kept", async () => {
  await inWorlds("retention_foreign", false, async (world, other, sql) => {
    const workflow = await world.workflow();
    const gone = await end(world, 5);
    const before = world.now() + 40 * DAY;
    while (await other.maintain(before)) {
      if (!(await isReplacing(sql))) break;
      const walked = await sql`select from retention where walked_to is not null`;
      if (walked.length === 0) continue;
      const uuid = newId(Date.UTC(1999, 0, 1));
      await sql`insert into workflow_runs (uuid, workflow_id, status, payload) values (${uuid}, ${workflow}, 'pending', '{}')`;
      const run = only(await world.claimDue());
      granted(await world.save(progress(run, { next: END })));
      while ((await other.maintain(before)) && (await isReplacing(sql)));
      expect(await world.find(uuid)).toMatchObject({ status: "success" });
      break;
    }
    expect(await world.stored(gone)).toEqual([]);
  });
});

test("a run whose completed event is owed is dropped only once the broker has it", async () => {
  await inWorlds("retention_owed", true, async (world, other, sql) => {
    const [owed, overdue] = [await end(world, 2), await end(world, 2)];
    await sql`update run_queue set due_at = now() - interval '1 second' where run_uuid in ${sql(overdue)}`;
    expect(await world.claimDue()).toEqual([]);
    const before = world.now() + 40 * DAY;
    const all = [...owed, ...overdue];
    while (await other.maintain(before));
    expect(await world.stored(all)).toEqual(all.toSorted());
    const taken = (await other.owedEvents?.take(10)) ?? [];
    expect(taken.map(({ run_id }) => run_id).sort()).toEqual(overdue.toSorted());
    await world.storage.owedEvents?.sent(all);
    while (await other.maintain(before));
    expect(await world.stored(all)).toEqual([]);
    expect(await countDangling(sql)).toBe(0);
  });
});

test("while somebody reads for long, partitions stay and others go on; afterwards they are dropped", async () => {
  await inWorlds("retention_locked", false, async (world, other, sql, url) => {
    const gone = await end(world, 5);
    const before = world.now() + 40 * DAY;
    const reading = connect(url);
    connections.push(reading);
    await reading.begin(async (reader) => {
      await reader`select count(*) from workflow_runs`;
      for (let pass = 0; pass < 5; pass++) {
        while (await other.maintain(before));
        expect(await world.stored(gone)).toHaveLength(5);
        await world.held();
      }
      expect(await isReplacing(sql)).toBe(true);
    });
    while (await other.maintain(before));
    expect(await world.stored(gone)).toEqual([]);
  });
});

test("runs with uuids of no month are dropped by when they ended", async () => {
  await inWorlds("retention_odd", false, async (world, other, sql) => {
    const workflow = await world.workflow();
    const odd = [newId(Date.UTC(1999, 0, 1)), newId(Date.UTC(2040, 0, 1)), "f1a0c0de-0000-4000-8000-000000000001"];
    const insert = (uuid: string, days: number) => sql`insert into workflow_runs
      (uuid, workflow_id, namespace, status, payload, completed_at)
      values (${uuid}, ${workflow}, 'default', 'success', '{}', now() - ${days} * interval '1 day')`;
    for (const uuid of odd) await insert(uuid, 31);
    const kept = odd.map((uuid) => `${uuid.slice(0, -1)}${uuid.endsWith("0") ? "1" : "0"}`);
    for (const uuid of kept) await insert(uuid, 29);
    while (await other.maintain(world.now() - 30 * DAY));
    expect(await world.stored(odd)).toEqual([]);
    expect(await world.stored(kept)).toEqual(kept.toSorted());
  });
});
