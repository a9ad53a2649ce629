/** What the metrics say of the database: measured once for all processes, and within bounds. */
import { afterAll, expect, test } from "bun:test";
import type { Sql } from "postgres";
import { MINUTE, present, progress, World } from "../../../tests/contracts/storage/kit.ts";
import { MOST_COUNTED } from "../port/finding/figures.ts";
import { connect, newDatabase, optionsFor } from "./database.fixture.ts";
import { openPostgresStorage } from "./index.ts";

const END = { kind: "end", status: "success", error: null, stepResults: "{}" } as const;

const closing: (() => Promise<void>)[] = [];
afterAll(() => Promise.all(closing.map((close) => close())));

async function open(name: string, processes: number): Promise<{ worlds: World[]; sql: Sql }> {
  const { url } = await newDatabase(name);
  const opened = Array.from({ length: processes }, () => openPostgresStorage({ ...optionsFor(url), owesEvents: true }));
  const storages = (await Promise.all(opened)).map(({ storage }) => storage);
  const sql = connect(url);
  closing.push(...storages.map((storage) => () => storage.close()), () => sql.end());
  const worlds = storages.map((storage) => World.open({ open: async () => storage, takesClock: false }));
  return { worlds: await Promise.all(worlds), sql };
}

/** As if the last measuring was some time ago. */
async function age(sql: Sql): Promise<void> {
  await sql`update figures set measured_at = measured_at - interval '11 seconds'`;
}

test("processes are given what one of them measured in the last ten seconds", async () => {
  const { worlds, sql } = await open("figures_shared", 4);
  const figures = () => Promise.all(worlds.map(({ storage }) => storage.figures()));
  const [first] = worlds;
  expect((await figures()).map(({ due }) => due)).toEqual([0, 0, 0, 0]);
  await present(first).runs(3);
  expect((await figures()).map(({ due }) => due)).toEqual([0, 0, 0, 0]);
  await age(sql);
  const [before] = await sql`select xmin::text from figures`;
  const asked = await figures();
  expect(asked.some(({ due }) => due === 3)).toBe(true);
  expect((await figures()).map(({ due }) => due)).toEqual([3, 3, 3, 3]);
  const [after] = await sql`select xmin::text from figures`;
  expect(after).not.toEqual(before);
});

test("owed events are counted up to a bound, and runs that ended are neither due nor asleep", async () => {
  const { worlds, sql } = await open("figures_owed", 1);
  const world = present(worlds[0]);
  const { storage } = world;
  const held = await world.claimByMessage(await world.runs(2));
  await storage.saveProgress(held.map((run) => progress(run, { next: END })));
  await sql`update run_queue set due_at = now() - interval '1 second' where run_uuid = ${present(held[0]).uuid}`;
  expect(await storage.figures()).toMatchObject({ due: 0, asleep: 0, owed: 0, monthsAhead: 3, oldestEndedAt: null });
  const rows = MOST_COUNTED + 50;
  await sql`insert into owed_events (run_uuid, due_at) select gen_random_uuid(), now() from generate_series(1, ${rows})`;
  const { uuid: first } = present(held[0]);
  await sql`insert into owed_events (run_uuid, due_at) values (${first}, now())`;
  await age(sql);
  expect(await storage.figures()).toMatchObject({ owed: MOST_COUNTED });
  await sql`delete from owed_events where run_uuid <> ${first}`;
  await age(sql);
  expect((await storage.figures()).oldestOwedAt).toBeWithin(world.now() - MINUTE, world.now() + 1);
});

test("of very many that wait no more than so many are looked at", async () => {
  const { worlds, sql } = await open("figures_waiting", 1);
  const rows = MOST_COUNTED + 100;
  const add = (count: number, dueAt: string, pausedAt: string | null) =>
    sql`insert into run_queue (run_uuid, namespace, started_at, due_at, paused_at)
      select gen_random_uuid(), 'default', now(), ${dueAt}::text::timestamptz, ${pausedAt}::text::timestamptz from generate_series(1, ${count}::integer)`;
  await add(3, "infinity", null);
  await add(rows, "infinity", "2020-01-01");
  await add(2, "infinity", null);
  await add(rows, "2999-01-01", null);
  const figures = { asleep: MOST_COUNTED, waiting: 3, paused: MOST_COUNTED };
  expect(await present(worlds[0]).storage.figures()).toMatchObject(figures);
});

test("the end of the first month is known once it is over", async () => {
  const { worlds, sql } = await open("figures_months", 1);
  const now = new Date();
  const [last, current] = [-1, 0].map((months) => Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + months, 1));
  const uuidOf = (time = 0) =>
    `${time
      .toString(16)
      .padStart(12, "0")
      .replace(/^(.{8})/, "$1-")}-0000-0000-000000000000`;
  await sql.unsafe(`drop table workflow_runs_past;
    create table workflow_runs_past partition of workflow_runs for values from (minvalue) to ('${uuidOf(last)}');
    create table workflow_runs_before partition of workflow_runs for values from ('${uuidOf(last)}') to ('${uuidOf(current)}')`);
  expect(await present(worlds[0]).storage.figures()).toMatchObject({ oldestEndedAt: current ?? 0 });
});
