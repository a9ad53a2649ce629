/**
 * What every cache has to do, whatever it is made of: one suite, run over each adapter.
 *
 * @example cacheContract("in process", { open: async () => world, kept: ["run", "workflow"] });
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { newId } from "../ids.ts";
import type { RunRecord, WorkflowRecord } from "../storage/port.ts";
import { type Cache, type Kept, type Kind, LIFETIMES, MAX_CHARACTERS } from "./port.ts";

/** Caches that are up, one for each of two processes, and the time that they go by. */
export interface CacheWorld {
  /** The same one twice where it is not shared. */
  one: Cache;
  other: Cache;
  /** Lets so many milliseconds pass for what is kept. */
  pass(milliseconds: number): Promise<void>;
  close(): Promise<void>;
}

export interface CacheAdapter {
  open(): Promise<CacheWorld>;
  /** The kinds that it keeps; of the others it has nothing, ever. */
  kept: Kind[];
}

export function workflowRecord(fields: Partial<WorkflowRecord> = {}): WorkflowRecord {
  const uuid = newId(Date.now());
  const times = { createdAt: 1_900_000_000_000, updatedAt: 1_900_000_000_001 };
  return { uuid, id: null, name: "a workflow", description: null, steps: "[]", version: 1, ...times, ...fields };
}

export function runRecord(fields: Partial<RunRecord> = {}): RunRecord {
  const [uuid, workflowUuid] = [newId(Date.now()), newId(Date.now())];
  const run = { uuid, id: uuid, workflowUuid, workflowVersion: 3, status: "success" as const, payload: '{"n":1}' };
  const times = { createdAt: 1_900_000_000_000, startedAt: 1_900_000_000_001, completedAt: 1_900_000_000_002 };
  return { ...run, ...times, error: null, stepResults: '{"ключ 🚚":{"NL":"\\n\\u2028"}}', log: "[]", ...fields };
}

/** A value of each kind. */
const VALUES: { [K in Kind]: () => Kept[K] } = {
  run: runRecord,
  workflow: () => workflowRecord({ id: "orders", name: "Größe 🚚\n\u2028", steps: '[{"name":"a"}]' }),
  runs: () => [runRecord(), runRecord({ status: "running", stepResults: null, completedAt: null })],
  workflows: () => [workflowRecord()],
};
const KINDS: Kind[] = ["run", "workflow", "runs", "workflows"];

/** Puts a value in as a reader does; says whether the cache wanted it. */
export async function put<K extends Kind>(cache: Cache, kind: K, name: string, value: Kept[K]): Promise<boolean> {
  const { ticket } = (await cache.read(kind, [name]))[0] ?? { ticket: null };
  if (ticket !== null) await cache.fill(kind, [{ name, ticket, value }]);
  return ticket !== null;
}

export async function get<K extends Kind>(cache: Cache, kind: K, name: string): Promise<Kept[K] | null> {
  return (await cache.read(kind, [name]))[0]?.value ?? null;
}

/** Declares the tests of the suite for one adapter. Each test uses names of its own. */
export function cacheContract(name: string, { open, kept }: CacheAdapter): void {
  describe(name, () => {
    let world: CacheWorld;
    beforeAll(async () => {
      world = await open();
    }, 30_000);
    afterAll(() => world.close());

    for (const kind of kept) {
      test(`${kind}: what was put in is found as it was, and nothing else`, async () => {
        const [name, nothing] = [newId(Date.now()), newId(Date.now())];
        const value = VALUES[kind]();
        const [found] = await world.one.read(kind, [name]);
        expect(found?.value).toBeNull();
        await world.one.fill(kind, [{ name, ticket: found?.ticket ?? fail(), value }]);
        const reads = await world.other.read(kind, [nothing, name, nothing]);
        expect(reads.map((read) => read.value)).toEqual([null, value, null]);
        expect(reads[1]?.ticket).toBeNull();
      });

      test(`${kind}: it is gone after its lifetime`, async () => {
        const name = newId(Date.now());
        await put(world.one, kind, name, VALUES[kind]());
        await world.pass(LIFETIMES[kind] - 1000);
        expect(await get(world.one, kind, name)).not.toBeNull();
        await world.pass(1000);
        expect(await get(world.one, kind, name)).toBeNull();
      });
    }

    for (const kind of KINDS.filter((one) => !kept.includes(one))) {
      test(`${kind}: never kept`, async () => {
        expect(await world.one.read(kind, ["a", "b"])).toEqual([
          { value: null, ticket: null },
          { value: null, ticket: null },
        ]);
        await world.one.fill(kind, [{ name: "a", ticket: "", value: VALUES[kind]() }]);
        expect(await get(world.one, kind, "a")).toBeNull();
      });
    }

    test("kinds, and names however long or odd, are told apart", async () => {
      const id = newId(Date.now());
      const names = [id, `${id}:`, `${id}\0`, `${id}\n🚚`, `${id}${"x".repeat(5000)}`, `${id}${"x".repeat(4999)}y`];
      const values = names.map(() => runRecord());
      for (const [index, name] of names.entries()) await put(world.one, "run", name, values[index] ?? fail());
      expect((await world.one.read("run", names)).map(({ value }) => value)).toEqual(values);
      expect((await world.one.read("workflow", names)).map(({ value }) => value)).toEqual(names.map(() => null));
    });

    test("1,000 at once", async () => {
      const names = Array.from({ length: 1000 }, () => newId(Date.now()));
      const values = names.map((uuid) => runRecord({ uuid }));
      const tickets = (await world.one.read("run", names)).map(({ ticket }) => ticket ?? fail());
      await world.one.fill(
        "run",
        names.map((name, index) => ({ name, ticket: tickets[index] ?? "", value: values[index] ?? fail() })),
      );
      expect((await world.one.read("run", names)).map(({ value }) => value)).toEqual(values);
      expect(await world.one.read("run", [])).toEqual([]);
    });

    test("what is too big is not kept, its neighbours are", async () => {
      const [big, small] = [newId(Date.now()), newId(Date.now())];
      const reads = await world.one.read("run", [big, small]);
      await world.one.fill("run", [
        { name: big, ticket: reads[0]?.ticket ?? "", value: runRecord({ payload: "x".repeat(MAX_CHARACTERS + 1) }) },
        { name: small, ticket: reads[1]?.ticket ?? "", value: runRecord() },
      ]);
      expect(await get(world.one, "run", big)).toBeNull();
      expect(await get(world.one, "run", small)).not.toBeNull();
    });

    if (kept.includes("workflow")) changeContract(() => world);
  });
}

/** What holds when a workflow changes. */
function changeContract(world: () => CacheWorld): void {
  const changeNothing = async () => {};

  test("a change drops what there was, and gives what its write gives", async () => {
    const { one, other } = world();
    const name = newId(Date.now());
    await put(one, "workflow", name, workflowRecord());
    expect(await one.changeWorkflow(name, async () => "written")).toBe("written");
    const [found] = await other.read("workflow", [name]);
    expect(found?.value).toBeNull();
    const newer = workflowRecord({ version: 2 });
    await other.fill("workflow", [{ name, ticket: found?.ticket ?? fail(), value: newer }]);
    expect(await get(one, "workflow", name)).toEqual(newer);
  });

  test("what was read before a change does not get in after it", async () => {
    const { one, other } = world();
    const name = newId(Date.now());
    const { ticket } = (await one.read("workflow", [name]))[0] ?? fail();
    await other.changeWorkflow(name, changeNothing);
    await one.fill("workflow", [{ name, ticket: ticket ?? fail(), value: workflowRecord() }]);
    expect(await get(one, "workflow", name)).toBeNull();
    expect(await get(other, "workflow", name)).toBeNull();
  });

  test("while something changes there is neither a value nor a way to put one in, until all changes are over", async () => {
    const { one, other } = world();
    const name = newId(Date.now());
    await put(one, "workflow", name, workflowRecord());
    const nothing = [{ value: null, ticket: null }];
    await one.changeWorkflow(name, async () => {
      await other.changeWorkflow(name, async () => {
        expect(await one.read("workflow", [name])).toEqual(nothing);
      });
      expect(await one.read("workflow", [name])).toEqual(nothing);
      expect(await other.read("workflow", [name])).toEqual(nothing);
    });
    expect(await put(other, "workflow", name, workflowRecord())).toBe(true);
    expect(await get(one, "workflow", name)).not.toBeNull();
  });

  test("the error of a write comes out, and what there was is gone", async () => {
    const { one, other } = world();
    const name = newId(Date.now());
    await put(one, "workflow", name, workflowRecord());
    const change = one.changeWorkflow(name, () => Promise.reject(new Error("the database is out")));
    await expect(change).rejects.toThrow("the database is out");
    expect(await get(other, "workflow", name)).toBeNull();
  });

  test("among racing readers and writers nobody sees what is older than an answered write", async () => {
    const { one, other } = world();
    const name = newId(Date.now());
    // The database: a version, and reads and writes of it that take their time.
    const row = workflowRecord({ version: 0 });
    let answered = 0;
    let hits = 0;
    const pause = () => Bun.sleep(Math.random() * 3);
    const write = async (cache: Cache) => {
      const version = await cache.changeWorkflow(name, async () => {
        await pause();
        row.version++;
        const { version } = row;
        await pause();
        return version;
      });
      answered = Math.max(answered, version);
    };
    const read = async (cache: Cache) => {
      const atLeast = answered;
      const [found] = await cache.read("workflow", [name]);
      if (found?.value) hits++;
      const value = found?.value ?? { ...row };
      expect(value.version).toBeGreaterThanOrEqual(atLeast);
      await pause();
      if (found?.ticket) await cache.fill("workflow", [{ name, ticket: found.ticket, value }]);
    };
    const repeat = async (count: number, step: () => Promise<void>) => {
      for (let index = 0; index < count; index++) await step();
    };
    const caches = [one, other];
    await Promise.all([
      ...caches.map((cache) =>
        repeat(30, () =>
          pause()
            .then(() => Bun.sleep(10))
            .then(() => write(cache)),
        ),
      ),
      ...caches.flatMap((cache) => Array.from({ length: 4 }, () => repeat(150, () => read(cache)))),
    ]);
    expect(row.version).toBe(60);
    expect(hits).toBeGreaterThan(100);
  });
}

function fail(): never {
  throw new Error("expected a value");
}
