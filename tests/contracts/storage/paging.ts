/** Lists: keyset pages that neither skip nor repeat a row while new ones arrive. */
import { expect } from "bun:test";
import { newId } from "../../../src/ids.ts";
import { MAX_PAGE_BYTES, type Order, type PageRequest } from "../../../src/schemas/lists/page.ts";
import type { Storage } from "../../../src/storage/port.ts";
import { type Check, granted, NAMESPACE, only, uuidsOf, type World } from "./kit.ts";

const AGO = 60_000;

/** Both lists, each with how to put a row of a given uuid into it. */
const LISTS: { name: string; list: keyof Pick<Storage, "listRuns" | "listWorkflows">; add: Add }[] = [
  {
    name: "runs",
    list: "listRuns",
    add: async (world, uuids, namespace) => {
      const workflow = await world.workflow({ namespace, id: "the paged" });
      const items = uuids.map((uuid) => world.newRun(workflow, { uuid, namespace }));
      for (const outcome of await world.storage.insertRuns(items)) granted(outcome);
    },
  },
  {
    name: "workflows",
    list: "listWorkflows",
    add: async (world, uuids, namespace) => {
      const items = uuids.map((uuid) => world.newWorkflow({ uuid, namespace }));
      for (const outcome of await world.storage.insertWorkflows(items)) granted(outcome);
    },
  },
];
type Add = (world: World, uuids: string[], namespace: string) => Promise<void>;

/** Ids made so long ago, in order. */
function ids(world: World, count: number, ago: number): string[] {
  return Array.from({ length: count }, (_, index) => newId(world.now() - ago + index));
}

function page(order: Order, after: string | null = null, limit = 7): PageRequest {
  return { namespace: NAMESPACE, limit, order, after };
}

export function pagingContract(check: Check): void {
  for (const { name, list, add } of LISTS) {
    for (const order of ["desc", "asc"] as const) {
      check(`${name}, ${order}: every row once and in order while new ones arrive`, async (world) => {
        const old = ids(world, 50, AGO);
        await add(world, old, NAMESPACE);
        await add(world, ids(world, 20, AGO), "theirs");
        const read: string[] = [];
        const arrived: string[] = [];
        for (let after: string | null = null; ; ) {
          const rows: string[] = uuidsOf(await world.storage[list](page(order, after)));
          if (rows.length === 0) break;
          expect(rows.length).toBeLessThanOrEqual(7);
          read.push(...rows);
          after = rows.at(-1) ?? null;
          // New rows stop one day, else an ascending list that sees them would never end.
          if (arrived.length >= 15) continue;
          const fresh = ids(world, 3, AGO / 2 - arrived.length * 100);
          await add(world, fresh, NAMESPACE);
          arrived.push(...fresh);
        }
        expect(read).toEqual(order === "desc" ? old.toReversed() : [...old, ...arrived]);
      });

      check(`${name}, ${order}: the limit is exact and the last page may be full`, async (world) => {
        const rows = ids(world, 6, AGO);
        await add(world, rows, NAMESPACE);
        const sorted = order === "desc" ? rows.toReversed() : rows;
        for (const limit of [1, 3, 6, 7, 201]) {
          expect(uuidsOf(await world.storage[list](page(order, null, limit)))).toEqual(sorted.slice(0, limit));
        }
        expect(await world.storage[list](page(order, sorted.at(-1) ?? "", 3))).toEqual([]);
        expect(uuidsOf(await world.storage[list](page(order, sorted[2] ?? "", 3)))).toEqual(sorted.slice(3));
      });
    }
  }

  // Both lists in one test, since they wait for the same seconds; of the workflows one is there for the runs.
  const listed = async (world: World, list: (typeof LISTS)[number]["list"], request: PageRequest, of: string[]) =>
    uuidsOf(await world.storage[list](request)).filter((uuid) => of.includes(uuid));

  check("the newest of all come first at once, and last only after two seconds", async (world) => {
    const rows = [];
    for (const { list, add } of LISTS) {
      const [old, young] = [ids(world, 3, AGO), ids(world, 3, 0)];
      const all = [...old, ...young];
      rows.push({ list, all });
      await add(world, all, NAMESPACE);
      expect(await listed(world, list, page("desc"), all)).toEqual(all.toReversed());
      expect(await listed(world, list, page("asc"), all)).toEqual(old);
    }
    await world.pass(2100);
    for (const { list, all } of rows) expect(await listed(world, list, page("asc"), all)).toEqual(all);
  });

  check("an id that arrives late, but within two seconds, is not passed over", async (world) => {
    const read = [];
    for (const { list, add } of LISTS) {
      const [early, late, first] = [ids(world, 1, AGO), ids(world, 1, 1000), ids(world, 1, 900)];
      const all = [...early, ...late, ...first];
      await add(world, [...early, ...first], NAMESPACE);
      const seen = await listed(world, list, page("asc"), all);
      await add(world, late, NAMESPACE);
      read.push({ list, seen, all });
    }
    await world.pass(1200);
    for (const { list, seen, all } of read) {
      const rest = await listed(world, list, page("asc", seen.at(-1) ?? null), all);
      expect([...seen, ...rest]).toEqual(all);
    }
  });

  check("rows without a name get ids in order, above those that are there", async (world) => {
    const before = await world.run();
    const workflow = await world.workflow();
    await world.pass(5);
    const items = Array.from({ length: 50 }, () => ({ ...world.newRun(workflow), uuid: null }));
    const batches = await Promise.all([0, 1, 2].map(() => world.storage.insertRuns(items)));
    const uuids = batches.map((outcomes) => outcomes.map((outcome) => granted(outcome).uuid));
    for (const batch of uuids) expect(batch).toEqual(batch.toSorted());
    expect(new Set(uuids.flat()).size).toBe(150);
    expect(uuidsOf(await world.storage.listRuns(page("desc", null, 200)))).toEqual(
      [before, ...uuids.flat()].toSorted().toReversed(),
    );
    await world.pass(5);
    const made = granted(only(await world.storage.insertWorkflows([{ ...world.newWorkflow(), uuid: null }])));
    expect(uuidsOf(await world.storage.listWorkflows(page("desc", null, 1)))).toEqual([made]);
  });

  for (const order of ["asc", "desc"] as const) {
    check(`${order}: a page of big rows ends early, and the next goes on from there`, async (world) => {
      const rows = ids(world, 5, AGO);
      const workflow = await world.workflow();
      for (const [index, uuid] of rows.entries()) {
        // One is a page by itself, even over its size.
        const payload = JSON.stringify("x".repeat(MAX_PAGE_BYTES * (index === 2 ? 1.1 : 0.4)));
        granted(only(await world.storage.insertRuns([world.newRun(workflow, { uuid, payload })])));
      }
      const lengths: number[] = [];
      const read: string[] = [];
      for (;;) {
        const uuids = uuidsOf(await world.storage.listRuns(page(order, read.at(-1) ?? null, 200)));
        if (uuids.length === 0) break;
        lengths.push(uuids.length);
        read.push(...uuids);
      }
      expect(read).toEqual(order === "asc" ? rows : rows.toReversed());
      expect(Math.max(...lengths)).toBeLessThanOrEqual(3);
    });
  }

  check("a page shows rows as a look-up does", async (world) => {
    const [uuid = ""] = ids(world, 1, AGO);
    await world.storage.insertRuns([world.newRun(await world.workflow(), { uuid, payload: '{"n":1}' })]);
    await world.claimByMessage([uuid]);
    expect(await world.storage.listRuns(page("asc"))).toEqual([await world.find(uuid)]);
    const [workflow] = await world.storage.listWorkflows(page("desc"));
    const lookup = { namespace: NAMESPACE, reference: workflow?.uuid ?? "", version: null };
    expect(await world.storage.findWorkflows([lookup])).toEqual([workflow ?? null]);
  });

  check("deleted workflows are not listed, updated ones in their newest version", async (world) => {
    const [gone = "", kept = ""] = ids(world, 2, AGO);
    await world.storage.insertWorkflows([gone, kept].map((uuid) => world.newWorkflow({ uuid })));
    await world.storage.deleteWorkflows([{ namespace: NAMESPACE, reference: gone }]);
    const change = {
      namespace: NAMESPACE,
      reference: kept,
      id: undefined,
      name: "new",
      description: null,
      steps: "[]",
    };
    await world.storage.updateWorkflows([change]);
    for (const order of ["asc", "desc"] as const) {
      expect(await world.storage.listWorkflows(page(order))).toMatchObject([{ uuid: kept, name: "new", version: 2 }]);
    }
  });
}
