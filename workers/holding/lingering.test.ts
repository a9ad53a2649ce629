/** A run that waits for many others stays with its worker, and in its thread, while their ends come. */
import { expect, test } from "bun:test";
import pino from "pino";
import { systemClock } from "../../src/clock.ts";
import { loadConfig } from "../../src/config.ts";
import { loadStepTypes } from "../../src/connectors/index.ts";
import { newId } from "../../src/ids.ts";
import { openMemoryStorage } from "../../src/storage/sqlite/index.ts";
import { until } from "../../tests/faults/load/waiting.ts";
import { Dispatcher } from "../dispatcher.ts";
import { ThreadPool } from "../execution/pool.ts";
import { MANY_AWAITED } from "../execution/port.ts";
import { webhookSettings } from "../webhook/settings.ts";

const clock = systemClock;
const log = pino({ level: "silent" });
const namespace = "default";

/** A worker that nobody sweeps for, with a run that waits for so many others, which nobody begins. */
async function waitingFor(count: number) {
  const storage = openMemoryStorage(clock);
  const [child, parent] = [newId(clock.now()), newId(clock.now())];
  const each = { items: "${payload}", steps: [{ name: "c", type: "workflow", config: { workflow_id: child } }] };
  const steps = {
    [child]: [{ name: "s", type: "wait", config: { signal: "s" } }],
    [parent]: [{ name: "m", type: "map", config: each }],
  };
  for (const uuid of [child, parent]) {
    const definition = { uuid, namespace, id: null, name: uuid, description: null, steps: JSON.stringify(steps[uuid]) };
    await storage.insertWorkflows([definition]);
  }
  const webhook = webhookSettings(loadConfig({}));
  const executor = new ThreadPool({ threads: 1, maxTasks: 16, clock, log, webhook, stepTypes: [] });
  const dispatcher = new Dispatcher({
    ...{ storage, executor, clock, log, types: await loadStepTypes(), shortcuts: new Set(), tracing: null },
    ...{ maxBatches: 2, maxInFlight: 16, maxEffects: 4, leaseMilliseconds: 30_000, trustsMessages: false },
    onGivenBack: () => {},
    onLinedUp: () => {},
    onEnded: () => {},
  });
  const uuid = newId(clock.now());
  const run = { namespace, workflow: parent, depth: 0, traceparent: null, graceMilliseconds: 0 };
  const payload = JSON.stringify(Array.from({ length: count }, (_, index) => index));
  await storage.insertRuns([{ ...run, uuid, payload, claim: null, progress: null }]);
  dispatcher.onMessages([{ namespace, uuid }]);
  return {
    heldCount: async () => (await storage.heldBy(dispatcher.worker)).length,
    children: async () => (await storage.findAwaited([uuid]))[0]?.length ?? 0,
    async end(): Promise<void> {
      await dispatcher.stop(Promise.resolve());
      await executor.close();
      await storage.close();
    },
  };
}

test(`one that waits for ${MANY_AWAITED} is given back once nothing has come for a while`, async () => {
  const waiting = await waitingFor(MANY_AWAITED);
  try {
    await until("its runs are stored", 5000, async () => (await waiting.children()) === MANY_AWAITED);
    expect(await waiting.heldCount()).toBe(1);
    await until("it is given back", 5000, async () => (await waiting.heldCount()) === 0);
    expect(await waiting.children()).toBe(MANY_AWAITED);
  } finally {
    await waiting.end();
  }
}, 20_000);

test("one that waits for fewer is given back with the write that stores them", async () => {
  const waiting = await waitingFor(MANY_AWAITED - 1);
  try {
    await until("its runs are stored", 5000, async () => (await waiting.children()) === MANY_AWAITED - 1);
    expect(await waiting.heldCount()).toBe(0);
  } finally {
    await waiting.end();
  }
}, 20_000);
