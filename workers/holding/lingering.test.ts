/** A run stays with its worker, and in its thread, while the ends of many others come, and through a short sleep. */
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

const PLACES = 16;

/** A worker with so many places that nobody sweeps for, with a run of the last of these workflows. */
async function running(workflows: { uuid: string; steps: unknown[] }[], payload: string, places = PLACES) {
  const storage = openMemoryStorage(clock);
  for (const { uuid, steps } of workflows) {
    const definition = { uuid, namespace, id: null, name: uuid, description: null, steps: JSON.stringify(steps) };
    await storage.insertWorkflows([definition]);
  }
  const webhook = webhookSettings(loadConfig({}));
  const executor = new ThreadPool({ threads: 1, maxTasks: 16, clock, log, webhook, stepTypes: [] });
  const dispatcher = new Dispatcher({
    ...{ storage, executor, clock, log, types: await loadStepTypes(), shortcuts: new Set(), tracing: null },
    ...{ maxBatches: 2, maxInFlight: places, maxEffects: 4, leaseMilliseconds: 30_000, trustsMessages: false },
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
    log: async () => (await storage.findRuns([{ namespace, uuid }]))[0]?.log ?? "[]",
    nextDue: () => storage.nextDue(0),
    stop: () => dispatcher.stop(Promise.resolve()),
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

/** A run that sleeps twice, for so many seconds each time. */
function sleeping(duration: number, places?: number) {
  const steps = ["a", "b"].map((name) => ({ name, type: "delay", config: { duration } }));
  return running([{ uuid: newId(clock.now()), steps }], "{}", places);
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

test("one is held through short sleeps", async () => {
  const brief = await sleeping(0.2);
  try {
    // Given back, it would need a sweeper.
    await until("it ends", 15_000, async () => (await brief.status()) === "success");
  } finally {
    await brief.end();
  }
}, 20_000);

test("one that falls asleep for longer is given back", async () => {
  const long = await sleeping(11);
  try {
    await until("it sleeps", 15_000, async () => (await long.status()) === "running" && (await long.heldCount()) === 0);
  } finally {
    await long.end();
  }
}, 20_000);

test("one is given back where more than half of the places are taken", async () => {
  const brief = await sleeping(0.2, 1);
  try {
    await until(
      "it sleeps",
      15_000,
      async () => (await brief.status()) === "running" && (await brief.heldCount()) === 0,
    );
  } finally {
    await brief.end();
  }
}, 20_000);

test("one that is held through a sleep is due at the end of it where its worker stops", async () => {
  const brief = await sleeping(5);
  await until("it sleeps", 15_000, async () => (await brief.log()) !== "[]");
  expect(await brief.heldCount()).toBe(1);
  await brief.stop();
  expect(await brief.heldCount()).toBe(0);
  const due = await brief.nextDue();
  await brief.end();
  expect(due).toBeGreaterThan(clock.now() + 2000);
}, 20_000);
