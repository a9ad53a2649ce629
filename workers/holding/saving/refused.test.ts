/** A run whose progress is refused, for a reason that nobody foresaw, is not executed again and again: it fails. */
import { expect, test } from "bun:test";
import { Writable } from "node:stream";
import pino from "pino";
import { systemClock } from "../../../src/clock.ts";
import { loadConfig } from "../../../src/config.ts";
import { loadStepTypes } from "../../../src/connectors/index.ts";
import { newId } from "../../../src/ids.ts";
import type { Progress, Saved } from "../../../src/storage/port.ts";
import { openMemoryStorage } from "../../../src/storage/sqlite/index.ts";
import { until } from "../../../tests/faults/load/waiting.ts";
import { Dispatcher } from "../../dispatcher.ts";
import { ThreadPool } from "../../execution/pool.ts";
import { webhookSettings } from "../../webhook/settings.ts";

const clock = systemClock;
const namespace = "default";
const PAGE = { namespace, limit: 10, order: "desc", after: null } as const;
const SENTENCE = "The database refused what the run came to; the log has the reason under the id of the run";
const STEPS = [
  { name: "a", type: "transform", config: { value: 1 } },
  { name: "d", type: "delay", config: { duration: 0.1 } },
  { name: "b", type: "transform", config: { value: 2 } },
];

/** What becomes of a run of a worker whose storage answers a write of progress so, or carries it out where that is null. */
async function runWith(answer: (item: Progress) => Saved | Error | null) {
  const lines: string[] = [];
  const stream = new Writable({
    write(line, _encoding, done) {
      lines.push(String(line));
      done();
    },
  });
  const log = pino({ level: "warn" }, stream);
  const storage = openMemoryStorage(clock);
  const save = storage.saveProgress.bind(storage);
  let writes = 0;
  storage.saveProgress = async (items) => {
    writes += items.length;
    const saved: Saved[] = [];
    for (const item of items) {
      const answered = answer(item);
      if (answered instanceof Error) throw answered;
      saved.push(answered ?? (await save([item]))[0] ?? { kind: "lost" });
    }
    return saved;
  };
  const workflow = newId(clock.now());
  const told = newId(clock.now());
  const steps = JSON.stringify(STEPS);
  const handler = { uuid: told, namespace, id: null, name: "told", description: null, steps: "[]" };
  const definition = { uuid: workflow, namespace, id: null, name: "w", description: null, steps };
  const options = { text: JSON.stringify({ on_failure: { workflow_id: told } }), preparesRuns: false };
  await storage.insertWorkflows([handler, { ...definition, options }]);
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
  const run = { namespace, workflow, depth: 0, traceparent: null, graceMilliseconds: 0 };
  const find = async () => (await storage.findRuns([{ namespace, uuid }]))[0];
  try {
    await storage.insertRuns([{ ...run, uuid, payload: "{}", claim: null, progress: null }]);
    dispatcher.onMessages([{ namespace, uuid }]);
    await until("it ends", 15_000, async () => (await find())?.completedAt != null);
    const logged = lines.filter((line) => line.includes(uuid));
    return {
      run: await find(),
      writes,
      logged,
      told: (await storage.listRuns(PAGE)).filter(({ workflowUuid }) => workflowUuid === told).length,
    };
  } finally {
    await dispatcher.stop(Promise.resolve());
    await executor.close();
    await storage.close();
  }
}

const REFUSED: Saved = { kind: "error", code: "unstorable", subject: "", reason: "too much of it" };

test("one whose end is refused fails with the steps that are stored", async () => {
  const { run, logged, told } = await runWith(({ next }) =>
    next.kind === "end" && next.status === "success" ? REFUSED : null,
  );
  expect(run).toMatchObject({ status: "failed", error: SENTENCE });
  expect(JSON.parse(run?.stepResults ?? "{}")).toMatchObject({ a: { status: "success" }, d: { status: "failed" } });
  expect(logged.some((line) => line.includes("too much of it"))).toBe(true);
  expect(told).toBe(1);
}, 20_000);

test("one whose checkpoint is refused fails, and is executed once", async () => {
  const { run, writes } = await runWith(({ entries }) => (entries !== null ? REFUSED : null));
  expect(run).toMatchObject({ status: "failed", error: SENTENCE, stepResults: "{}" });
  expect(writes).toBe(6);
}, 20_000);

test("one whose failure is refused as well fails with no steps", async () => {
  const { run } = await runWith(({ next }) => (next.kind === "end" && next.stepResults !== "{}" ? REFUSED : null));
  expect(run).toMatchObject({ status: "failed", error: SENTENCE, stepResults: "{}" });
}, 20_000);

test("one that is refused for a moment goes on", async () => {
  let left = 3;
  const { run } = await runWith(() => (left-- > 0 ? REFUSED : null));
  expect(run).toMatchObject({ status: "success" });
}, 20_000);

test("what is not written for another reason is logged, and tried again", async () => {
  let left = 3;
  const { run, logged } = await runWith(() => (left-- > 0 ? new Error("no such column") : null));
  expect(run).toMatchObject({ status: "success" });
  expect(logged.some((line) => line.includes("no such column"))).toBe(true);
}, 20_000);
