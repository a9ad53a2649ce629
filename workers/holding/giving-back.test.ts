/** A run whose effect waits too long for a place is given back, to be due after a pause. */
import { expect, test } from "bun:test";
import { createServer } from "node:net";
import pino from "pino";
import { systemClock } from "../../src/clock.ts";
import { loadConfig } from "../../src/config.ts";
import { loadStepTypes } from "../../src/connectors/index.ts";
import { newId } from "../../src/ids.ts";
import { openMemoryStorage } from "../../src/storage/sqlite/index.ts";
import { Dispatcher } from "../dispatcher.ts";
import { ThreadPool } from "../execution/pool.ts";
import { webhookSettings } from "../webhook/settings.ts";

/** With three places one workflow gets one. */
const PLACES = 3;
const RUNS = 5;

test(`of ${RUNS} runs at a host that hangs one has a place, and the others are given back, at first for a second or two`, async () => {
  const clock = systemClock;
  const log = pino({ level: "silent" });
  const silent = createServer((socket) => socket.on("error", () => {}).resume());
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const address = silent.address();
  const port = address !== null && typeof address === "object" ? address.port : 0;
  const storage = openMemoryStorage(clock);
  const workflow = newId(clock.now());
  const config = { method: "POST", url: `http://127.0.0.1:${port}/`, body: {} };
  const steps = JSON.stringify([{ name: "a", type: "webhook", config }]);
  const definition = { uuid: workflow, namespace: "default", id: null, name: "w", description: null, steps };
  await storage.insertWorkflows([definition]);
  const webhook = webhookSettings(loadConfig({ WEBHOOK_ALLOW: `127.0.0.1:${port}` }));
  const executor = new ThreadPool({ threads: 1, maxTasks: 16, clock, log, webhook, stepTypes: [] });
  const given = Promise.withResolvers<void>();
  const dueTimes: number[] = [];
  const dispatcher = new Dispatcher({
    ...{ storage, executor, clock, log, types: await loadStepTypes(), shortcuts: new Set(), tracing: null },
    ...{ maxBatches: 2, maxInFlight: 16, maxEffects: PLACES, leaseMilliseconds: 30_000, trustsMessages: false },
    onGivenBack: (dueAt) => {
      dueTimes.push(dueAt);
      if (dueTimes.length === RUNS - 1) given.resolve();
    },
    onLinedUp: () => {},
    onEnded: () => {},
  });
  try {
    const uuids = Array.from({ length: RUNS }, () => newId(clock.now()));
    const run = { namespace: "default", workflow, payload: "{}", depth: 0, traceparent: null, graceMilliseconds: 0 };
    await storage.insertRuns(uuids.map((uuid) => ({ ...run, uuid, claim: null, progress: null })));
    const began = clock.now();
    dispatcher.onMessages(uuids.map((uuid) => ({ namespace: "default", uuid })));
    await given.promise;
    expect(await storage.heldBy(dispatcher.worker)).toHaveLength(1);
    for (const dueAt of dueTimes) {
      expect(dueAt).toBeGreaterThan(began + 2_000);
      expect(dueAt).toBeLessThan(began + 5_000);
    }
    expect(await storage.nextDue(0)).toBe(Math.min(...dueTimes));
  } finally {
    await dispatcher.stop(Promise.resolve());
    await executor.close();
    silent.close();
    await storage.close();
  }
}, 20_000);
