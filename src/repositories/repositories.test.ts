/** The repositories on a real storage, with each kind of cache: what is asked of the database, and what is seen. */
import { afterAll, beforeAll, describe, expect, spyOn, test } from "bun:test";
import { openInProcessCache } from "../cache/in-process.ts";
import type { Cache } from "../cache/port.ts";
import { openCache, RedisServer, until, untilTrusted } from "../cache/redis/server.fixture.ts";
import { systemClock } from "../clock.ts";
import { newId } from "../ids.ts";
import { World } from "../storage/contract/kit.ts";
import type { Storage, WorkflowRecord } from "../storage/port.ts";
import { openMemoryStorage } from "../storage/sqlite/index.ts";
import { RunRepository } from "./runs.ts";
import { WorkflowRepository } from "./workflows.ts";

const namespace = "default";

/** A database and the repositories of two processes. */
class Platform {
  readonly storage: Storage;
  readonly world: World;
  readonly workflows: [WorkflowRepository, WorkflowRepository];
  readonly runs: [RunRepository, RunRepository];

  private constructor(world: World, one: Cache, other: Cache) {
    this.world = world;
    this.storage = world.storage;
    this.workflows = [
      new WorkflowRepository(this.storage, one, systemClock),
      new WorkflowRepository(this.storage, other, systemClock),
    ];
    this.runs = [
      new RunRepository(this.storage, one, systemClock, () => null),
      new RunRepository(this.storage, other, systemClock, () => null),
    ];
  }

  static async open(one: Cache, other: Cache): Promise<Platform> {
    const adapter = { open: async () => openMemoryStorage(systemClock), takesClock: false };
    return new Platform(await World.open(adapter), one, other);
  }

  /** What a process finds by a reference, and how often it asked the database for it. */
  async find(process: 0 | 1, reference: string, version: number | null = null) {
    const spy = spyOn(this.storage, "findWorkflows");
    const found = await this.workflows[process].find({ namespace, reference, version });
    const asked = spy.mock.calls.length;
    spy.mockRestore();
    return { name: found?.name ?? null, version: found?.version ?? null, asked };
  }

  async findRun(process: 0 | 1, uuid: string) {
    const spy = spyOn(this.storage, "findRuns");
    const found = await this.runs[process].find(uuid);
    const asked = spy.mock.calls.length;
    spy.mockRestore();
    return { status: found?.status ?? null, asked };
  }

  /** What a process finds once its answer is in the cache, so far as it ever gets there. */
  async findKept(process: 0 | 1, reference: string) {
    for (let count = 0; count < 20; count++) {
      const found = await this.find(process, reference);
      if (found.asked === 0) return found;
      await Bun.sleep(2);
    }
    return this.find(process, reference);
  }
}

const changed = (reference: string) => ({
  namespace,
  reference,
  id: undefined,
  name: "changed",
  description: null,
  steps: "[]",
});

let redis: RedisServer;
let shared: [Cache, Cache];

beforeAll(async () => {
  redis = await RedisServer.start();
  shared = [openCache(redis.url).cache, openCache(redis.url).cache];
  await Promise.all(shared.map(untilTrusted));
}, 30_000);

afterAll(async () => {
  await Promise.all(shared.map((cache) => cache.close()));
  await redis.stop();
});

const inProcess = (alone: boolean) => openInProcessCache({ clock: systemClock, alone });
const modes: { mode: string; keepsWorkflows: boolean; caches(): [Cache, Cache] }[] = [
  {
    mode: "embedded",
    keepsWorkflows: true,
    caches: () => {
      const cache = inProcess(true);
      return [cache, cache];
    },
  },
  { mode: "PostgreSQL alone", keepsWorkflows: false, caches: () => [inProcess(false), inProcess(false)] },
  { mode: "Redis", keepsWorkflows: true, caches: () => shared },
];

for (const { mode, keepsWorkflows, caches } of modes) {
  describe(mode, () => {
    const open = () => Platform.open(...caches());
    const asked = keepsWorkflows ? 0 : 1;

    test("the newest version by uuid is kept, and a change of it is seen at once by both", async () => {
      const platform = await open();
      const uuid = await platform.world.workflow();
      await platform.findKept(0, uuid);
      expect(await platform.findKept(1, uuid)).toEqual({ name: "a workflow", version: 1, asked });
      expect(await platform.findKept(1, uuid.toUpperCase())).toEqual({ name: "a workflow", version: 1, asked });
      expect(await platform.workflows[0].update(changed(uuid))).toEqual({ uuid, version: 2 });
      for (const process of [0, 1] as const) {
        expect(await platform.findKept(process, uuid)).toEqual({ name: "changed", version: 2, asked });
      }
      await platform.workflows[1].delete({ namespace, reference: uuid });
      for (const process of [0, 1] as const) expect(await platform.find(process, uuid)).toMatchObject({ name: null });
    });

    test("a change by its author's id is seen at once, too", async () => {
      const platform = await open();
      const id = `orders ${newId(Date.now())}`;
      const uuid = await platform.world.workflow({ id });
      await platform.findKept(1, uuid);
      await platform.workflows[0].update(changed(id));
      expect(await platform.findKept(1, uuid)).toMatchObject({ name: "changed", version: 2 });
      await platform.workflows[0].delete({ namespace, reference: id });
      expect(await platform.find(1, uuid)).toMatchObject({ name: null });
    });

    test("by its author's id, or of an older version, the database is asked", async () => {
      const platform = await open();
      const [id, mine] = [newId(Date.now()), { name: "mine" }];
      const uuid = await platform.world.workflow({ id, ...mine });
      for (let count = 0; count < 3; count++) {
        expect(await platform.find(0, id)).toEqual({ name: "mine", version: 1, asked: 1 });
        expect(await platform.find(1, uuid, 1)).toEqual({ name: "mine", version: 1, asked: 1 });
        await Bun.sleep(2);
      }
      // An id of a uuid's form: another workflow takes it.
      await platform.world.workflow({ id, name: "newer" });
      expect(await platform.find(0, id)).toMatchObject({ name: "newer" });
    });

    test("what there is not is not kept, and namespaces do not see each other", async () => {
      const platform = await open();
      const item = platform.world.newWorkflow();
      expect(await platform.find(0, item.uuid)).toMatchObject({ name: null });
      await platform.workflows[1].insert(item);
      expect(await platform.findKept(0, item.uuid)).toMatchObject({ name: "a workflow" });
      const theirs = { namespace: "theirs", reference: item.uuid, version: null };
      expect(await platform.workflows[0].find(theirs)).toBeNull();
      await expect(platform.workflows[0].update({ ...changed(item.uuid), namespace: "theirs" })).rejects.toThrow(
        "not found",
      );
      expect(await platform.find(0, item.uuid)).toMatchObject({ name: "a workflow" });
    });

    test("a run is kept once it ended, and not before", async () => {
      const platform = await open();
      const run = await platform.world.held();
      for (let count = 0; count < 3; count++) {
        expect(await platform.findRun(0, run.uuid)).toEqual({ status: "running", asked: 1 });
        await Bun.sleep(2);
      }
      const end = { kind: "end", status: "success", error: null, stepResults: "{}" } as const;
      await platform.world.save({
        uuid: run.uuid,
        token: run.token,
        logLength: 0,
        entries: null,
        crashes: 0,
        next: end,
      });
      expect(await platform.findRun(1, run.uuid)).toEqual({ status: "success", asked: 1 });
      await until("it is kept", async () => (await platform.findRun(1, run.uuid)).asked === 0);
      expect(await platform.findRun(1, run.uuid)).toEqual({ status: "success", asked: 0 });
      expect(await platform.runs[1].find(run.uuid)).toEqual(await platform.world.find(run.uuid));
    });

    test("many at once, known and unknown, each get their own", async () => {
      const platform = await open();
      const uuids = await Promise.all(
        Array.from({ length: 100 }, (_, index) => platform.world.workflow({ name: `${index}` })),
      );
      await Promise.all(uuids.slice(0, 50).map((uuid) => platform.findKept(0, uuid)));
      const mixed = uuids.flatMap((uuid) => [uuid, newId(Date.now())]);
      const find = (reference: string) => platform.workflows[1].find({ namespace, reference, version: null });
      const found: (WorkflowRecord | null)[] = await Promise.all(mixed.map(find));
      expect(found.map((row) => row?.name ?? null)).toEqual(uuids.flatMap((_, index) => [`${index}`, null]));
    });

    test("an error of the database comes out as it is", async () => {
      const platform = await open();
      const uuid = await platform.world.workflow();
      await platform.world.storage.close();
      await expect(platform.workflows[0].update(changed(uuid))).rejects.toThrow();
      await expect(
        platform.workflows[0].find({ namespace, reference: newId(Date.now()), version: null }),
      ).rejects.toThrow();
    });
  });
}

test("a new workflow is in Redis before another process asks for it", async () => {
  const platform = await Platform.open(...shared);
  const item = platform.world.newWorkflow();
  await platform.workflows[0].insert(item);
  const key = `workflow-platform:1:workflow:${item.uuid}:${namespace}`;
  await until("it is there", async () => ((await redis.client.get(key)) ?? "").includes(item.uuid));
  expect(await platform.find(1, item.uuid)).toEqual({ name: "a workflow", version: 1, asked: 0 });
});

test("lists show what was written a moment ago without Redis, and with it in 2 s", async () => {
  const page = { namespace, limit: 10, order: "desc", after: null } as const;
  for (const { caches, atOnce } of [
    { caches: [inProcess(true), inProcess(true)] as const, atOnce: true },
    { caches: shared, atOnce: false },
  ]) {
    const platform = await Platform.open(...caches);
    const [uuids, runs] = [[await platform.world.workflow()], await platform.world.runs(1)];
    const lists = async () => [
      (await platform.workflows[1].list(page)).map(({ uuid }) => uuid),
      (await platform.runs[1].list(page)).map(({ uuid }) => uuid),
    ];
    const before = await lists();
    expect(before).toEqual([expect.arrayContaining(uuids), runs]);
    const start = performance.now();
    await Bun.sleep(20);
    runs.unshift(...(await platform.world.runs(1)));
    const after = async () => ((await lists())[1] ?? []).join() === runs.join();
    expect(await after()).toBe(atOnce);
    await until("the list shows it", after, 2500);
    expect(performance.now() - start).toBeLessThan(2500);
  }
});
