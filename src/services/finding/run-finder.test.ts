import { expect, test } from "bun:test";
import { openInProcessCache } from "../../cache/in-process.ts";
import { systemClock } from "../../clock.ts";
import { idFloor } from "../../ids.ts";
import { RunRepository } from "../../repositories/runs.ts";
import type { RunLook } from "../../schemas/lists/run-query.ts";
import type { RunSummary } from "../../storage/port.ts";
import { openMemoryStorage } from "../../storage/sqlite/index.ts";
import { type PageOfRuns, RunFinder } from "./run-finder.ts";

const OF_ALL: RunSummary = {
  ...{ uuid: "", workflowUuid: "", workflowVersion: 1, workflowId: null, workflowName: null, status: "success" },
  ...{
    createdAt: 0,
    startedAt: 0,
    completedAt: 0,
    wakeAt: null,
    logRows: null,
    error: null,
    parentRunId: null,
    rootRunId: null,
  },
};
const PAGE: PageOfRuns = { filter: {}, order: "desc", limit: 10, uuid: null, isBefore: false };

/** A finder among so many runs, of which those fit whose number does; a look takes so long. */
function finderAmong(count: number, fits: (number: number) => boolean, milliseconds = 0) {
  const looks: RunLook[] = [];
  let time = 0;
  const clock = { ...systemClock, monotonic: () => time };
  const uuids = Array.from({ length: count }, (_, number) => idFloor(number));
  const storage = openMemoryStorage(clock);
  storage.lookForRuns = async (look) => {
    looks.push(look);
    time += milliseconds;
    const numbers = [...uuids.keys()];
    const { after, order, most, limit } = look;
    const left = (order === "asc" ? numbers : numbers.toReversed()).filter((number) => {
      const uuid = idFloor(number);
      return after === null || (order === "asc" ? uuid > after : uuid < after);
    });
    const looked = left.slice(0, most);
    const found = looked.filter(fits).slice(0, limit);
    const runs = found.map((number) => ({ ...OF_ALL, uuid: idFloor(number) }));
    if (found.length === limit) return { runs, lookedTo: runs.at(-1)?.uuid ?? null };
    return { runs, lookedTo: looked.length < most ? null : idFloor(looked.at(-1) ?? 0) };
  };
  const runs = new RunRepository(storage, openInProcessCache({ clock }), clock, () => null);
  return { finder: new RunFinder(runs, clock), looks };
}

const ids = (numbers: number[]) => numbers.map(idFloor);
const uuidsOf = ({ runs }: { runs: RunSummary[] }) => runs.map(({ uuid }) => uuid);
/** 9 … 0. */
const down = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, index) => from - index);

test("pages lead to one another in both directions", async () => {
  for (const order of ["desc", "asc"] as const) {
    const { finder } = finderAmong(25, () => true);
    const pages: string[][] = [];
    let page = await finder.summaries({ ...PAGE, order }, null);
    expect(page.previous).toBeNull();
    for (;;) {
      pages.push(uuidsOf(page));
      if (page.next === null) break;
      page = await finder.summaries({ ...PAGE, order, ...page.next }, null);
    }
    const all = order === "desc" ? down(24, 0) : down(24, 0).toReversed();
    expect(pages).toEqual([ids(all.slice(0, 10)), ids(all.slice(10, 20)), ids(all.slice(20))]);
    const back: string[][] = [];
    for (; page.previous !== null; ) {
      page = await finder.summaries({ ...PAGE, order, ...page.previous }, null);
      back.unshift(uuidsOf(page));
    }
    expect(back).toEqual(pages.slice(0, 2));
    if (page.next === null) throw new Error("a page that was read backwards has a next one");
    expect(uuidsOf(await finder.summaries({ ...PAGE, order, ...page.next }, null))).toEqual(pages[1] ?? []);
  }
});

test("what is rare is found by larger and larger looks", async () => {
  const { finder, looks } = finderAmong(5000, (number) => number === 7);
  const page = await finder.summaries(PAGE, null);
  expect(uuidsOf(page)).toEqual(ids([7]));
  expect(page).toMatchObject({ next: null, previous: null, lookedTo: null });
  expect(looks.map(({ most }) => most)).toEqual([44, 176, 704, 2000, 2000, 2000]);
});

test("a request looks at 10,000 runs, and the next goes on from there, both ways", async () => {
  const { finder, looks } = finderAmong(25_000, (number) => number === 3);
  const first = await finder.summaries(PAGE, null);
  expect(looks.reduce((sum, { most }) => sum + most, 0)).toBe(10_000);
  expect(first).toEqual({
    runs: [],
    next: { uuid: idFloor(15_000), isBefore: false },
    previous: null,
    lookedTo: idFloor(15_000),
  });
  const second = await finder.summaries({ ...PAGE, uuid: idFloor(15_000) }, null);
  expect(second).toMatchObject({
    runs: [],
    lookedTo: idFloor(5000),
    previous: { uuid: idFloor(5000), isBefore: true },
  });
  const third = await finder.summaries({ ...PAGE, uuid: idFloor(5000) }, null);
  expect(uuidsOf(third)).toEqual(ids([3]));
  expect(third).toMatchObject({ next: null, lookedTo: null });
  const back = await finder.summaries({ ...PAGE, uuid: idFloor(3), isBefore: true }, null);
  expect(back).toEqual({
    ...{ runs: [], lookedTo: idFloor(10_003) },
    previous: { uuid: idFloor(10_003), isBefore: true },
    next: { uuid: idFloor(10_003), isBefore: false },
  });
});

test("it looks no longer than 100 ms", async () => {
  const { finder, looks } = finderAmong(25_000, () => false, 60);
  expect((await finder.summaries(PAGE, null)).lookedTo).toBe(idFloor(25_000 - 44 - 176));
  expect(looks.length).toBe(2);
});

test("requests that ask for the same at the same time share a page", async () => {
  const { finder, looks } = finderAmong(5, () => true);
  const pages = await Promise.all([1, 2, 3].map(() => finder.summaries(PAGE, null)));
  expect(looks.length).toBe(1);
  expect(pages.map(uuidsOf)).toEqual([1, 2, 3].map(() => ids(down(4, 0))));
});

test("of requests that look on at the same time one does so in each turn of the event loop", async () => {
  const { finder, looks } = finderAmong(20_000, () => false);
  let turn = 0;
  let isOver = false;
  const count = () => {
    turn++;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  const turns: number[] = [];
  const push = looks.push.bind(looks);
  looks.push = (...more) => {
    if (more[0]?.after !== null) turns.push(turn);
    return push(...more);
  };
  const pages = ["a", "b", "c"].map((tag) => finder.summaries({ ...PAGE, filter: { tag } }, null));
  await Promise.all(pages);
  isOver = true;
  expect(turns.length).toBeGreaterThan(15);
  expect(new Set(turns).size).toBe(turns.length);
});
