/**
 * What runs inside a pool thread: it gets runs, with their payload and log as JSON text, and takes each as far as it
 * goes. It owns nothing: whatever it knows is lost with it and done again by another.
 */
import { readlinkSync } from "node:fs";
import { setPriority } from "node:os";
import { basename } from "node:path";
import { parentPort, threadId } from "node:worker_threads";
import { workerData } from "piscina";
import { kernelTime } from "../src/clock.ts";
import { type HttpReply, type HttpRequest, loadStepTypes, type Tools } from "../src/connectors/index.ts";
import { compile, type Plan } from "../src/engine/plan.ts";
import { messageOf } from "../src/errors.ts";
import { bytesOfText, lru } from "../src/lru.ts";
import { parseLog } from "../src/schemas/log.ts";
import type { Step } from "../src/schemas/workflow.ts";
import { describeFailure } from "../src/step-failures.ts";
import { Backoff } from "../src/waiting.ts";
import { type Advanced, advance, advanceEffect, type RunTask, type Surroundings } from "./advance.ts";
import type { Handed } from "./execution.ts";
import { textPassed } from "./garbage.ts";
import type { ThreadData } from "./pool.ts";
import { ReplyBytes } from "./reply-bytes.ts";
import { SharedProgress } from "./shared.ts";
import { TimeLimit } from "./time-limit.ts";
import { openWebhookClient } from "./webhook/client.ts";
import { OutOfDescriptors, type ReplyAccount } from "./webhook/port.ts";
import {
  type EffectResult,
  type EffectTask,
  type PureTask,
  packEffects,
  packResults,
  type ThreadTask,
} from "./wire.ts";

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
const replyBytes = new ReplyBytes(replies);
const webhooks = openWebhookClient(webhook, () => replyBytes.total);
const shared = new SharedProgress(progress);
const lane = shared.takeLane(threadId, kernelThreadId());
if (niceness > 0) setPriority(0, niceness);
/** Parsed definitions, by key. */
const definitions = lru<Definition>({ maxBytes: MAX_DEFINITION_BYTES, bytesOf: ({ bytes }) => bytes });

const beat = () => shared.beat(lane);
setInterval(beat, BEAT_MILLISECONDS).unref();

/** Executes one task, given as JSON text; resolves to packed results. */
export default function execute(text: string): string[] | Promise<string[]> {
  textPassed(text);
  const task: ThreadTask = JSON.parse(text);
  return task.kind === "pure" ? executePure(task) : executeEffects(task);
}

function executePure(task: PureTask): string[] {
  const world = worldOf(task);
  const definitions = definitionsOf(task);
  const results: Advanced[] = [];
  for (const [index, run] of task.runs.entries()) {
    shared.enter(lane, task.slot, index);
    const plan = definitions.get(run.definition);
    results.push(plan === undefined ? WITHOUT_DEFINITION : advance(handedOver(run, plan), world));
    shared.leave(lane);
  }
  return passed(packResults(results));
}

/** Starts all effects; posts what became of them as they end, and gives back what became of the last. */
function executeEffects(task: EffectTask): Promise<string[]> {
  const world = worldOf(task);
  const definitions = definitionsOf(task);
  return new Promise((resolve) => {
    let left = task.runs.length;
    let over: EffectResult[] = [];
    // What ends in one turn crosses in one message.
    const deliver = () => {
      const packed = passed(packEffects({ id: task.id, results: over }));
      over = [];
      if (left === 0) resolve(packed);
      else parentPort?.postMessage(packed);
    };
    const take = (result: EffectResult) => {
      left--;
      if (over.push(result) === 1) setImmediate(deliver);
    };
    for (const [index, run] of task.runs.entries()) {
      executeEffect(run, definitions.get(run.definition), world).then(
        (advanced) => take({ index, advanced }),
        (error: unknown) => take({ index, failed: messageOf(error) }),
      );
    }
  });
}

async function executeEffect(
  run: EffectTask["runs"][number],
  plan: Plan | undefined,
  world: Surroundings,
): Promise<Advanced> {
  if (plan === undefined) return WITHOUT_DEFINITION;
  const { uuid, depth, slot, effectBy } = run;
  shared.enter(lane, slot, 0);
  const handed = handedOver(run, plan);
  // An effect may take long: meanwhile its run is held once, not as text beside.
  run.payload = "";
  run.log = "";
  const advanced = advanceEffect(handed, world, {
    mayStart: () => kernelTime() < effectBy,
    tools: (path) => toolsFor(slot, `${uuid}:${path}`, depth),
  });
  // From here on the run waits, and others are on the CPU.
  shared.leave(lane);
  try {
    return await advanced;
  } finally {
    shared.leave(lane);
  }
}

function worldOf({ now, stepwise }: ThreadTask): Surroundings {
  const offset = now - performance.now();
  return {
    now: () => Math.floor(performance.now() + offset),
    stepwise,
    beat,
  };
}

/** Held for the task: there may not be room for all of them in the cache. */
function definitionsOf(task: ThreadTask): Map<string, Plan> {
  return new Map(task.definitions.map(([key, steps]) => [key, definitionOf(key, steps)]));
}

function handedOver({ uuid, payload, log }: Handed, plan: Plan): RunTask {
  return { uuid, plan, payload: JSON.parse(payload), log: parseLog(log) };
}

function passed(texts: string[]): string[] {
  for (const text of texts) textPassed(text);
  return texts;
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
  plan: Plan;
  bytes: number;
}

function definitionOf(key: string, text: string): Plan {
  const kept = definitions.get(key);
  if (kept !== undefined) return kept.plan;
  const steps: Step[] = JSON.parse(text);
  const plan = compile(steps, types);
  definitions.set(key, { plan, bytes: bytesOfText(text) });
  return plan;
}

function toolsFor(slot: number, idempotencyKey: string, depth: number): Tools {
  let signal: AbortSignal | null = null;
  return {
    idempotencyKey,
    depth,
    get signal() {
      signal ??= AbortSignal.timeout(STEP_TIMEOUT_MILLISECONDS);
      return signal;
    },
    fetch: (request) => sendOnceRoom(request, slot),
  };
}

/** Sends a webhook. Its time begins when there is a connection to be had: that there is none is no fault of its receiver. */
async function sendOnceRoom(request: HttpRequest, slot: number): Promise<HttpReply> {
  const pauses = new Backoff(FIRST_PAUSE_MILLISECONDS, LAST_PAUSE_MILLISECONDS);
  for (;;) {
    // A signal with a timeout of its own would stay for all of it, however soon the reply came.
    const time = new TimeLimit(STEP_TIMEOUT_MILLISECONDS);
    const account: ReplyAccount = {
      came: (bytes) => {
        // Many large replies at once keep the thread from its heartbeat, and are progress.
        beat();
        replyBytes.add(slot, bytes);
      },
      held: (isHeld) => (isHeld ? time.stop() : time.go()),
    };
    try {
      return await webhooks.send(request, time, account);
    } catch (error) {
      replyBytes.drop(slot);
      if (!(error instanceof OutOfDescriptors)) throw error;
    } finally {
      time.stop();
      shared.enter(lane, slot, 0);
    }
    shared.leave(lane);
    await Bun.sleep(pauses.next());
  }
}
