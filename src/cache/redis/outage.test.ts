/** Redis gone, frozen, full, loading, a replica: no error, nothing wrong, one line for each change. */
import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Redis from "ioredis";
import { newId } from "../../ids.ts";
import { get, put, runRecord, workflowRecord } from "../contract.ts";
import { type OpenedCache, openCache, RedisServer, until, untilTrusted } from "./server.fixture.ts";

const BOTH = ["cache out", "cache back"];
const nothing = [{ value: null, ticket: null }];
const old = workflowRecord({ name: "old" });
let folder: string;
let server: RedisServer;
let one: OpenedCache;
let other: OpenedCache;
/** A workflow that is kept in its old version when a test begins. */
let name: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "cache-test-"));
  server = await RedisServer.start("--dir", folder);
  [one, other] = [openCache(server.url), openCache(server.url)];
}, 30_000);

beforeEach(async () => {
  await bothBack();
  name = newId(Date.now());
  await put(one.cache, "workflow", name, old);
  expect(await get(other.cache, "workflow", name)).toEqual(old);
  for (const { messages } of [one, other]) messages.length = 0;
}, 10_000);

afterAll(async () => {
  await Promise.all([one.cache.close(), other.cache.close()]);
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function timeOf(step: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await step();
  return performance.now() - start;
}

const changeNothing = async () => {};

/** Asks both again and again: the old version must not be seen, whatever happens meanwhile. */
async function neverOldAgain(meanwhile: () => Promise<void>): Promise<void> {
  let isOver = false;
  const watch = async ({ cache }: OpenedCache) => {
    while (!isOver) {
      expect(await get(cache, "workflow", name)).toBeNull();
      await Bun.sleep(2);
    }
  };
  const watches = [watch(one), watch(other)];
  await meanwhile().finally(() => {
    isOver = true;
  });
  await Promise.all(watches);
}

async function bothBack(): Promise<void> {
  await Promise.all([untilTrusted(one.cache), untilTrusted(other.cache)]);
}

test("killed and started again", async () => {
  await server.kill();
  await until("both are out", () => !one.cache.isUp() && !other.cache.isUp());
  expect(await one.cache.read("workflow", [name])).toEqual(nothing);
  expect(await timeOf(() => one.cache.read("run", [name]))).toBeLessThan(20);
  await put(one.cache, "run", name, runRecord());
  await Bun.sleep(1600);
  expect(await timeOf(() => one.cache.changeWorkflow(name, changeNothing))).toBeLessThan(50);
  await neverOldAgain(async () => {
    await server.start("--dir", folder);
    await until("both are up", () => one.cache.isUp() && other.cache.isUp());
    // What never changes is kept at once.
    expect(await put(one.cache, "run", name, runRecord())).toBe(true);
    await bothBack();
  });
  expect([one.messages, other.messages]).toEqual([BOTH, BOTH]);
}, 20_000);

test("killed and back from an old snapshot", async () => {
  await server.client.save();
  await one.cache.changeWorkflow(name, changeNothing);
  await server.kill();
  await neverOldAgain(async () => {
    await server.start("--dir", folder);
    expect(await server.client.get(`workflow-platform:1:workflow:${name}`)).toContain("old");
    await bothBack();
  });
}, 20_000);

test("loading its data, it is out until it has them", async () => {
  const keys = Array.from({ length: 1000 }, (_, index) => [`key ${index}`, "x".repeat(2000)]);
  await server.client.mset(Object.fromEntries(keys));
  await server.client.save();
  await server.kill();
  const slowly = ["--key-load-delay", "2000", "--loading-process-events-interval-bytes", "1024"];
  const loaded = server.start("--dir", folder, ...slowly);
  const client = new Redis(server.url, { enableReadyCheck: false, retryStrategy: () => 20 });
  client.on("error", () => {});
  await until("it is loading", async () => (await client.ping().catch(String)).includes("LOADING"));
  client.disconnect();
  expect(await one.cache.read("run", [name])).toEqual(nothing);
  expect(await timeOf(() => one.cache.read("run", [name]))).toBeLessThan(50);
  expect([one.cache.isUp(), other.cache.isUp()]).toEqual([false, false]);
  await neverOldAgain(async () => {
    await loaded;
    await bothBack();
  });
  expect([one.messages, other.messages]).toEqual([BOTH, BOTH]);
}, 30_000);

test("frozen: a wait of a moment, then none; what changed meanwhile is not seen as it was", async () => {
  server.signal("SIGSTOP");
  expect(await timeOf(() => one.cache.read("workflow", [name]))).toBeLessThan(300);
  expect(await timeOf(() => one.cache.read("workflow", [name]))).toBeLessThan(50);
  expect(await timeOf(() => one.cache.changeWorkflow(name, changeNothing))).toBeLessThan(2500);
  await neverOldAgain(async () => {
    await Bun.sleep(500);
    server.signal("SIGCONT");
    await bothBack();
  });
  expect([one.messages, other.messages]).toEqual([BOTH, BOTH]);
}, 20_000);

test("frozen for a long time, the connection given up", async () => {
  server.signal("SIGSTOP");
  await one.cache.changeWorkflow(name, changeNothing);
  await neverOldAgain(async () => {
    await Bun.sleep(2500);
    server.signal("SIGCONT");
    await bothBack();
  });
  expect([one.messages, other.messages]).toEqual([BOTH, BOTH]);
}, 20_000);

test("frozen for a moment: nobody notices", async () => {
  server.signal("SIGSTOP");
  const read = one.cache.read("run", [name]);
  await Bun.sleep(300);
  server.signal("SIGCONT");
  expect(await read).toEqual(nothing);
  await until("it is asked again", async () => await put(one.cache, "run", name, runRecord()));
  expect(await get(other.cache, "workflow", name)).toEqual(old);
  expect([one.messages, other.messages]).toEqual([[], []]);
}, 20_000);

test("full: out for everybody, but told of changes", async () => {
  await server.client.config("SET", "maxmemory-policy", "noeviction");
  await server.client.config("SET", "maxmemory", "1");
  expect(await server.client.set("a", "b").catch(String)).toContain("OOM");
  // Before the other one has noticed.
  await one.cache.changeWorkflow(name, changeNothing);
  await neverOldAgain(async () => {
    await until("both are out", () => !one.cache.isUp() && !other.cache.isUp());
    expect(await one.cache.read("run", [name])).toEqual(nothing);
    await server.client.config("SET", "maxmemory", "0");
    await bothBack();
  });
  expect([one.messages, other.messages]).toEqual([BOTH, BOTH]);
}, 20_000);

test("made a replica, it takes no changes: out for everybody", async () => {
  await server.client.replicaof("127.0.0.1", 1);
  expect(await server.client.set("a", "b").catch(String)).toContain("READONLY");
  await one.cache.changeWorkflow(name, changeNothing);
  await neverOldAgain(async () => {
    await until("both are out", () => !one.cache.isUp() && !other.cache.isUp());
    await server.client.replicaof("NO", "ONE");
    await bothBack();
  });
  expect([one.messages, other.messages]).toEqual([BOTH, BOTH]);
}, 20_000);

test("one process loses its connection while it changes a workflow: its answer waits until Redis knows", async () => {
  const before = await connections();
  const lonely = openCache(server.url);
  await untilTrusted(lonely.cache);
  const its = (await connections()).filter((id) => !before.includes(id));
  await lonely.cache.changeWorkflow(name, async () => {
    // Redis forgets that it changes, the old version is put in again, and the connection breaks.
    await server.client.flushall();
    await put(other.cache, "workflow", name, old);
    for (const id of its) await server.client.client("KILL", "ID", id);
  });
  expect(await get(other.cache, "workflow", name)).toBeNull();
  expect([lonely.messages, other.messages]).toEqual([BOTH, []]);
  await lonely.cache.close();
}, 20_000);

test("not there at the start: said once, and used as soon as it is", async () => {
  await server.kill();
  const late = openCache(server.url);
  expect(await late.cache.read("run", [name])).toEqual(nothing);
  await Bun.sleep(2500);
  expect(late.messages).toEqual(["cache out"]);
  await server.start("--dir", folder);
  await until("it is up", () => late.cache.isUp());
  expect(late.messages).toEqual(BOTH);
  await late.cache.close();
}, 20_000);

/** The ids of the connections of caches: all but the one that asks. */
async function connections(): Promise<string[]> {
  const list = String(await server.client.client("LIST"));
  const mine = String(await server.client.client("ID"));
  return list.split("\n").flatMap((line) => {
    const id = /^id=(\d+)/.exec(line)?.[1] ?? mine;
    return id === mine ? [] : [id];
  });
}
