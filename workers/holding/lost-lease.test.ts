/** A worker that lost its lease gives up what was under way, so that the same runs find places when it claims them again. */
import { expect, test } from "bun:test";
import pino from "pino";
import { systemClock } from "../../src/clock.ts";
import { loadConfig } from "../../src/config.ts";
import { loadStepTypes } from "../../src/connectors/index.ts";
import { newId } from "../../src/ids.ts";
import type { Storage } from "../../src/storage/port.ts";
import { openMemoryStorage } from "../../src/storage/sqlite/index.ts";
import { Dispatcher } from "../dispatcher.ts";
import { ThreadPool } from "../execution/pool.ts";
import { Sweeper } from "../intake/sweeper.ts";
import { webhookSettings } from "../webhook/settings.ts";
import { SilentHost } from "./silent-host.fixture.ts";

/** One workflow gets a quarter of them, which its runs fill. */
const PLACES = 8;
const RUNS = 2;
/** A third of the time that a webhook takes that is not answered. */
const PATIENCE_MS = 10_000;

test("webhooks of a lost lease are called off, and sent again under the next one at once", async () => {
  const clock = systemClock;
  const log = pino({ level: "silent" });
  const silent = await SilentHost.start();
  const { port } = silent;
  const memory = openMemoryStorage(clock);
  let isLost = false;
  const storage: Storage = {
    ...memory,
    renewLease: async (lease) => {
      if (!isLost) return memory.renewLease(lease);
      isLost = false;
      return { kind: "lost" };
    },
  };
  const workflow = newId(clock.now());
  const config = { method: "POST", url: `http://127.0.0.1:${port}/`, body: {} };
  const steps = JSON.stringify([{ name: "a", type: "webhook", config }]);
  await storage.insertWorkflows([
    { uuid: workflow, namespace: "default", id: null, name: "w", description: null, steps },
  ]);
  const webhook = webhookSettings(loadConfig({ WEBHOOK_ALLOW: `127.0.0.1:${port}` }));
  const executor = new ThreadPool({ threads: 1, maxTasks: 16, clock, log, webhook, stepTypes: [] });
  const dispatcher = new Dispatcher({
    ...{ storage, executor, clock, log, types: await loadStepTypes(), shortcuts: new Set(), tracing: null },
    ...{ maxBatches: 2, maxInFlight: 16, maxEffects: PLACES, leaseMilliseconds: 600, trustsMessages: false },
    onGivenBack: (dueAt) => sweeper.notice(dueAt),
    onLinedUp: () => {},
    onEnded: () => {},
  });
  const due = { storage, dispatcher, clock, log };
  const sweeper = new Sweeper({ ...due, patienceMilliseconds: () => 0, longestMilliseconds: () => 100 });
  sweeper.start();
  try {
    const run = { namespace: "default", workflow, payload: "{}", depth: 0, traceparent: null, graceMilliseconds: 0 };
    const uuids = Array.from({ length: RUNS }, () => newId(clock.now()));
    await storage.insertRuns(uuids.map((uuid) => ({ ...run, uuid, claim: null, progress: null })));
    await until(() => silent.came === RUNS);
    isLost = true;
    await until(() => silent.came === 2 * RUNS);
    await until(() => silent.open === RUNS);
    expect(await storage.heldBy(dispatcher.worker)).toHaveLength(RUNS);
  } finally {
    sweeper.stop();
    await dispatcher.stop(Promise.resolve());
    await executor.close();
    silent.close();
    await memory.close();
  }
}, 30_000);

async function until(isSo: () => boolean): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error("not so in time");
    await Bun.sleep(10);
  }
}
