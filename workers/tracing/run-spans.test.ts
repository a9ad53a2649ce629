/** A run that sleeps for hours, on a clock of the test. */
import { expect, test } from "bun:test";
import pino from "pino";
import { systemClock } from "../../src/clock.ts";
import { loadConfig } from "../../src/config.ts";
import { loadStepTypes } from "../../src/connectors/index.ts";
import { newId } from "../../src/ids.ts";
import { SHORTCUTS } from "../../src/shortcuts.ts";
import { openMemoryStorage } from "../../src/storage/sqlite/index.ts";
import type { Span } from "../../src/tracing/port.ts";
import { Dispatcher } from "../dispatcher.ts";
import { ThreadPool } from "../execution/pool.ts";
import { Sweeper } from "../intake/sweeper.ts";
import { webhookSettings } from "../webhook/settings.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = "b7ad6b7169203331";
const HOUR = 3_600_000;
const STEPS = JSON.stringify([
  { name: "a", type: "transform", config: { value: 1 } },
  { name: "b", type: "delay", config: { duration: 7200 } },
  { name: "c", type: "transform", config: { value: "${a}" } },
]);

for (const isClaimed of [true, false]) {
  test(`a run, ${isClaimed ? "claimed" : "unclaimed"}, that slept for two hours goes on in another trace, which links to its own`, async () => {
    let ahead = 0;
    const clock = { ...systemClock, now: () => systemClock.now() + ahead };
    const log = pino({ level: "silent" });
    const spans: Span[] = [];
    const tracing = { begins: () => false, end: (span: Span) => void spans.push(span), close: async () => {} };
    const storage = openMemoryStorage(clock);
    const workflow = newId(clock.now());
    const definition = { uuid: workflow, namespace: "default", id: null, name: "w", description: null, steps: STEPS };
    await storage.insertWorkflows([definition]);
    const webhook = webhookSettings(loadConfig({}));
    const executor = new ThreadPool({ threads: 1, maxTasks: 16, clock, log, webhook, stepTypes: [] });
    const dispatcher = new Dispatcher({
      ...{ storage, executor, clock, log, tracing, types: await loadStepTypes(), shortcuts: new Set(SHORTCUTS) },
      ...{ maxBatches: 2, maxInFlight: 16, maxEffects: 3, leaseMilliseconds: 1500, trustsMessages: false },
      onGivenBack: () => {},
      onLinedUp: () => {},
      onEnded: () => {},
    });
    const options = { storage, dispatcher, clock, log, patienceMilliseconds: () => 0, longestMilliseconds: () => 50 };
    const sweeper = new Sweeper(options);
    sweeper.start();
    try {
      const key = { namespace: "default", uuid: newId(clock.now()) };
      const traceparent = `00-${TRACE}-${PARENT}-01`;
      const fields = { payload: "{}", depth: 0, traceparent, graceMilliseconds: 60_000, claim: null, progress: null };
      await storage.insertRuns([{ ...key, workflow, ...fields }]);
      if (isClaimed) dispatcher.onMessages([key]);
      else await dispatcher.claim([{ ...key, workflowId: workflow, stored: null, isWake: false }]);
      await until(() => spans.length === 3);
      const before = spans.splice(0);
      expect(before.map(({ name }) => name)).toEqual(["run", "step transform", "step delay"]);
      for (const { context } of before) expect(context.traceId).toBe(TRACE);
      expect(before[0]?.parentSpanId).toBe(PARENT);

      ahead += 2 * HOUR;
      await until(() => spans.length === 2);
      expect(spans.map(({ name }) => name)).toEqual(["run", "step transform"]);
      const [run, step] = spans;
      expect(run).toMatchObject({ parentSpanId: null, link: { traceId: TRACE, spanId: PARENT } });
      expect(run?.context.traceId).not.toBe(TRACE);
      expect(step).toMatchObject({ parentSpanId: run?.context.spanId, context: { traceId: run?.context.traceId } });
      const [stored] = await storage.findRuns([key]);
      expect(stored?.status).toBe("success");
    } finally {
      sweeper.stop();
      await dispatcher.stop(Promise.resolve());
      await executor.close();
      await storage.close();
    }
  });
}

async function until(done: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!done()) {
    if (performance.now() > deadline) throw new Error("not so in time");
    await Bun.sleep(5);
  }
}
