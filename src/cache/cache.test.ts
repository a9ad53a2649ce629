/** The cache contract over the memory of a process and over Redis. */
import { describe, expect, test } from "bun:test";
import Redis from "ioredis";
import { servicesUp } from "../../infrastructure/local/services.ts";
import { type Clock, systemClock } from "../clock.ts";
import { type CacheWorld, cacheContract, get, put, runRecord, workflowRecord } from "./contract.ts";
import { openInProcessCache } from "./in-process.ts";
import { openCache, untilTrusted } from "./redis/server.fixture.ts";

/** A number of Redis's databases that nobody else uses. */
const DATABASE = 9;

function handClock(): Clock & { pass(milliseconds: number): void } {
  let time = 1000;
  const pass = (milliseconds: number) => {
    time += milliseconds;
  };
  return { ...systemClock, monotonic: () => time, pass };
}

async function openInProcessWorld(alone: boolean): Promise<CacheWorld> {
  const clock = handClock();
  const cache = openInProcessCache({ clock, alone });
  return {
    one: cache,
    other: cache,
    pass: async (milliseconds) => clock.pass(milliseconds),
    close: () => cache.close(),
  };
}

async function openRedisWorld(): Promise<CacheWorld> {
  const { redis } = await servicesUp(["redis"]);
  const url = `${redis}/${DATABASE}`;
  const client = new Redis(url);
  await client.flushdb();
  const [one, other] = [openCache(url).cache, openCache(url).cache];
  await Promise.all([one, other].map(untilTrusted));
  return {
    one,
    other,
    // Redis goes by the system's time: everything in it is made so much older.
    async pass(milliseconds) {
      for (const key of await client.keys("*:*:*:*")) {
        const left = await client.pttl(key);
        if (left >= 0) await client.pexpire(key, left - milliseconds);
      }
    },
    async close() {
      await Promise.all([one.close(), other.close()]);
      await client.flushdb();
      client.disconnect();
    },
  };
}

cacheContract("in process, alone", { open: () => openInProcessWorld(true), kept: ["run", "workflow"] });
cacheContract("in process, beside others", { open: () => openInProcessWorld(false), kept: ["run"] });
cacheContract("Redis, two processes", { open: openRedisWorld, kept: ["run", "workflow", "runs", "workflows"] });

describe("in process", () => {
  test("memory is bounded; what was used longest ago goes first", async () => {
    const cache = openInProcessCache({ clock: systemClock, alone: true, maxBytes: 1024 * 1024 });
    const payload = "x".repeat(10_000);
    await put(cache, "run", "first", runRecord({ payload }));
    for (let index = 0; index < 100; index++) {
      await put(cache, "run", String(index), runRecord({ payload }));
      expect(await get(cache, "run", "first")).not.toBeNull();
    }
    const found = await cache.read(
      "run",
      Array.from({ length: 100 }, (_, index) => String(index)),
    );
    const kept = found.filter(({ value }) => value !== null).length;
    // Half of it is for runs, and a character counts for two bytes.
    expect(kept).toBeWithin(20, 26);
    expect(found.slice(-kept).every(({ value }) => value !== null)).toBe(true);
    await put(cache, "workflow", "workflow", workflowRecord());
    expect(await get(cache, "workflow", "workflow")).not.toBeNull();
  });

  test("one that was put in again counts once", async () => {
    const cache = openInProcessCache({ clock: systemClock, alone: true, maxBytes: 60_000 });
    const [{ ticket } = { ticket: null }] = await cache.read("run", ["again"]);
    await put(cache, "run", "other", runRecord());
    for (let count = 0; count < 100; count++) {
      await cache.fill("run", [{ name: "again", ticket: ticket ?? "", value: runRecord() }]);
    }
    expect(await get(cache, "run", "other")).not.toBeNull();
  });
});
