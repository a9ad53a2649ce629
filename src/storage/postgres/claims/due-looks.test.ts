/** Looks for what is due, over the index entries of many runs that ended while a transaction kept an old snapshot. */
import { afterAll, expect, test } from "bun:test";
import type { Sql } from "postgres";
import { MINUTE, only, progress, uuidsOf, World } from "../../../../tests/contracts/storage/kit.ts";
import { type Clock, systemClock } from "../../../clock.ts";
import { connect, newDatabase, optionsFor } from "../database.fixture.ts";
import { openPostgresStorage } from "../index.ts";

/** Each has an entry in three indexes. */
const DEAD = 20_000;
const LOOKS = 30;

const connections: Sql[] = [];
afterAll(() => Promise.all(connections.map((sql) => sql.end())));

interface Bloated {
  world: World;
  /** Moves the monotonic clock on. */
  skip(milliseconds: number): void;
  /** Index entries that were walked for looks and claims by what is over. Closes the storage. */
  walked(): Promise<number>;
}

/** A storage in which many runs that were due long ago, begun, and held by one worker were deleted under an old snapshot. */
async function bloated(name: string): Promise<Bloated> {
  const { url } = await newDatabase(name);
  const [sql, holder] = [connect(url), connect(url)];
  connections.push(sql, holder);
  let skipped = 0;
  const machine: Clock = { ...systemClock, monotonic: () => systemClock.monotonic() + skipped };
  const { storage } = await openPostgresStorage({ ...optionsFor(url), machine });
  const world = await World.open({ open: async () => storage, takesClock: false });
  const { worker } = await world.mark();
  await holder.unsafe("begin isolation level repeatable read; select 1 from run_queue").simple();
  await sql`insert into run_queue (run_uuid, namespace, due_at, started_at, holder)
    select gen_random_uuid(), 'default', now() - interval '5 minutes' + n * interval '5 milliseconds', now(), ${worker}
    from generate_series(1, ${DEAD}::integer) as n`;
  await sql`delete from run_queue`;
  return {
    world,
    skip: (milliseconds) => {
      skipped += milliseconds;
    },
    walked: async () => {
      // The counters of a connection are written when it ends.
      await storage.close();
      await Bun.sleep(1500);
      const [row] = await sql<{ entries: number }[]>`select sum(idx_tup_read)::integer as entries
        from pg_stat_user_indexes where indexrelname in ('run_queue_due', 'run_queue_due_begun', 'run_queue_by_holder')`;
      return row?.entries ?? Number.NaN;
    },
  };
}

test("what a snapshot keeps is walked once, and what falls due meanwhile is found", async () => {
  const { world, walked } = await bloated("looks_bounded");
  const { storage } = world;
  for (let look = 0; look < LOOKS; look++) {
    await storage.nextDue(0);
    await storage.nextDue(MINUTE);
    expect(await world.claimDue(10, 1000, MINUTE, look % 2 === 0 ? 0 : MINUTE)).toEqual([]);
  }
  const uuid = await world.run();
  expect(await storage.nextDue(0)).toBeLessThanOrEqual(world.now());
  const run = only(await world.claimDue());
  expect(run).toMatchObject({ uuid, token: 1 });
  await world.save(progress(run, { next: { kind: "due", dueAt: world.now() - 1000 } }));
  expect(await storage.nextDue(MINUTE)).toBeLessThanOrEqual(world.now());
  expect(await world.claimDue(10, 1000, MINUTE, MINUTE)).toMatchObject([{ uuid, token: 2 }]);
  // So are the runs of a worker whose lease is over.
  const lapsing = await world.mark();
  const held = await world.run({ claim: lapsing });
  await world.endLease(lapsing);
  expect(await storage.nextDue(0)).toBeLessThanOrEqual(world.now());
  expect(await world.claimDue()).toMatchObject([{ uuid: held, token: 2 }]);
  const entries = await walked();
  expect(entries).toBeGreaterThan(3 * DEAD);
  expect(entries).toBeLessThan(3.1 * DEAD);
});

test("a run that was due long before it was written, and those of a worker whose lease ended long ago, are found by the next whole look", async () => {
  const { world, skip } = await bloated("looks_late");
  const { storage } = world;
  const run = await world.held();
  const lapsing = await world.mark();
  const held = await world.run({ claim: lapsing });
  await storage.nextDue(0);
  const dueAt = world.now() - MINUTE;
  await world.save(progress(run, { next: { kind: "due", dueAt } }));
  await storage.renewLease({ worker: lapsing.worker, leaseMilliseconds: -MINUTE });
  expect(await storage.nextDue(0)).toBeGreaterThan(world.now());
  expect(await world.claimDue()).toEqual([]);
  skip(11_000);
  expect(await storage.nextDue(0)).toBe(dueAt);
  const found = uuidsOf(await world.claimDue());
  expect(found.sort()).toEqual([run.uuid, held].sort());
});

test("a claim of a few of many that are due reads few, also where its plan was made for an empty table", async () => {
  const { url } = await newDatabase("looks_plan");
  const sql = connect(url);
  connections.push(sql);
  const { storage } = await openPostgresStorage(optionsFor(url));
  const world = await World.open({ open: async () => storage, takesClock: false });
  const fill = () => sql`insert into run_queue (run_uuid, namespace, due_at, started_at)
    select gen_random_uuid(), 'default', now() - n * interval '0.1 milliseconds', now() from generate_series(1, ${DEAD}::integer) as n`;
  await fill();
  await sql`delete from run_queue`;
  await sql.unsafe("analyze run_queue");
  await storage.nextDue(0);
  await world.claimDue(10);
  await fill();
  for (const patience of [0, MINUTE]) {
    await storage.nextDue(patience);
    await world.claimDue(10, 1000, MINUTE, patience);
  }
  await storage.close();
  await Bun.sleep(1500);
  const [row] = await sql<{ entries: number }[]>`select sum(idx_tup_read)::integer as entries
    from pg_stat_user_indexes where indexrelname in ('run_queue_due', 'run_queue_due_begun')`;
  // The first look walked those that were deleted.
  expect(row?.entries).toBeLessThan(2.1 * DEAD);
});

test("of runs with large payloads a claim reads few more than it has room for", async () => {
  const { url } = await newDatabase("looks_large");
  const sql = connect(url);
  connections.push(sql);
  const { storage } = await openPostgresStorage(optionsFor(url));
  const world = await World.open({ open: async () => storage, takesClock: false });
  // Random, so that nothing makes it smaller: in pieces of 2 KB beside the table.
  const payload = () =>
    JSON.stringify({ pad: Buffer.from(crypto.getRandomValues(new Uint8Array(15_000))).toString("base64") });
  const [COUNT, PIECES, ROOM] = [100, 11, 5];
  await Promise.all(Array.from({ length: COUNT }, () => world.run({ payload: payload() })));
  let claimed = 0;
  while (claimed < COUNT) {
    const some = await world.claimDue(COUNT, ROOM * payload().length);
    expect(some.length).toBeGreaterThan(0);
    claimed += some.length;
  }
  await storage.close();
  await Bun.sleep(1500);
  const [row] = await sql<{ pieces: number }[]>`select sum(toast.idx_tup_fetch)::integer as pieces from pg_class c
    join pg_stat_all_tables toast on toast.relid = c.reltoastrelid where c.relname like ${"workflow_runs%"}`;
  // Each claim of all that are left would read some thousand payloads.
  expect(row?.pieces).toBeGreaterThan(COUNT * PIECES * 0.8);
  expect(row?.pieces).toBeLessThan(4 * COUNT * PIECES);
});
