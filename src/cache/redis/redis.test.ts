/** What only a shared cache has: its keys, and what other processes do to them. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { newId } from "../../ids.ts";
import { get, put, runRecord, workflowRecord } from "../contract.ts";
import type { Kind } from "../port.ts";
import { LIFETIMES } from "../port.ts";
import { type OpenedCache, openCache, RedisServer, untilTrusted } from "./server.fixture.ts";

let server: RedisServer;
let one: OpenedCache;
let other: OpenedCache;

beforeAll(async () => {
  server = await RedisServer.start();
  [one, other] = [openCache(server.url), openCache(server.url)];
  await Promise.all([untilTrusted(one.cache), untilTrusted(other.cache)]);
}, 30_000);

afterAll(async () => {
  await Promise.all([one.cache.close(), other.cache.close()]);
  await server.stop();
});

const keyOf = (kind: Kind, name: string) => `workflow-platform:1:${kind}:${name}`;

async function ticketOf(name: string): Promise<string> {
  const ticket = (await one.cache.read("workflow", [name]))[0]?.ticket;
  if (!ticket) throw new Error("expected a ticket");
  return ticket;
}

test("keys have the prefix and a bounded length, every entry a lifetime", async () => {
  await put(one.cache, "run", "short", runRecord());
  await put(one.cache, "runs", `${"x".repeat(10_000)}`, [runRecord()]);
  await put(one.cache, "workflow", `${"y".repeat(10_000)}`, workflowRecord());
  const keys = await server.client.keys("*");
  expect(keys).toContain(keyOf("run", "short"));
  for (const key of keys) {
    expect(key).toStartWith("workflow-platform:1:");
    expect(key.length).toBeLessThan(200);
    const [left, kind] = [await server.client.pttl(key), key.split(":")[2]];
    if (kind === "run" || kind === "runs" || kind === "workflow") expect(left).toBeWithin(1, LIFETIMES[kind] + 1);
  }
  expect(JSON.parse((await server.client.get(keyOf("run", "short"))) ?? "")).toMatchObject({ status: "success" });
});

test("a lifetime counts from before the database was asked", async () => {
  const name = newId(Date.now());
  const ticket = await ticketOf(name);
  await server.client.pexpire(keyOf("workflow", name), 500);
  await one.cache.fill("workflow", [{ name, ticket, value: workflowRecord() }]);
  expect(await server.client.pttl(keyOf("workflow", name))).toBeWithin(58_000, LIFETIMES.workflow - 1499);
});

test("a ticket that is too old, taken by another or forgotten by Redis puts nothing in", async () => {
  const spoil = [
    (key: string) => server.client.del(key),
    () => server.client.flushall(),
    (key: string) => server.client.pexpire(key, 0),
    (key: string) => server.client.set(key, "0123456789abcdef?somebody else"),
  ];
  for (const step of spoil) {
    const name = newId(Date.now());
    const ticket = await ticketOf(name);
    await step(keyOf("workflow", name));
    await one.cache.fill("workflow", [{ name, ticket, value: workflowRecord() }]);
    expect(await get(other.cache, "workflow", name)).toBeNull();
  }
});

test("only one of those who ask at once gets a ticket", async () => {
  const name = newId(Date.now());
  const caches = [one, other, one, other, one].map(({ cache }) => cache.read("workflow", [name]));
  const tickets = (await Promise.all(caches)).filter(([read]) => read?.ticket);
  expect(tickets).toHaveLength(1);
});

test("Redis is flushed while a workflow changes: what was read before the write does not stay", async () => {
  const name = newId(Date.now());
  await one.cache.changeWorkflow(name, async () => {
    await server.client.flushall();
    expect(await put(other.cache, "workflow", name, workflowRecord())).toBe(true);
  });
  expect(await get(other.cache, "workflow", name)).toBeNull();
});

test("a process that dies while it changes a workflow leaves nothing old behind", async () => {
  const name = newId(Date.now());
  await put(one.cache, "workflow", name, workflowRecord());
  const written = Promise.withResolvers<void>();
  const change = one.cache.changeWorkflow(name, () => written.promise);
  await Bun.sleep(50);
  expect(await put(other.cache, "workflow", name, workflowRecord())).toBe(false);
  expect(await get(other.cache, "workflow", name)).toBeNull();
  written.resolve();
  await change;
});

test("a write of which nobody knows whether it was done keeps the workflow out until its lifetime is over", async () => {
  const name = newId(Date.now());
  const failure = one.cache.changeWorkflow(name, () => Promise.reject(new Error("connection lost")));
  expect(await failure.catch(String)).toContain("connection lost");
  expect(await put(other.cache, "workflow", name, workflowRecord())).toBe(false);
  const left = await server.client.pttl(`${keyOf("workflow", name)}:changing`);
  expect(left).toBeWithin(50_000, LIFETIMES.workflow + 1);
});

test("an entry that can't be read is dropped, and said once", async () => {
  await server.client.set(keyOf("run", "broken"), '{"uuid":');
  expect(await get(one.cache, "run", "broken")).toBeNull();
  await put(one.cache, "run", "broken", runRecord());
  expect(await get(one.cache, "run", "broken")).not.toBeNull();
  expect(one.messages).toEqual(["unreadable cache entry dropped"]);
});

test("two that began a new generation each drop what was kept before", async () => {
  const name = newId(Date.now());
  await put(one.cache, "workflow", name, workflowRecord());
  await put(one.cache, "run", name, runRecord());
  const third = openCache(server.url);
  await untilTrusted(third.cache);
  expect(await get(one.cache, "workflow", name)).toBeNull();
  expect(await get(one.cache, "run", name)).not.toBeNull();
  await third.cache.close();
});
