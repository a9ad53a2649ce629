/** What messages that name no run, or another one than they say, make a worker do. */
import { expect, test } from "bun:test";
import pino from "pino";
import { systemClock } from "../../src/clock.ts";
import { loadStepTypes } from "../../src/connectors/index.ts";
import { newId } from "../../src/ids.ts";
import type { Triggered } from "../../src/schemas/runs/event.ts";
import { keyOf } from "../../src/schemas/runs/run.ts";
import { SHORTCUTS } from "../../src/shortcuts.ts";
import { openMemoryStorage } from "../../src/storage/sqlite/index.ts";
import { Dispatcher } from "../dispatcher.ts";
import type { Execution } from "../execution/port.ts";

const types = await loadStepTypes();

async function openWorker({ trustsMessages = true } = {}) {
  let ahead = 0;
  const clock = { ...systemClock, monotonic: () => systemClock.monotonic() + ahead };
  const storage = openMemoryStorage(clock);
  const uuid = newId(clock.now());
  const steps = '[{"name":"a","type":"transform","config":{"value":1}}]';
  await storage.insertWorkflows([{ uuid, namespace: "default", id: null, name: "w", description: null, steps }]);
  const executed: string[] = [];
  const executor = {
    async execute({ runs }: Execution) {
      executed.push(...runs.map((run) => run.uuid));
      const next = { kind: "end", status: "success", error: null, stepResults: "{}" } as const;
      return runs.map(
        () => ({ kind: "advanced", advanced: { seq: 0, entries: "[]", mustSave: false, next } }) as const,
      );
    },
    freest: () => 0,
    paces: () => [],
    drop: async () => {},
    pause: async () => {},
    executeEffects: () => [],
    async close() {},
  };
  const dispatcher = new Dispatcher({
    storage,
    executor,
    types,
    tracing: null,
    shortcuts: new Set(SHORTCUTS),
    clock,
    log: pino({ level: "silent" }),
    maxBatches: 2,
    maxInFlight: 4096,
    trustsMessages,
    maxEffects: 3,
    leaseMilliseconds: 30_000,
    onGivenBack: () => {},
    onLinedUp: () => {},
    onEnded: () => {},
  });
  const message = (bornAgo: number): Triggered => ({
    namespace: "default",
    uuid: newId(clock.now() - bornAgo),
    workflowId: uuid,
    stored: { version: 1, payload: "{}", traceparent: null },
    isWake: false,
  });
  const forged = (count: number, bornAgo = 0) => Array.from({ length: count }, () => message(bornAgo));
  /** The message of a run that is stored. */
  const real = async (bornAgo = 0): Promise<Triggered> => {
    const its = message(bornAgo);
    const run = { ...keyOf(its), workflow: uuid, payload: "{}", depth: 0, traceparent: null };
    await storage.insertRuns([{ ...run, graceMilliseconds: 2000, claim: null, progress: null }]);
    return its;
  };
  const close = async () => {
    await dispatcher.stop(Promise.resolve());
    await storage.close();
  };
  /** A worker that has just started waits for its messages. */
  const skipJoin = () => {
    ahead = 5000;
  };
  return { storage, dispatcher, executed, forged, real, close, skipJoin };
}

test("forged messages are computed a hundred times or so, then their rows are asked for first", async () => {
  const { dispatcher, executed, forged, close } = await openWorker();
  for (let batch = 0; batch < 20; batch++) {
    const messages = forged(50);
    expect((await dispatcher.claim(messages)).unknown.length).toBe(50);
  }
  expect(executed.length).toBe(100);
  await close();
});

test("where anybody may send messages, none is computed before its row was found", async () => {
  const { dispatcher, executed, forged, real, close } = await openWorker({ trustsMessages: false });
  const message = await real();
  expect(await dispatcher.claim([...forged(50), message])).toMatchObject({ unknown: { length: 50 } });
  expect(executed).toEqual([message.uuid]);
  await close();
});

test("runs that exist are executed all the same while rows are read first", async () => {
  const { storage, dispatcher, executed, forged, real, close } = await openWorker();
  await dispatcher.claim(forged(100));
  executed.length = 0;
  const message = await real();
  expect(await dispatcher.claim([...forged(10), message])).toMatchObject({ unknown: { length: 10 } });
  expect(executed).toEqual([message.uuid]);
  expect((await storage.findRuns([keyOf(message)]))[0]?.status).toBe("success");
  await close();
});

test("a message that names a run of another namespace executes nothing, and the run stays pending", async () => {
  for (const trustsMessages of [true, false]) {
    const { storage, dispatcher, executed, real, close } = await openWorker({ trustsMessages });
    const right = await real();
    const wrong: Triggered = { ...right, namespace: "theirs" };
    expect(await dispatcher.claim([wrong])).toEqual({ unknown: [{ namespace: "theirs", uuid: right.uuid }] });
    expect(executed).toEqual([]);
    expect((await storage.findRuns([keyOf(right)]))[0]?.status).toBe("pending");
    // Beside the right one it is still unknown.
    expect(await dispatcher.claim([wrong, right])).toMatchObject({ unknown: [{ namespace: "theirs" }] });
    expect(executed).toEqual([right.uuid]);
    await close();
  }
});

test("sweepers leave new runs alone for late messages of runs that exist, not for forged ones or those of a backlog", async () => {
  const { dispatcher, forged, real, close, skipJoin } = await openWorker();
  skipJoin();
  await dispatcher.claim(forged(5, 20_000));
  await dispatcher.claim([await real(3_600_000)]);
  expect(dispatcher.patience()).toBe(0);
  await dispatcher.claim([...forged(5, 20_000), await real(5000)]);
  expect(dispatcher.patience()).toBeGreaterThanOrEqual(10_000);
  expect(dispatcher.patience()).toBeLessThan(20_000);
  await close();
});
