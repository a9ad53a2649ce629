/** Partitions of PostgreSQL: made ahead, and looked into one at a time. */
import { afterAll, expect, test } from "bun:test";
import type { Sql } from "postgres";
import { keysOf, MINUTE, only, progress, World } from "../../../../tests/contracts/storage/kit.ts";
import { newId } from "../../../ids.ts";
import type { Progress } from "../../port.ts";
import { connect, newDatabase, optionsFor } from "../database.fixture.ts";
import { openPostgresStorage } from "../index.ts";

const END: Progress["next"] = { kind: "end", status: "success", error: null, stepResults: "{}" };

const connections: Sql[] = [];
afterAll(() => Promise.all(connections.map((sql) => sql.end())));

async function databaseFor(name: string) {
  const { url } = await newDatabase(name);
  const sql = connect(url);
  connections.push(sql);
  return { sql, options: { ...optionsFor(url), owesEvents: true } };
}

/** The months of a table, as its partitions are called. */
async function monthsOf(sql: Sql, table: string): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`select relname as name from pg_class
    where relkind = 'r' and relispartition and relname ~ ${`^${table}_\\d{4}_\\d{2}$`} order by relname`;
  return rows.map(({ name }) => name.slice(table.length + 1));
}

function month(ahead: number): string {
  const now = new Date();
  return monthOf(new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead, 1)));
}

function monthOf(time: Date): string {
  return time.toISOString().slice(0, 7).replace("-", "_");
}

const DAY = 24 * 60 * 60 * 1000;
const NEXT = [0, 1, 2, 3].map(month);

test("this month and the next three are there, whoever and however many make them; a month that is gone is made again with its runs", async () => {
  const { sql, options } = await databaseFor("partitions_made");
  const first = await openPostgresStorage(options);
  for (const table of ["workflow_runs", "run_log"]) expect(await monthsOf(sql, table)).toEqual(NEXT);
  const world = await World.open({ open: async () => first.storage, takesClock: false });
  // As if nobody had made months since the first of this one: their runs are in "after".
  const { first: low } = only(
    Array.from(
      await sql<
        { first: string }[]
      >`select (regexp_match(pg_get_expr(relpartbound, oid), 'FROM \\(''([0-9a-f-]+)'))[1] as first
        from pg_class where relname = ${`workflow_runs_${month(0)}`}`,
    ),
  );
  for (const table of ["workflow_runs", "run_log"]) {
    for (const name of [...NEXT, "after"]) await sql.unsafe(`drop table ${table}_${name}`);
    await sql.unsafe(`create table ${table}_after partition of ${table}
      for values from ('${low}') to ('04000000-0000-0000-0000-000000000000')`);
  }
  const held = await world.claimByMessage(await world.runs(3));
  await world.storage.saveProgress(held.map((run) => progress(run, { entries: "[]" })));
  const opened = await Promise.all(Array.from({ length: 5 }, () => openPostgresStorage(options)));
  for (const table of ["workflow_runs", "run_log"]) expect(await monthsOf(sql, table)).toEqual(NEXT);
  expect(await sql.unsafe(`select count(*)::integer as runs from workflow_runs_${month(0)}`)).toMatchObject([
    { runs: 3 },
  ]);
  expect(await sql.unsafe(`select count(*)::integer as rows from run_log_${month(0)}`)).toMatchObject([{ rows: 3 }]);
  await world.storage.saveProgress(held.map((run) => progress({ ...run, logLength: 1 }, { next: END })));
  for (const { uuid } of held) expect(await world.find(uuid)).toMatchObject({ status: "success" });
  await Promise.all([first, ...opened].map(({ storage }) => storage.close()));
});

test("a run of any uuid is stored, claimed, ended and found", async () => {
  const { sql, options } = await databaseFor("partitions_odd");
  const { storage } = await openPostgresStorage(options);
  const world = await World.open({ open: async () => storage, takesClock: false });
  const workflow = await world.workflow();
  const odd = [
    "00000000-0000-0000-0000-000000000000",
    "00000000-0000-4000-8000-000000000001",
    newId(Date.UTC(1999, 0, 1)),
    newId(Date.UTC(2040, 0, 1)),
    crypto.randomUUID(),
    "ffffffff-ffff-ffff-ffff-fffffffffffe",
  ];
  // As another program stores them.
  for (const uuid of odd) {
    await sql`insert into workflow_runs (uuid, workflow_id, status, payload) values (${uuid}, ${workflow}, 'pending', '{}')`;
  }
  const claimed = await world.claimDue();
  expect(claimed.map(({ uuid }) => uuid).sort()).toEqual(odd.toSorted());
  await storage.saveProgress(claimed.map((run) => progress(run, { next: END })));
  for (const uuid of odd) expect(await world.find(uuid)).toMatchObject({ status: "success" });
  const listed = await storage.listRuns({ namespace: "default", limit: 10, order: "desc", after: null });
  expect(listed.map(({ uuid }) => uuid)).toEqual(odd.toSorted().reverse());
  await storage.close();
});

test("what is asked of runs by their uuids looks into their month alone", async () => {
  const { sql, options } = await databaseFor("partitions_pruned");
  const open = async () => {
    const { storage } = await openPostgresStorage(options);
    return World.open({ open: async () => storage, takesClock: false });
  };
  const first = await open();
  const workflow = await first.workflow({ id: "orders" });
  // The newest that the next start finds.
  await first.run();
  // The counters of a connection are written when it ends.
  await first.storage.close();
  // A start looks for the newest id up to a day ahead: on the last day of a month that is in the next one.
  const own = new Set([month(0), monthOf(new Date(Date.now() + DAY))]);
  const looks = async () => {
    const rows = await sql`select relname, seq_scan::integer as seq, idx_scan::integer as idx from pg_stat_user_tables
      where relname ~ '^(workflow_runs|run_log)_' and relname !~ ${[...own].join("|")} order by relname`;
    return Array.from(rows);
  };
  await Bun.sleep(1500);
  const before = await looks();
  expect(before.length).toBe(2 * (7 - own.size));
  const world = await open();
  const { storage } = world;
  const items = Array.from({ length: 60 }, (_, index) => world.newRun(index % 2 === 0 ? workflow : "orders"));
  await storage.insertRuns(items);
  await storage.insertRuns(items);
  const uuids = items.map(({ uuid }) => uuid);
  const { unclaimed } = await storage.findUnclaimed(keysOf(uuids), 1_000_000);
  const startedAt = world.now();
  await storage.saveProgress(
    unclaimed
      .slice(0, 20)
      .map(({ uuid, ...told }) => progress({ uuid, token: 0, logLength: 0 }, { startedAt, told, next: END })),
  );
  const claimed = [...(await world.claimByMessage(uuids.slice(0, 40))), ...(await world.claimDue(20))];
  await storage.saveProgress(claimed.map((run) => progress(run, { entries: "[]" })));
  await storage.saveProgress(claimed.map((run) => progress({ ...run, logLength: 1 }, { next: END })));
  await world.findRuns(uuids);
  await world.stored(uuids);
  await storage.requestControl(uuids.map((uuid) => ({ namespace: "default", uuid, kind: "cancel" as const })));
  await storage.owedEvents?.sent(uuids);
  await world.claimDue(10, 1_000_000, MINUTE, MINUTE);
  await storage.close();
  await Bun.sleep(1500);
  expect(await looks()).toEqual(before);
});
