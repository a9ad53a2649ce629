/**
 * Two processes on one database and one Redis, at work while Redis is frozen, killed, flushed, filled and cut off: no
 * call fails, nobody reads what is older than an answered write, and no run goes back.
 */
import { expect, test } from "bun:test";
import { progress, World } from "../../tests/contracts/storage/kit.ts";
import { openCache, RedisServer, until, untilUp } from "../cache/redis/server.fixture.ts";
import { systemClock } from "../clock.ts";
import { RUN_STATUSES, type RunStatus } from "../schemas/runs/run.ts";
import { openMemoryStorage } from "../storage/sqlite/index.ts";
import { RunRepository } from "./runs.ts";
import { WorkflowRepository } from "./workflows.ts";

const namespace = "default";
const ORDER: RunStatus[] = ["pending", "running", "success"];

test("right answers through every outage", async () => {
  const redis = await RedisServer.start();
  const opened = [openCache(redis.url), openCache(redis.url)];
  await untilUp(...opened.map(({ cache }) => cache));
  const world = await World.open({ open: async () => openMemoryStorage(systemClock), takesClock: false });
  const processes = opened.map(({ cache }) => ({
    workflows: new WorkflowRepository(world.storage, systemClock),
    runs: new RunRepository(world.storage, cache, systemClock, () => null),
  }));
  const uuids = await Promise.all([1, 2, 3].map(() => world.workflow()));
  const answered = new Map(uuids.map((uuid) => [uuid, 1]));
  const seen = { reads: 0, writes: 0, ended: 0 };
  let isOver = false;

  const write = async (uuid: string, { workflows }: (typeof processes)[number]) => {
    const change = { namespace, reference: uuid, id: undefined, name: "changed", description: null, steps: "[]" };
    while (!isOver) {
      const { version } = await workflows.update(change);
      answered.set(uuid, Math.max(answered.get(uuid) ?? 0, version));
      seen.writes++;
      await Bun.sleep(Math.random() * 400);
    }
  };
  const read = async (uuid: string, { workflows }: (typeof processes)[number]) => {
    while (!isOver) {
      const atLeast = answered.get(uuid) ?? 0;
      const found = await workflows.find({ namespace, reference: uuid, version: null });
      expect(found?.version).toBeGreaterThanOrEqual(atLeast);
      seen.reads++;
      await Bun.sleep(Math.random() * 6);
    }
  };
  /** A run's life, watched by both processes: what one has shown, the other does not take back. */
  const watch = async () => {
    while (!isOver) {
      const run = await world.run();
      let shown = 0;
      let isRead = false;
      const watches = processes.map(async ({ runs }) => {
        while (!isRead) {
          const atLeast = shown;
          const status = (await runs.find({ namespace, uuid: run }))?.status ?? "paused";
          expect(RUN_STATUSES).toContain(status);
          expect(ORDER.indexOf(status)).toBeGreaterThanOrEqual(atLeast);
          shown = Math.max(shown, ORDER.indexOf(status));
          await Bun.sleep(Math.random() * 6);
        }
      });
      await Bun.sleep(50);
      const [claimed] = await world.claimByMessage([run]);
      await Bun.sleep(50);
      const end = { kind: "end", status: "success", error: null, stepResults: "{}" } as const;
      if (claimed !== undefined) await world.save(progress(claimed, { next: end }));
      await until("both show its end", () => shown === ORDER.indexOf("success"));
      await Bun.sleep(50);
      isRead = true;
      await Promise.all(watches);
      seen.ended++;
    }
  };

  const work = [
    ...uuids.flatMap((uuid) => processes.flatMap((process) => [write(uuid, process), read(uuid, process)])),
    watch(),
    watch(),
  ];
  const isBack = () => untilUp(...opened.map(({ cache }) => cache));
  const meanwhile = async () => {
    await Bun.sleep(500);
    for (const milliseconds of [150, 900, 1200, 2500]) {
      redis.signal("SIGSTOP");
      await Bun.sleep(milliseconds);
      redis.signal("SIGCONT");
      await isBack();
    }
    await redis.client.flushall();
    await Bun.sleep(300);
    await redis.kill();
    await Bun.sleep(700);
    await redis.start();
    await isBack();
    await redis.client.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    await isBack();
    await redis.client.config("SET", "maxmemory-policy", "noeviction");
    await redis.client.config("SET", "maxmemory", "1");
    await Bun.sleep(1500);
    await redis.client.config("SET", "maxmemory", "0");
    await isBack();
    await Bun.sleep(500);
  };
  try {
    await Promise.race([meanwhile(), Promise.all(work)]);
  } finally {
    isOver = true;
    await Promise.all(work);
    await Promise.all(opened.map(({ cache }) => cache.close()));
    await redis.stop();
    await world.storage.close();
  }
  expect(seen.reads).toBeGreaterThan(2000);
  expect(seen.writes).toBeGreaterThan(100);
  expect(seen.ended).toBeGreaterThan(20);
  for (const { messages } of opened) {
    expect(messages.length).toBeWithin(6, 30);
    expect(messages.at(-1)).toBe("cache back");
  }
}, 60_000);
