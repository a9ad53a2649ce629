/** What the clock of a thread says, where tasks wait for it. */
import { expect, test } from "bun:test";
import pino from "pino";
import { systemClock } from "../../../src/clock.ts";
import { loadConfig } from "../../../src/config.ts";
import { webhookSettings } from "../../webhook/settings.ts";
import { ThreadPool } from "../pool.ts";

const ITEMS = 3000;
const each = { items: "${payload}", steps: [{ name: "one", type: "transform", config: { value: "${item}" } }] };
const MANY = JSON.stringify({ steps: [{ name: "each", type: "map", config: each }] });
const ONE = JSON.stringify({ steps: [{ name: "one", type: "transform", config: { value: 1 } }] });

interface Times {
  started_at: string;
  completed_at: string;
}

const HOOK = JSON.stringify({
  steps: [{ name: "hook", type: "webhook", config: { method: "POST", url: "http://127.0.0.1:9/" } }],
});

/** A pool of one thread, which begins a second after this one did. */
async function openPool(): Promise<ThreadPool> {
  await Bun.sleep(Math.max(0, 1000 - performance.now()));
  const log = pino({ level: "silent" });
  const webhook = webhookSettings(loadConfig({}));
  const stepTypes = ["map", "transform", "webhook"];
  return new ThreadPool({ threads: 1, maxTasks: 16, clock: systemClock, log, webhook, stepTypes });
}

const handed = (uuid: string, payload: unknown = {}) => ({
  ...{ uuid, token: 0, definition: uuid, depth: 0 },
  state: { payload: JSON.stringify(payload), log: "[]", facts: null },
});

/** When the step at the top of a run began and ended, milliseconds since the epoch. */
async function played(executor: ThreadPool, name: string, definition: string, payload: unknown = {}) {
  const definitions = new Map([[name, definition]]);
  const [result] = await executor.execute({ thread: 0, runs: [handed(name, payload)], definitions });
  if (result?.kind !== "advanced" || result.advanced.next.kind !== "end") throw new Error("it did not end");
  const results: Record<string, Times> = JSON.parse(result.advanced.next.stepResults);
  const [step] = Object.values(results);
  return { from: Date.parse(step?.started_at ?? ""), to: Date.parse(step?.completed_at ?? "") };
}

test("steps have the time of the platform, in a thread that is younger than it", async () => {
  const executor = await openPool();
  try {
    const before = Date.now();
    const { from, to } = await played(executor, "one", ONE);
    expect([from >= before - 1, to <= Date.now() + 1]).toEqual([true, true]);
  } finally {
    await executor.close();
  }
});

test("a run that waited for its thread begins after the run before it has ended", async () => {
  const executor = await openPool();
  try {
    await played(executor, "warm", ONE);
    const items = Array.from({ length: ITEMS }, (_, index) => index);
    const [first, second] = await Promise.all([played(executor, "many", MANY, items), played(executor, "one", ONE)]);
    expect(first.to - first.from).toBeGreaterThan(10);
    expect(second.from).toBeGreaterThanOrEqual(first.to);
  } finally {
    await executor.close();
  }
});

test("an effect whose lease is over by the time that its thread comes to it is not started", async () => {
  const executor = await openPool();
  const effect = (uuid: string, milliseconds: number) =>
    executor.executeEffects({
      thread: 0,
      effects: [{ ...handed(uuid), path: "0", effectBy: systemClock.monotonic() + milliseconds }],
      definitions: new Map([[uuid, HOOK]]),
    })[0];
  try {
    expect((await effect("in time", 60_000))?.kind).toBe("advanced");
    const items = Array.from({ length: ITEMS }, (_, index) => index);
    const busy = played(executor, "many", MANY, items);
    await Bun.sleep(10);
    const late = await effect("late", 5);
    const { from, to } = await busy;
    expect(to - from).toBeGreaterThan(20);
    expect(late?.kind).toBe("late");
  } finally {
    await executor.close();
  }
});
