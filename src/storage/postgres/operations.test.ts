/** What only PostgreSQL has: migrations that race, rows of other programs, owed events, and plans on a large table. */
import { afterAll, describe, expect, test } from "bun:test";
import type { Sql } from "postgres";
import { keysOf, MINUTE, NAMESPACE, only, progress, World } from "../../../tests/contracts/storage/kit.ts";
import { Random } from "../../../tests/simulation/scheduler.ts";
import { StartError } from "../../errors.ts";
import { newId } from "../../ids.ts";
import { inJsonbOrder, type Json } from "../../schemas/json/json.ts";
import type { Progress, Storage } from "../port.ts";
import { connect, newDatabase, optionsFor } from "./database.fixture.ts";
import { openPostgresStorage } from "./index.ts";

const ROWS = process.env.TEST_SIZE === "full" ? 1_000_000 : 100_000;
const PROCESSES = 10;
const NOTHING = { runs: keysOf([newId(0)]), worker: newId(0), maxBytes: 1 };
const END: Progress["next"] = { kind: "end", status: "success", error: null, stepResults: "{}" };

const connections: Sql[] = [];
afterAll(() => Promise.all(connections.map((sql) => sql.end())));

async function databaseFor(name: string) {
  const database = await newDatabase(name);
  const sql = connect(database.url);
  connections.push(sql);
  return { ...database, sql };
}

/** A world over a storage of these options; the storage is closed at the end. */
async function inWorld(options: Parameters<typeof openPostgresStorage>[0], body: (world: World) => Promise<void>) {
  const { storage } = await openPostgresStorage(options);
  const world = await World.open({ open: async () => storage, takesClock: false });
  try {
    await body(world);
  } finally {
    await storage.close();
  }
}

/** Completed events that the broker is owed. */
async function countOwed(sql: Sql): Promise<number> {
  const [row] = await sql<{ owed: number }[]>`select
    (select count(*)::integer from owed_events) + (select count(*)::integer from run_queue where ended) as owed`;
  return row?.owed ?? Number.NaN;
}

/** Holds a new run, ended by this worker. */
async function ended(world: World): Promise<string> {
  const run = await world.held();
  await world.save(progress(run, { next: END }));
  return run.uuid;
}

test("statements with and without parameters at once are all answered through PgBouncer", async () => {
  const { url, pooledUrl } = await databaseFor("operations_pooled");
  await inWorld(optionsFor(pooledUrl, url), async ({ storage }) => {
    for (let round = 0; round < 200; round++) {
      const asked = Array.from({ length: 40 }, (_, index) =>
        index % 2 === 0 ? storage.nextDue(0) : storage.claimByMessage({ ...NOTHING, claimId: newId(index) }),
      );
      await Promise.all(asked);
    }
  });
});

describe("migrations", () => {
  test(`${PROCESSES} that start at once migrate once`, async () => {
    const { url, sql } = await databaseFor("operations_migrate");
    const opened = await Promise.all(Array.from({ length: PROCESSES }, () => openPostgresStorage(optionsFor(url))));
    await Promise.all(opened.map(({ storage }) => storage.close()));
    const rows = await sql`select version, count(*)::integer as times from schema_migrations group by version`;
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.every(({ times }) => times === 1)).toBe(true);
  });

  test("an edited one and a newer database are refused with a sentence", async () => {
    const { url, sql } = await databaseFor("operations_edited");
    await (await openPostgresStorage(optionsFor(url))).storage.close();
    await sql`update schema_migrations set checksum = 'x' where version = 1`;
    expect(openPostgresStorage(optionsFor(url))).rejects.toThrow(StartError);
    await sql`delete from schema_migrations`;
    await sql`insert into schema_migrations (version, name, checksum) values (999, 'future', 'x')`;
    expect(openPostgresStorage(optionsFor(url))).rejects.toThrow(/newer version/);
  });

  test("a password that is wrong is one sentence, at once and without the password", async () => {
    const { url } = await databaseFor("operations_password");
    const wrong = url.replace(/:[^:@/]*@/, ":notthepassword@");
    const error = await openPostgresStorage(optionsFor(wrong)).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(StartError);
    expect(String(error)).not.toContain("notthepassword");
  });
});

test("turns that count for nothing are forgotten, however many come in a minute", async () => {
  const { url, sql } = await databaseFor("operations_turns");
  await inWorld(optionsFor(url), async (world) => {
    const workflow = await world.workflow();
    // Each user's own rate: nobody comes to most of these lines again.
    await sql`insert into run_turns (run_uuid, namespace, workflow_uuid, line, cancels_oldest, rate_key, rate_most, rate_per, begun_at)
      select gen_random_uuid(), ${NAMESPACE}, ${workflow}, 'user ' || n, false, 'user ' || n, 1, 60000, now() - interval '2 minutes'
      from generate_series(1, 2500) as n`;
    let steps = 1;
    while (await world.storage.maintain(null)) steps++;
    expect(steps).toBe(3);
    expect([...(await sql`select count(*)::integer as left from run_turns`)]).toEqual([{ left: 0 }]);
  });
});

test("a row with the contract's columns alone is found by the sweep and can be run", async () => {
  const { url, sql } = await databaseFor("operations_foreign");
  await inWorld(optionsFor(url), async (world) => {
    const workflow = await world.workflow();
    const uuid = newId(Date.now());
    await sql`insert into workflow_runs (uuid, workflow_id, status, payload) values (${uuid}, ${workflow}, 'pending', '{"n": 1}')`;
    const run = only(await world.claimDue());
    expect(run).toMatchObject({ uuid, workflowUuid: workflow, workflowVersion: 1, token: 1 });
    await world.save({ namespace: NAMESPACE, uuid, token: 1, seq: 0, entries: null, crashes: 0, next: END });
    expect(await world.find(uuid)).toMatchObject({ status: "success" });
  });
});

test("a definition that was stored in language 1 means what it meant", async () => {
  const { url, sql } = await databaseFor("operations_language");
  await inWorld(optionsFor(url), async (world) => {
    const steps = JSON.stringify([{ name: "x", type: "transform", config: { value: "${{ a }} ${b}" } }]);
    const [old, young] = [await world.workflow({ steps }), await world.workflow({ steps })];
    await sql`insert into workflow_versions (workflow_uuid, version, name, steps, created_at)
      select workflow_uuid, 2, name, steps, created_at from workflow_versions where workflow_uuid = ${old}`;
    const key = { namespace: NAMESPACE, workflowUuid: old, version: 2 };
    expect(await world.storage.findVersions([key, { ...key, workflowUuid: young, version: 1 }])).toEqual([
      `{"steps":${steps.replace("${{", () => "$${{")}}`,
      `{"steps":${steps}}`,
    ]);
    const shown = await world.storage.findWorkflows([{ namespace: NAMESPACE, reference: old, version: 2 }]);
    expect(shown).toMatchObject([{ steps }]);
  });
});

test("a payload that a message brings has its keys in the order of the row's", async () => {
  const { sql } = await databaseFor("operations_keys");
  // Seeded: a failure names the payload, which is all that is needed to see it again.
  const random = new Random(7);
  const letters = ["a", "b", "Z", "é", "ž", "€", "\uffee", "\u{1f600}", "0", "10", "_", " "];
  const text = () => Array.from({ length: random.below(4) }, () => random.pick(letters)).join("");
  const any = (depth: number): Json => {
    if (depth === 0) return random.pick([random.below(100) / 4, text(), null, true]);
    if (random.chance(1 / 3)) return Array.from({ length: random.below(3) }, () => any(depth - 1));
    return Object.fromEntries(Array.from({ length: random.below(5) }, () => [text(), any(depth - 1)]));
  };
  for (let round = 0; round < 300; round++) {
    const payload = any(4);
    const [row] = await sql<{ text: string }[]>`select ${JSON.stringify(payload)}::text::jsonb::text as text`;
    const parsed: Json = JSON.parse(row?.text ?? "");
    expect(JSON.stringify(inJsonbOrder(payload))).toBe(JSON.stringify(parsed));
  }
});

test("claims, checkpoints and ends of a run change no index of workflow_runs, nor do checkpoints and ends of run_queue", async () => {
  const { url, sql } = await databaseFor("operations_hot");
  await inWorld({ ...optionsFor(url), owesEvents: true }, async (world) => {
    // Told of by messages that have their time: their ends leave it as it is when their events are due.
    const unclaimed = await world.runs(100, { graceMilliseconds: MINUTE });
    const fields = { startedAt: world.now(), next: END };
    await world.storage.saveProgress(unclaimed.map((uuid) => progress({ uuid, token: 0, logLength: 0 }, fields)));
    const held = await world.claimByMessage(await world.runs(100));
    await world.storage.saveProgress(held.map((run) => progress(run, { entries: "[]" })));
    await world.storage.saveProgress(held.map((run) => progress({ ...run, logLength: 1 }, { next: END })));
  });
  // The counters of a connection are written when it ends.
  await Bun.sleep(1500);
  const rows = await sql`select sum(n_tup_upd)::integer as updates, sum(n_tup_hot_upd)::integer as hot
    from pg_stat_user_tables where relname like 'workflow_runs_%' or relname = 'run_queue' group by relname = 'run_queue' order by 1`;
  const [runs, queue] = rows;
  expect(runs).toEqual({ updates: 200, hot: 200 });
  // The claims and the ends of held runs change when they are due; the rest does not. A page may be full for a moment.
  expect(queue?.updates).toBe(400);
  expect(queue?.hot).toBeGreaterThan(160);
});

describe("completed events", () => {
  test("a run that ends owes one until it is sent; it is taken when overdue, by one", async () => {
    const { url, sql } = await databaseFor("operations_events");
    await inWorld({ ...optionsFor(url), owesEvents: true }, async (world) => {
      const uuids = [await ended(world), await ended(world), await ended(world)];
      const take = async (storage: Storage) => (await storage.owedEvents?.take(10)) ?? [];
      expect(await world.claimDue()).toEqual([]);
      expect(await take(world.storage)).toEqual([]);
      expect(await countOwed(sql)).toBe(3);
      await sql`update run_queue set due_at = now() - interval '1 second' where run_uuid <> ${uuids[2] ?? ""}`;
      // Whatever is due behind them is claimed all the same, and each of them stays ended.
      const due = await world.run();
      expect(await world.claimDue(1)).toMatchObject([{ uuid: due }]);
      expect(await world.claimDue(1)).toEqual([]);
      for (const uuid of uuids) expect(await world.find(uuid)).toMatchObject({ status: "success" });
      const taken = (await Promise.all([take(world.storage), take(world.storage)])).flat();
      expect(taken.map(({ run_id }) => run_id).sort()).toEqual(uuids.slice(0, 2).sort());
      expect(taken[0]).toMatchObject({ status: "success", error: null });
      await world.storage.owedEvents?.sent(uuids);
      expect(await countOwed(sql)).toBe(0);
    });
  });

  test("without a broker nothing is owed", async () => {
    const { url, sql } = await databaseFor("operations_no_events");
    await inWorld(optionsFor(url), async (world) => {
      await ended(world);
      expect(world.storage.owedEvents).toBeNull();
      expect(await countOwed(sql)).toBe(0);
    });
  });
});

test(`with ${ROWS} runs stored no hot statement scans the table`, async () => {
  const { url, sql } = await databaseFor("operations_plans");
  await (await openPostgresStorage(optionsFor(url))).storage.close();
  // Of this month, right before now.
  const uuid = `('${newId(Date.now() - 10_000).slice(0, 13)}-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid`;
  await sql.unsafe(`insert into workflow_runs (uuid, namespace, workflow_id, status, payload, started_at, completed_at)
    select ${uuid}, 'default', gen_random_uuid(), 'success', '{}', now(), now() from generate_series(1, ${ROWS}) as n`);
  // Sleeping ones, each with a log.
  await sql.unsafe(`insert into run_queue (run_uuid, namespace, due_at, started_at, token, log_length)
    select ${uuid}, 'default', now() + interval '1 day', now(), 1, 1 from generate_series(1, ${ROWS / 10}) as n`);
  await sql.unsafe(`insert into run_log (run_uuid, seq, token, entries)
    select ${uuid}, 0, 1, '[]' from generate_series(1, ${ROWS / 10}) as n`);
  await sql.unsafe("analyze");
  const scans = async () => {
    const rows = await sql`select relname, seq_scan::integer as scans from pg_stat_user_tables
      where relname ~ '^(workflow_runs|run_queue|run_log)' order by relname`;
    return Array.from(rows);
  };
  const before = await scans();
  await inWorld({ ...optionsFor(url), owesEvents: true }, async (world) => {
    const { storage } = world;
    const workflow = await world.workflow({ id: "orders" });
    const items = Array.from({ length: 300 }, (_, index) => world.newRun(index % 2 === 0 ? workflow : "orders"));
    await storage.insertRuns(items);
    const uuids = items.map(({ uuid }) => uuid);
    const claimed = [...(await world.claimByMessage(uuids.slice(0, 100))), ...(await world.claimDue(100))];
    expect(claimed).toHaveLength(200);
    const { unclaimed } = await storage.findUnclaimed(keysOf(uuids), 1_000_000);
    expect(unclaimed).toHaveLength(100);
    const startedAt = world.now();
    await storage.saveProgress(
      unclaimed
        .slice(0, 50)
        .map(({ uuid, ...told }) => progress({ uuid, token: 0, logLength: 0 }, { startedAt, told, next: END })),
    );
    await world.renew(only(claimed.slice(0, 1)), MINUTE);
    await storage.saveProgress(claimed.map((run) => progress(run, { entries: "[]" })));
    await storage.saveProgress(claimed.map((run) => progress({ ...run, logLength: 1 }, { next: END })));
    await storage.owedEvents?.take(100);
    await storage.owedEvents?.sent(uuids);
    await world.findRuns(uuids);
    await storage.nextDue(0);
    await storage.nextDue(MINUTE);
    await world.claimDue(100, 1_000_000, MINUTE, MINUTE);
    for (const order of ["asc", "desc"] as const) {
      await storage.listRuns({ namespace: "default", limit: 50, order, after: null });
      await storage.listRuns({ namespace: "default", limit: 50, order, after: uuids[0] ?? null });
    }
  });
  // The counters of a connection are written when it ends.
  await Bun.sleep(1500);
  expect(await scans()).toEqual(before);
});
