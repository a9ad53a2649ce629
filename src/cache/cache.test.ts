/** The cache contract over the memory of a process and over Redis. */
import { describe, expect, test } from "bun:test";
import Redis from "ioredis";
import { servicesUp } from "../../infrastructure/local/services.ts";
import { type CacheWorld, cacheContract, get, kept, keyOf, runRecord } from "../../tests/contracts/cache.ts";
import { type Clock, systemClock } from "../clock.ts";
import { openInProcessCache } from "./in-process.ts";
import { openCache, untilUp } from "./redis/server.fixture.ts";

/** A number of Redis's databases that nobody else uses. */
const DATABASE = 9;

function handClock(): Clock & { pass(milliseconds: number): void } {
  let time = 1000;
  const pass = (milliseconds: number) => {
    time += milliseconds;
  };
  return { ...systemClock, monotonic: () => time, pass };
}

async function openInProcessWorld(): Promise<CacheWorld> {
  const clock = handClock();
  const cache = openInProcessCache({ clock });
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
  await untilUp(one, other);
  return {
    one,
    other,
    // Redis goes by the system's time: everything in it is made so much older.
    async pass(milliseconds) {
      for (const key of await client.keys("*:run:*")) {
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

cacheContract("in process", openInProcessWorld);
cacheContract("Redis, two processes", openRedisWorld);

describe("in process", () => {
  test("memory is bounded; what was used longest ago goes first", async () => {
    const cache = openInProcessCache({ clock: systemClock, maxBytes: 512 * 1024 });
    const runs = Array.from({ length: 101 }, () => runRecord({ payload: "x".repeat(10_000) }));
    const [first = runRecord(), ...others] = runs;
    await cache.keep([kept(first)]);
    for (const run of others) {
      await cache.keep([kept(run)]);
      expect(await get(cache, first.uuid)).not.toBeNull();
    }
    const found = await cache.read(others.map(({ uuid }) => keyOf(uuid)));
    const left = found.filter((run) => run !== null).length;
    // A character counts for two bytes.
    expect(left).toBeWithin(20, 26);
    expect(found.slice(-left).every((run) => run !== null)).toBe(true);
  });

  test("one that was put in again counts once", async () => {
    const cache = openInProcessCache({ clock: systemClock, maxBytes: 30_000 });
    const [other, again] = [runRecord(), runRecord()];
    await cache.keep([kept(other)]);
    for (let count = 0; count < 100; count++) await cache.keep([kept(again)]);
    expect(await get(cache, other.uuid)).not.toBeNull();
  });
});
