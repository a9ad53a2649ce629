/** A run stays with its worker, and in its thread, while the ends of many others come, or where a short sleep would have a large one made anew. */
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

/** A worker that nobody sweeps for, with a run of the last of these workflows. */
async function running(workflows: { uuid: string; steps: unknown[] }[], payload: string) {
  const storage = openMemoryStorage(clock);
  for (const { uuid, steps } of workflows) {
    const definition = { uuid, namespace, id: null, name: uuid, description: null, steps: JSON.stringify(steps) };
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
  const workflow = workflows.at(-1)?.uuid ?? "";
  const run = { namespace, workflow, depth: 0, traceparent: null, graceMilliseconds: 0 };
  await storage.insertRuns([{ ...run, uuid, payload, claim: null, progress: null }]);
  dispatcher.onMessages([{ namespace, uuid }]);
  return {
    heldCount: async () => (await storage.heldBy(dispatcher.worker)).length,
    children: async () => (await storage.findAwaited([uuid]))[0]?.length ?? 0,
    status: async () => (await storage.findRuns([{ namespace, uuid }]))[0]?.status,
    async end(): Promise<void> {
      await dispatcher.stop(Promise.resolve());
      await executor.close();
      await storage.close();
    },
  };
}

/** A run that waits for so many others, which nobody begins. */
function waitingFor(count: number) {
  const [child, parent] = [newId(clock.now()), newId(clock.now())];
  const each = { items: "${payload}", steps: [{ name: "c", type: "workflow", config: { workflow_id: child } }] };
  return running(
    [
      { uuid: child, steps: [{ name: "s", type: "wait", config: { signal: "s" } }] },
      { uuid: parent, steps: [{ name: "m", type: "map", config: each }] },
    ],
    JSON.stringify(Array.from({ length: count }, (_, index) => index)),
  );
}

/** A run of so many characters that sleeps twice for a moment. */
function sleeping(characters: number) {
  const steps = ["a", "b"].map((name) => ({ name, type: "delay", config: { duration: 0.2 } }));
  return running([{ uuid: newId(clock.now()), steps }], JSON.stringify("x".repeat(characters)));
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

test("a large one is held through its short sleeps", async () => {
  const large = await sleeping(300_000);
  try {
    // Given back, it would need a sweeper.
    await until("it ends", 5000, async () => (await large.status()) === "success");
  } finally {
    await large.end();
  }
}, 20_000);

test("a small one is given back as it falls asleep", async () => {
  const small = await sleeping(3000);
  try {
    await until("it sleeps", 5000, async () => (await small.heldCount()) === 0);
    expect(await small.status()).toBe("running");
  } finally {
    await small.end();
  }
}, 20_000);
