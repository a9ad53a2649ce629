/** A replica that streams for real: near, paused, far behind, silent, killed, promoted. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import pino from "pino";
import { Replicated } from "../../../tests/harness/replicated.ts";
import { until } from "../../../tests/harness/stack.fixture.ts";
import { loadConfig } from "../../config.ts";
import { newId } from "../../ids.ts";
import { ReadSource } from "../../repositories/source.ts";
import type { PageRequest } from "../../schemas/lists/page.ts";
import type { Replica } from "../port/finding/replica.ts";
import type { Storage } from "../port.ts";
import { openPostgresStorage, type PostgresParts } from "./index.ts";

setDefaultTimeout(60_000);
const NAMESPACE = "default";
/** For what should take 100 ms, on a machine that does other things. */
const A_WAIT = 1000;

let servers: Replicated;
let one: PostgresParts;
let other: PostgresParts;
let storage: Storage;
let replica: Replica;

beforeAll(async () => {
  servers = await Replicated.start();
  const url = await servers.database();
  [one, other] = [await open(url), await open(url)];
  storage = one.storage;
  if (one.replica === null) throw new Error("the configuration names a replica");
  replica = one.replica;
  await until("the replica is near", () => replica.isNear());
});

afterAll(async () => {
  for (const parts of [one, other]) {
    await parts?.replica?.close();
    await parts?.storage.close();
  }
  await servers?.close();
});

function open(url: string): Promise<PostgresParts> {
  const { postgres } = loadConfig(servers.environmentFor(url));
  if (postgres === null) throw new Error("DATABASE_URL turns PostgreSQL on");
  const log = pino({ level: "silent" });
  return openPostgresStorage({ ...postgres, owesEvents: false, usesReplica: true, onWait: () => {}, log });
}

/** Stores a workflow and gives its uuid. */
async function create(on = storage): Promise<string> {
  const workflow = { uuid: null, namespace: NAMESPACE, id: null, name: "a test", description: null, steps: "[]" };
  const [outcome] = await on.insertWorkflows([workflow]);
  if (outcome?.kind !== "ok") throw new Error("the workflow was not stored");
  return outcome.value;
}

async function trigger(workflow: string, on = storage): Promise<string> {
  const fields = { uuid: null, namespace: NAMESPACE, workflow, payload: "{}", depth: 0, traceparent: null };
  const [outcome] = await on.insertRuns([{ ...fields, graceMilliseconds: 60_000, claim: null, progress: null }]);
  if (outcome?.kind !== "ok") throw new Error("the run was not stored");
  return outcome.value.uuid;
}

/** Whether the replica itself has a workflow. */
async function has(workflow: string): Promise<boolean> {
  const [found] = await replica.reads.findWorkflows([{ namespace: NAMESPACE, reference: workflow, version: null }]);
  return found !== null;
}

function page(fields: Partial<PageRequest> = {}): PageRequest {
  return { namespace: NAMESPACE, limit: 50, order: "desc", after: null, ...fields };
}

/** How long something took, milliseconds, and what came of it. */
async function timed<Value>(work: () => Promise<Value>): Promise<[milliseconds: number, value: Value]> {
  const begun = performance.now();
  const value = await work();
  return [performance.now() - begun, value];
}

test("what was written before a position is there once the replica has reached it", async () => {
  for (let there = 0; there < 30; ) {
    const workflow = await create(there % 2 === 0 ? storage : other.storage);
    const position = await replica.position();
    expect(position).toMatch(/^[0-9a-f]{16}$/);
    // On a busy machine it may come late, and is given a second then.
    if (!(await replica.reaches(position))) {
      await Bun.sleep(50);
      continue;
    }
    expect(await has(workflow)).toBe(true);
    there++;
  }
  expect(await replica.reaches("ffffffffffffffff")).toBe(false);
  await until("it is up", async () => (await replica.check()) === "up");
});

test("positions that are asked for at once are none older than their question", async () => {
  const positions = await Promise.all(Array.from({ length: 20 }, () => replica.position()));
  const before = await replica.position();
  await create();
  const [after] = await Promise.all([replica.position(), ...positions]);
  expect(before >= (positions.toSorted().at(-1) ?? "")).toBe(true);
  expect((after ?? "") > before).toBe(true);
});

test("paused: one read waits for 100 ms and the next for nothing, then none is sent there; and back", async () => {
  const before = await create();
  const reached = await replica.position();
  await until("it has the first", () => replica.reaches(reached));
  servers.pauseReplay();
  const missing = await create();
  const position = await replica.position();
  const [first, isThere] = await timed(() => replica.reaches(position));
  expect(isThere).toBe(false);
  expect(first).toBeGreaterThan(95);
  expect(first).toBeLessThan(A_WAIT);
  const [second] = await timed(() => replica.reaches(position));
  expect(second).toBeLessThan(95);
  // Whoever has seen less is still answered there.
  expect(await replica.reaches(reached)).toBe(true);
  expect([await has(before), await has(missing)]).toEqual([true, false]);
  await expect(replica.reads.listWorkflows(page({ order: "asc" }))).rejects.toThrow("behind");
  await until("it is far behind", () => !replica.isNear());
  expect(await replica.check()).toBe("degraded");
  servers.resumeReplay();
  await until("it is near again", () => replica.isNear());
  expect(await replica.reaches(position)).toBe(true);
  expect(await has(missing)).toBe(true);
});

test("silent: what is under way fails after a second, the rest at once; and back", async () => {
  servers.freeze();
  const [first] = await timed(() => has(newId(Date.now())).catch(() => "failed"));
  expect(first).toBeLessThan(2500);
  await until("the breaker is open", () => replica.breaker() !== "closed");
  const [second, failed] = await timed(() => has(newId(Date.now())).catch(() => "failed"));
  expect([second < 500, failed]).toEqual([true, "failed"]);
  expect(replica.isNear()).toBe(false);
  await expect(replica.check()).rejects.toThrow("out of reach");
  servers.thaw();
  await until("it is near again", () => replica.isNear());
});

test("lists are whole while two processes write, and replay stops and goes on", async () => {
  const workflow = await create();
  const answered = new Set<string>();
  const source = new ReadSource(storage, replica);
  const chosenTimes: Record<string, number> = { primary: 0, replica: 0 };
  let writing = true;
  const write = async (on: Storage) => {
    while (writing) answered.add(await trigger(workflow, on));
  };
  const stops = async () => {
    for (let round = 0; round < 6; round++) {
      await Bun.sleep(400);
      servers.pauseReplay();
      await Bun.sleep(150 * (round % 3));
      servers.resumeReplay();
    }
    writing = false;
  };
  const followed: string[] = [];
  const follow = async () => {
    const begun = performance.now();
    const isOver = () => !writing && answered.size === followed.length;
    while (!isOver() && performance.now() - begun < 30_000) {
      const request = page({ order: "asc", limit: 200, after: followed.at(-1) ?? null });
      const chosen = await source.ofList(null);
      chosenTimes[chosen] = (chosenTimes[chosen] ?? 0) + 1;
      const rows = await source.read(chosen, (reads) => reads.listRuns(request));
      followed.push(...rows.map(({ uuid }) => uuid));
      if (rows.length < 200) await Bun.sleep(20);
    }
  };
  const newest = async () => {
    while (writing) {
      const before = [...answered];
      const position = await replica.position();
      const read = new Set<string>();
      for (let after: string | null = null; ; ) {
        const rows = await source.read(await source.ofList(position), (reads) =>
          reads.listRuns(page({ limit: 200, after })),
        );
        for (const { uuid } of rows) read.add(uuid);
        after = rows.at(-1)?.uuid ?? null;
        if (rows.length < 200) break;
      }
      expect(before.filter((uuid) => !read.has(uuid))).toEqual([]);
      await Bun.sleep(100);
    }
  };
  await Promise.all([
    write(storage),
    write(storage),
    write(other.storage),
    write(other.storage),
    stops(),
    follow(),
    newest(),
  ]);
  expect(followed).toEqual([...answered].sort());
  // The replica answered most of it: it was not the primary that kept the promise.
  expect(chosenTimes.replica).toBeGreaterThan(10);
});

test("killed: nothing but its reads fail; and back", async () => {
  await servers.kill();
  await expect(has(newId(Date.now()))).rejects.toThrow();
  const workflow = await create();
  const position = await replica.position();
  expect(await replica.reaches(position)).toBe(false);
  await servers.startAgain();
  await until("it is near again", () => replica.isNear());
  expect(await replica.reaches(position)).toBe(true);
  expect(await has(workflow)).toBe(true);
});

test("promoted while the primary goes on: it is not read any more", async () => {
  await servers.promote();
  await until("that is known", () => !replica.isNear());
  await create();
  expect(await replica.reaches(await replica.position())).toBe(false);
  await until("it is out", async () => (await replica.check().catch(() => "out")) === "out");
  await expect(replica.check()).rejects.toThrow("no replica");
});
