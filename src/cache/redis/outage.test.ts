/** Redis gone, frozen, full, loading, a replica: no error, no wait, one line for each change. */
import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Redis from "ioredis";
import { get, kept, runRecord } from "../../../tests/contracts/cache.ts";
import type { RunRecord } from "../../storage/port.ts";
import { type OpenedCache, openCache, RedisServer, until, untilUp } from "./server.fixture.ts";

const BOTH = ["cache out", "cache back"];
let folder: string;
let server: RedisServer;
let one: OpenedCache;
let other: OpenedCache;
/** A run that is kept when a test begins. */
let run: RunRecord;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "cache-test-"));
  server = await RedisServer.start("--dir", folder);
  [one, other] = [openCache(server.url), openCache(server.url)];
}, 30_000);

beforeEach(async () => {
  await untilUp(one.cache, other.cache);
  run = runRecord();
  await until("it is kept", async () => {
    await one.cache.keep([kept(run)]);
    return (await get(other.cache, run.uuid)) !== null;
  });
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

const bothOut = () => until("both are out", () => !one.cache.isUp() && !other.cache.isUp());
const bothUp = () => untilUp(one.cache, other.cache);
const expectSaid = (messages: string[]) => expect([one.messages, other.messages]).toEqual([messages, messages]);

test("killed and started again", async () => {
  await server.kill();
  await bothOut();
  expect(await timeOf(() => get(one.cache, run.uuid))).toBeLessThan(20);
  await one.cache.keep([kept(run)]);
  expect(await get(one.cache, run.uuid)).toBeNull();
  // Longer than a moment, which is not said.
  await Bun.sleep(1600);
  await server.start("--dir", folder);
  await bothUp();
  await one.cache.keep([kept(run)]);
  expect(await get(other.cache, run.uuid)).toEqual(run);
  expectSaid(BOTH);
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
  expect(await timeOf(() => get(one.cache, run.uuid))).toBeLessThan(50);
  expect([one.cache.isUp(), other.cache.isUp()]).toEqual([false, false]);
  await loaded;
  await bothUp();
  expectSaid(BOTH);
}, 30_000);

test("frozen: a wait of a moment, then none", async () => {
  server.signal("SIGSTOP");
  expect(await timeOf(() => get(one.cache, run.uuid))).toBeLessThan(300);
  expect(await timeOf(() => get(one.cache, run.uuid))).toBeLessThan(50);
  await bothOut();
  // Until the connection is given up.
  await Bun.sleep(2500);
  server.signal("SIGCONT");
  await bothUp();
  expectSaid(BOTH);
}, 20_000);

test("frozen for a moment: nobody notices", async () => {
  server.signal("SIGSTOP");
  const read = get(one.cache, run.uuid);
  await Bun.sleep(300);
  server.signal("SIGCONT");
  expect(await read).toBeNull();
  await until("it is asked again", async () => (await get(one.cache, run.uuid)) !== null);
  expectSaid([]);
}, 20_000);

test("this process stands still for a while: Redis is not out by that", async () => {
  Bun.sleepSync(1500);
  const until = performance.now() + 1000;
  while (performance.now() < until) {
    expect(one.cache.isUp()).toBe(true);
    await Bun.sleep(1);
  }
  expect(await get(one.cache, run.uuid)).toEqual(run);
  expectSaid([]);
}, 20_000);

test("this process stands still at its start, as while it loads its code: nothing is said", async () => {
  const busy = openCache(server.url);
  await Bun.sleep(1);
  Bun.sleepSync(1500);
  await untilUp(busy.cache);
  expect(busy.messages).toEqual([]);
  await busy.cache.close();
}, 20_000);

test("full: out for everybody", async () => {
  await server.client.config("SET", "maxmemory-policy", "noeviction");
  await server.client.config("SET", "maxmemory", "1");
  expect(await server.client.set("a", "b").catch(String)).toContain("OOM");
  await bothOut();
  expect(await get(one.cache, run.uuid)).toBeNull();
  await Bun.sleep(1100);
  await server.client.config("SET", "maxmemory", "0");
  await bothUp();
  expectSaid(BOTH);
}, 20_000);

test("made a replica, it takes no writes: out for everybody", async () => {
  await server.client.replicaof("127.0.0.1", 1);
  expect(await server.client.set("a", "b").catch(String)).toContain("READONLY");
  await bothOut();
  await Bun.sleep(1100);
  await server.client.replicaof("NO", "ONE");
  await bothUp();
  expectSaid(BOTH);
}, 20_000);

test("a start waits until it is there, or is known not to be", async () => {
  for (let count = 0; count < 20; count++) {
    const { cache } = openCache(server.url);
    expect(cache.isUp()).toBe(false);
    await cache.met;
    expect(cache.isUp()).toBe(true);
    await cache.close();
  }
  server.signal("SIGSTOP");
  const frozen = openCache(server.url);
  expect(await timeOf(() => frozen.cache.met)).toBeWithin(900, 1500);
  server.signal("SIGCONT");
  const nowhere = openCache("redis://127.0.0.1:1");
  expect(await timeOf(() => nowhere.cache.met)).toBeLessThan(500);
  const closed = openCache(server.url);
  await Promise.all([frozen, nowhere, closed].map(({ cache }) => cache.close()));
  expect(await timeOf(() => closed.cache.met)).toBeLessThan(100);
  await bothUp();
}, 20_000);

test("not there at the start: said once, and used as soon as it is", async () => {
  await server.kill();
  const late = openCache(server.url);
  expect(await get(late.cache, run.uuid)).toBeNull();
  await Bun.sleep(2500);
  expect(late.messages).toEqual(["cache out"]);
  await server.start("--dir", folder);
  await untilUp(late.cache);
  expect(late.messages).toEqual(BOTH);
  await late.cache.close();
}, 20_000);
