/** The repositories of two processes on one storage, with each kind of cache: what is asked of it, and what is seen. */
import { afterAll, beforeAll, describe, expect, spyOn, test } from "bun:test";
import { progress, World } from "../../tests/contracts/storage/kit.ts";
import { openInProcessCache } from "../cache/in-process.ts";
import type { Cache } from "../cache/port.ts";
import { openCache, RedisServer, until, untilUp } from "../cache/redis/server.fixture.ts";
import { systemClock } from "../clock.ts";
import { newId } from "../ids.ts";
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
      new WorkflowRepository(this.storage, systemClock),
      new WorkflowRepository(this.storage, systemClock),
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

  async find(process: 0 | 1, reference: string, version: number | null = null) {
    const found = await this.workflows[process].find({ namespace, reference, version });
    return { name: found?.name ?? null, version: found?.version ?? null };
  }

  async findRun(process: 0 | 1, uuid: string) {
    const spy = spyOn(this.storage, "findRuns");
    const found = await this.runs[process].find({ namespace, uuid });
    const asked = spy.mock.calls.length;
    spy.mockRestore();
    return { status: found?.status ?? null, asked };
  }
}

const changed = (reference: string, description: string | null = null) => ({
  namespace,
  reference,
  id: undefined,
  name: "changed",
  description,
  steps: "[]",
});

let redis: RedisServer;
let shared: [Cache, Cache];

beforeAll(async () => {
  redis = await RedisServer.start();
  shared = [openCache(redis.url).cache, openCache(redis.url).cache];
  await untilUp(...shared);
}, 30_000);

afterAll(async () => {
  await Promise.all(shared.map((cache) => cache.close()));
  await redis.stop();
});

const inProcess = () => openInProcessCache({ clock: systemClock });
const modes: { mode: string; caches(): [Cache, Cache] }[] = [
  {
    mode: "embedded",
    caches: () => {
      const cache = inProcess();
      return [cache, cache];
    },
  },
  { mode: "PostgreSQL alone", caches: () => [inProcess(), inProcess()] },
  { mode: "Redis", caches: () => shared },
];

for (const { mode, caches } of modes) {
  describe(mode, () => {
    const open = () => Platform.open(...caches());

    test("a change of a workflow is seen at once by both, by its uuid and by its author's id", async () => {
      const platform = await open();
      const id = `orders ${newId(Date.now())}`;
      const uuid = await platform.world.workflow({ id });
      const names = [uuid, uuid.toUpperCase(), id];
      for (const version of [2, 3, 4]) {
        expect(await platform.workflows[0].update(changed(names[version - 2] ?? id, `${version}`))).toEqual({
          uuid,
          version,
        });
        for (const process of [0, 1] as const) {
          for (const name of names) expect(await platform.find(process, name)).toEqual({ name: "changed", version });
        }
        expect(await platform.find(1, uuid, 1)).toEqual({ name: "a workflow", version: 1 });
      }
      await platform.workflows[1].delete({ namespace, reference: id });
      for (const process of [0, 1] as const) {
        for (const name of names) expect(await platform.find(process, name)).toMatchObject({ name: null });
      }
    });

    test("what there is not is not kept, and namespaces do not see each other", async () => {
      const platform = await open();
      const item = platform.world.newWorkflow();
      expect(await platform.find(0, item.uuid)).toMatchObject({ name: null });
      await platform.workflows[1].insert(item);
      expect(await platform.find(0, item.uuid)).toMatchObject({ name: "a workflow" });
      const theirs = { namespace: "theirs", reference: item.uuid, version: null };
      expect(await platform.workflows[0].find(theirs)).toBeNull();
      await expect(platform.workflows[0].update({ ...changed(item.uuid), namespace: "theirs" })).rejects.toThrow(
        "not found",
      );
      expect(await platform.find(0, item.uuid)).toMatchObject({ name: "a workflow" });
    });

    test("a list shows what was written a moment ago, by whichever of them", async () => {
      const platform = await open();
      const page = { namespace, limit: 10, order: "desc", after: null } as const;
      const [workflows, runs]: string[][] = [[], []];
      for (let round = 0; round < 3; round++) {
        const item = platform.world.newWorkflow();
        await platform.workflows[0].insert(item);
        const run = platform.world.newRun(item.uuid);
        await platform.runs[0].insert(run);
        workflows?.unshift(item.uuid);
        runs?.unshift(run.uuid);
        for (const process of [1, 0] as const) {
          expect((await platform.workflows[process].list(page, "primary")).map(({ uuid }) => uuid)).toEqual(
            workflows ?? [],
          );
          expect((await platform.runs[process].list(page, "primary")).map(({ uuid }) => uuid)).toEqual(runs ?? []);
        }
      }
    });

    test("a run is kept once it ended, and not before", async () => {
      const platform = await open();
      const run = await platform.world.held();
      for (let count = 0; count < 3; count++) {
        expect(await platform.findRun(0, run.uuid)).toEqual({ status: "running", asked: 1 });
        await Bun.sleep(2);
      }
      const end = { kind: "end", status: "success", error: null, stepResults: "{}" } as const;
      await platform.world.save(progress(run, { next: end }));
      expect(await platform.findRun(1, run.uuid)).toEqual({ status: "success", asked: 1 });
      await until("it is kept", async () => (await platform.findRun(1, run.uuid)).asked === 0);
      expect(await platform.findRun(1, run.uuid)).toEqual({ status: "success", asked: 0 });
      expect(await platform.runs[1].find({ namespace, uuid: run.uuid })).toEqual(await platform.world.find(run.uuid));
    });

    test("many at once, known and unknown, each get their own", async () => {
      const platform = await open();
      const uuids = await Promise.all(
        Array.from({ length: 100 }, (_, index) => platform.world.workflow({ name: `${index}` })),
      );
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
