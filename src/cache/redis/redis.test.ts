/** What only a shared cache has: its keys, and what other programs do to them. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { get, kept, runRecord } from "../../../tests/contracts/cache.ts";
import { LIFETIME } from "../port.ts";
import { type OpenedCache, openCache, RedisServer, untilUp } from "./server.fixture.ts";

let server: RedisServer;
let one: OpenedCache;

beforeAll(async () => {
  server = await RedisServer.start();
  one = openCache(server.url);
  await untilUp(one.cache);
}, 30_000);

afterAll(async () => {
  await one.cache.close();
  await server.stop();
});

test("keys have the prefix, every entry a lifetime", async () => {
  const run = runRecord();
  await one.cache.keep([kept(run)]);
  const key = `workflow-platform:1:run:default:${run.uuid}`;
  expect((await server.client.keys("*")).sort()).toEqual(["workflow-platform:1:alive", key]);
  expect(await server.client.pttl(key)).toBeWithin(1, LIFETIME + 1);
  expect(JSON.parse((await server.client.get(key)) ?? "")).toEqual(run);
});

test("an entry that can't be read is dropped, and said once", async () => {
  const run = runRecord();
  await server.client.set(`workflow-platform:1:run:default:${run.uuid}`, '{"uuid":');
  expect(await get(one.cache, run.uuid)).toBeNull();
  await one.cache.keep([kept(run)]);
  expect(await get(one.cache, run.uuid)).toEqual(run);
  expect(one.messages).toEqual(["unreadable cache entry dropped"]);
});
