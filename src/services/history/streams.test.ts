/** Readers that follow runs, on a storage in memory and a clock that is moved by hand. */
import { expect, test } from "bun:test";
import pino from "pino";
import { entriesText, NAMESPACE, only, present, progress, World } from "../../../tests/contracts/storage/kit.ts";
import { HandClock, settled } from "../../clock.fixture.ts";
import type { HistoryLookup } from "../../storage/port.ts";
import { openMemoryStorage } from "../../storage/sqlite/index.ts";
import { Places } from "../places.ts";
import { EventStreams, MAX_STREAMS } from "./streams.ts";

const END = { kind: "end", status: "success", error: null, stepResults: "{}" } as const;

async function scene() {
  const clock = new HandClock();
  const world = await World.open({ open: async (time) => openMemoryStorage(time), takesClock: true });
  const looks: HistoryLookup[][] = [];
  const trouble = { isOut: false };
  const findHistory = async (items: HistoryLookup[]) => {
    looks.push(items);
    if (trouble.isOut) throw new Error("out");
    return world.storage.findHistory(items);
  };
  const find = async (key: { uuid: string }) => world.find(key.uuid);
  const places = new Places(MAX_STREAMS, "too_many_streams");
  const streams = new EventStreams({ findHistory }, find, places, clock, pino({ level: "silent" }));
  const look = async () => {
    clock.ring();
    await settled();
  };
  return {
    places,
    clock,
    world,
    looks,
    trouble,
    streams,
    look,
    open: (uuid: string) => streams.open({ namespace: NAMESPACE, uuid }),
  };
}

test("one look is for all readers, and asks for what is behind the rows that each has", async () => {
  const { world, looks, look, open } = await scene();
  const run = await world.held();
  const other = await world.run();
  const [first, second] = [open(run.uuid), open(other)];
  const told = Promise.all([first.next(), second.next()]);
  await look();
  expect((await told).map((batch) => present(batch).events.map(({ type }) => type))).toEqual([
    ["run.created", "run.started"],
    ["run.created"],
  ]);
  const next = first.next();
  await world.save(progress(run, { entries: entriesText("0") }));
  await look();
  expect(present(await next).events.map(({ id, type }) => [id, type])).toEqual([[3, "step.started"]]);
  await world.save(progress(run, { seq: 1, next: END }));
  const last = first.next();
  await look();
  expect(await last).toMatchObject({ events: [{ id: 4, type: "run.ended" }], isOver: true });
  expect(looks.map((items) => items.map(({ uuid, rows }) => [uuid, rows]))).toEqual([
    [
      [run.uuid, 0],
      [other, 0],
    ],
    [[run.uuid, 0]],
    [[run.uuid, 1]],
  ]);
});

test("a reader that takes nothing is not looked for, and no look is made while none waits", async () => {
  const { clock, world, looks, look, open } = await scene();
  const slow = open(await world.run());
  const first = slow.next();
  await look();
  await first;
  for (let time = 0; time < 5; time++) await look();
  expect([looks.length, clock.timers]).toEqual([1, 1]);
  slow.close();
  expect(await slow.next()).toBeNull();
});

test("of a run of which nothing is new every fourth look asks, until there is something", async () => {
  const { world, looks, look, open } = await scene();
  const run = await world.held();
  const stream = open(run.uuid);
  const first = stream.next();
  await look();
  await first;
  const next = stream.next();
  const asked: number[] = [];
  for (let time = 0; time < 12; time++) {
    const before = looks.length;
    await look();
    asked.push(looks.length - before);
  }
  expect(asked).toEqual([1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0]);
  await world.save(progress(run, { entries: entriesText("0") }));
  for (let time = 0; time < 3; time++) await look();
  expect(present(await next).events).toMatchObject([{ type: "step.started" }]);
});

test("looks are a quarter of a second apart, and go on behind one that failed", async () => {
  const { clock, world, looks, trouble, look, open } = await scene();
  const stream = open(await world.run());
  trouble.isOut = true;
  const first = stream.next();
  await look();
  expect([looks.length, clock.lastTimer]).toEqual([1, 250]);
  trouble.isOut = false;
  await look();
  expect(only(present(await first).events)).toMatchObject({ id: 1, type: "run.created" });
});

test("there are so many streams at most, and a closed one makes room", async () => {
  const { world, open } = await scene();
  const run = await world.run();
  const all = Array.from({ length: MAX_STREAMS }, () => open(run));
  expect(() => open(run)).toThrow(expect.objectContaining({ code: "too_many_streams", status: 503 }));
  all[0]?.close();
  open(run).close();
});

test("all end with the process, and none begins after", async () => {
  const { world, places, streams, open } = await scene();
  const run = await world.run();
  const waits = open(run).next();
  places.close();
  streams.close();
  expect(await waits).toBeNull();
  expect(() => open(run)).toThrow(expect.objectContaining({ code: "shutting_down" }));
});
