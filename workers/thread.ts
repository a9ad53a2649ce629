/**
 * What runs inside a pool thread: it gets runs, with their payload and log as JSON text, and takes each as far as it
 * goes. It owns nothing: whatever it knows is lost with it and done again by another.
 */
import { readlinkSync } from "node:fs";
import { setPriority } from "node:os";
import { basename } from "node:path";
import { threadId } from "node:worker_threads";
import { workerData } from "piscina";
import { kernelTime } from "../src/clock.ts";
import { type HttpReply, type HttpRequest, loadStepTypes, type Tools } from "../src/connectors/index.ts";
import { bytesOfText, lru } from "../src/lru.ts";
import type { Json } from "../src/schemas/json.ts";
import { type LogEntry, parseLog } from "../src/schemas/log.ts";
import type { Step } from "../src/schemas/workflow.ts";
import { describeFailure } from "../src/step-failures.ts";
import { Backoff } from "../src/waiting.ts";
import { type Advanced, advance, advanceEffect, type RunTask, type Surroundings } from "./advance.ts";
import { textPassed } from "./garbage.ts";
import type { ThreadData, ThreadTask } from "./pool.ts";
import { ReplyBytes, ReplyRoom } from "./reply-room.ts";
import { SharedProgress } from "./shared.ts";
import { TimeLimit } from "./time-limit.ts";
import { openWebhookClient } from "./webhook/client.ts";
import { OutOfDescriptors } from "./webhook/port.ts";
import { packResults } from "./wire.ts";

const BEAT_MILLISECONDS = 200;
const STEP_TIMEOUT_MILLISECONDS = 30_000;
/** Between two looks for a descriptor. */
const FIRST_PAUSE_MILLISECONDS = 50;
const LAST_PAUSE_MILLISECONDS = 1000;
/** Of their texts; parsed they take some three times as much. */
const MAX_DEFINITION_BYTES = 16 * 1024 * 1024;

/** For a run whose version of its workflow is not in the database: nothing of it can be executed. */
const WITHOUT_DEFINITION: Advanced = {
  entries: "[]",
  effect: false,
  next: { kind: "end", status: "failed", error: describeFailure("version_missing", {}).error, stepResults: "{}" },
};

const types = await loadStepTypes();
const { progress, replies, niceness, webhook }: ThreadData = workerData;
const room = new ReplyRoom(new ReplyBytes(replies));
const webhooks = openWebhookClient(webhook);
const shared = new SharedProgress(progress);
const lane = shared.takeLane(threadId, kernelThreadId());
if (niceness > 0) setPriority(0, niceness);
/** Parsed definitions, by key. */
const definitions = lru<Definition>({ maxBytes: MAX_DEFINITION_BYTES, bytesOf: ({ bytes }) => bytes });

const beat = () => shared.beat(lane);
setInterval(beat, BEAT_MILLISECONDS).unref();

/** Executes one task, given as JSON text; resolves to one packed result per run. */
export default async function execute(text: string): Promise<string[]> {
  textPassed(text);
  const task: ThreadTask = JSON.parse(text);
  const offset = task.now - performance.now();
  // Held for the task: there may not be room for all of them in the cache.
  const named = new Map(task.definitions.map(([key, steps]) => [key, definitionOf(key, steps)]));
  const results: Advanced[] = [];
  for (const [index, run] of task.runs.entries()) {
    shared.enter(lane, task.slot, index);
    const steps = named.get(run.definition);
    if (steps === undefined) {
      results.push(WITHOUT_DEFINITION);
      continue;
    }
    const { uuid, depth } = run;
    const payload: Json = JSON.parse(run.payload);
    const log: LogEntry[] = parseLog(run.log);
    // An effect may take long: meanwhile its run is held once, not as text beside.
    run.payload = "";
    run.log = "";
    const handed: RunTask = { uuid, steps, payload, log };
    const world: Surroundings = {
      types,
      now: () => Math.floor(performance.now() + offset),
      stepwise: task.stepwise,
      beat,
      mayStartEffect: () => task.effectBy !== null && kernelTime() < task.effectBy,
      tools: (uuid, path) => toolsFor(task.slot, index, `${uuid}:${path}`, depth),
    };
    if (task.effectBy !== null) {
      const advanced = advanceEffect(handed, world);
      // From here on the run waits, and others are on the CPU.
      shared.leave(lane);
      results.push(await advanced);
    } else results.push(advance(handed, world));
    shared.leave(lane);
  }
  const packed = packResults(results);
  for (const result of packed) textPassed(result);
  return packed;
}

/** What the kernel calls this thread; 0 where there is no procfs (proc(5), /proc/thread-self). */
function kernelThreadId(): number {
  try {
    return Number(basename(readlinkSync("/proc/thread-self")));
  } catch {
    return 0;
  }
}

interface Definition {
  steps: readonly Step[];
  bytes: number;
}

function definitionOf(key: string, text: string): readonly Step[] {
  const kept = definitions.get(key);
  if (kept !== undefined) return kept.steps;
  const steps: Step[] = JSON.parse(text);
  definitions.set(key, { steps, bytes: bytesOfText(text) });
  return steps;
}

function toolsFor(slot: number, run: number, idempotencyKey: string, depth: number): Tools {
  let signal: AbortSignal | null = null;
  return {
    idempotencyKey,
    depth,
    get signal() {
      signal ??= AbortSignal.timeout(STEP_TIMEOUT_MILLISECONDS);
      return signal;
    },
    fetch: (request) => sendOnceRoom(request, slot, run),
  };
}

/** Sends a webhook. Its time begins when there is a connection to be had: that there is none is no fault of its receiver. */
async function sendOnceRoom(request: HttpRequest, slot: number, run: number): Promise<HttpReply> {
  const pauses = new Backoff(FIRST_PAUSE_MILLISECONDS, LAST_PAUSE_MILLISECONDS);
  for (;;) {
    // A signal with a timeout of its own would stay for all of it, however soon the reply came.
    const time = new TimeLimit(STEP_TIMEOUT_MILLISECONDS);
    const takeRoom = room.reader(slot, (waits) => (waits ? time.stop() : time.go()));
    const read = (bytes: number) => {
      // Many large replies at once keep the thread from its heartbeat, and are progress.
      beat();
      return takeRoom(bytes);
    };
    try {
      return await webhooks.send(request, time, read);
    } catch (error) {
      room.drop(slot);
      if (!(error instanceof OutOfDescriptors)) throw error;
    } finally {
      time.stop();
      shared.enter(lane, slot, run);
    }
    shared.leave(lane);
    await Bun.sleep(pauses.next());
  }
}
