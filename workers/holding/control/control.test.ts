/** A cancel reaches a run that is held: its webhook is given up, no step of it begins any more, and it ends once. */
import { expect, test } from "bun:test";
import pino from "pino";
import { systemClock } from "../../../src/clock.ts";
import { loadConfig } from "../../../src/config.ts";
import { loadStepTypes } from "../../../src/connectors/index.ts";
import { newId } from "../../../src/ids.ts";
import { SHORTCUTS } from "../../../src/shortcuts.ts";
import { openMemoryStorage } from "../../../src/storage/sqlite/index.ts";
import { Dispatcher } from "../../dispatcher.ts";
import { ThreadPool } from "../../execution/pool.ts";
import { Sweeper } from "../../intake/sweeper.ts";
import { webhookSettings } from "../../webhook/settings.ts";
import { SilentHost } from "../silent-host.fixture.ts";

const RUNS = 20;
const PATIENCE_MS = 10_000;

for (const before of [[], [{ name: "a", type: "transform", config: { value: 1 } }]]) {
  const title = before.length === 0 ? "first" : "later";
  test(`${RUNS} runs whose ${title} webhooks hang are cancelled, and what they had begun is skipped`, () =>
    cancelled(before));
}

async function cancelled(before: { name: string }[]): Promise<void> {
  const clock = systemClock;
  const log = pino({ level: "silent" });
  const silent = await SilentHost.start();
  const { port } = silent;
  const storage = openMemoryStorage(clock);
  const workflow = newId(clock.now());
  const hook = { type: "webhook", config: { method: "POST", url: `http://127.0.0.1:${port}/`, body: {} } };
  const steps = JSON.stringify([...before, { name: "b", ...hook }, { name: "c", ...hook }]);
  await storage.insertWorkflows([
    { uuid: workflow, namespace: "default", id: null, name: "w", description: null, steps },
  ]);
  const webhook = webhookSettings(loadConfig({ WEBHOOK_ALLOW: `127.0.0.1:${port}` }));
  const executor = new ThreadPool({ threads: 1, maxTasks: 256, clock, log, webhook, stepTypes: [] });
  const dispatcher = new Dispatcher({
    storage,
    executor,
    types: await loadStepTypes(),
    tracing: null,
    shortcuts: new Set(SHORTCUTS),
    clock,
    log,
    maxBatches: 2,
    maxInFlight: 256,
    trustsMessages: false,
    maxEffects: 256,
    leaseMilliseconds: 30_000,
    onGivenBack: (dueAt) => sweeper.notice(dueAt),
    onLinedUp: () => {},
    onEnded: () => {},
  });
  const sweeper = new Sweeper({
    storage,
    dispatcher,
    clock,
    log,
    patienceMilliseconds: () => 0,
    longestMilliseconds: () => 100,
  });
  sweeper.start();
  try {
    const uuids = Array.from({ length: RUNS }, () => newId(clock.now()));
    await storage.insertRuns(
      uuids.map((uuid) => ({
        uuid,
        namespace: "default",
        workflow,
        payload: "{}",
        depth: 0,
        traceparent: null,
        graceMilliseconds: 0,
        claim: null,
        progress: null,
      })),
    );
    await until(() => silent.open === RUNS);
    const keys = uuids.map((uuid) => ({ namespace: "default", uuid }));
    const outcomes = await storage.requestControl(keys.map((key) => ({ ...key, kind: "cancel" })));
    expect(outcomes).toEqual(uuids.map(() => ({ kind: "ok", value: "requested" })));
    await until(async () => (await storage.findRuns(keys)).every((run) => run?.status === "cancelled"));
    await until(() => silent.open === 0);
    for (const run of await storage.findRuns(keys)) {
      const results = JSON.parse(run?.stepResults ?? "{}");
      expect(run).toMatchObject({ status: "cancelled", error: "The run was cancelled", log: "[]" });
      expect(Object.keys(results)).toEqual([...before.map(({ name }) => name), "b"]);
      for (const { name } of before) expect(results[name].status).toBe("success");
      expect(results).toMatchObject({
        b: {
          ...{ status: "skipped", error: "The run was cancelled" },
          error_details: { code: "cancelled", step: "b", path: String(before.length) },
        },
      });
    }
  } finally {
    sweeper.stop();
    await dispatcher.stop(Promise.resolve());
    await executor.close();
    silent.close();
    await storage.close();
  }
}

async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await done())) {
    if (Date.now() > deadline) throw new Error("not so in time");
    await Bun.sleep(10);
  }
}
