/**
 * The program of a pool thread: it gets runs, with their payload and log as JSON text the first time, and advances each as far
 * as possible. If it dies, another thread makes the state of its runs again from their logs.
 */
import { readlinkSync } from "node:fs";
import { setPriority } from "node:os";
import { basename } from "node:path";
import { parentPort, threadId } from "node:worker_threads";
import { workerData } from "piscina";
import { loadStepTypes } from "../../../src/connectors/index.ts";
import { compile } from "../../../src/engine/plan/compile.ts";
import type { Plan } from "../../../src/engine/plan/plan.ts";
import { messageOf } from "../../../src/errors.ts";
import type { Definition as WorkflowDefinition } from "../../../src/language/definition/workflow.ts";
import { bytesOfText, lru } from "../../../src/lru.ts";
import { describeFailure } from "../../../src/step-failures.ts";
import { openWebhookClient } from "../../webhook/client.ts";
import { textPassed } from "../garbage.ts";
import type { Advanced, Executed, Handed } from "../port.ts";
import { ReplyBytes } from "../reply-bytes.ts";
import { SharedProgress } from "../shared.ts";
import { SharedCounts } from "../shared-counts.ts";
import { opened } from "../shared-memory.ts";
import type { ThreadData } from "../threads.ts";
import { type EffectTask, type PureTask, packResults, type ThreadTask } from "../wire.ts";
import { type EffectPlace, EffectResults } from "./effects/effect-results.ts";
import { type ThreadParts, toolsFor } from "./effects/effect-tools.ts";
import { HandoverClock } from "./handover-clock.ts";
import type { Surroundings } from "./surroundings.ts";
import { ThreadRuns } from "./thread-runs.ts";

const BEAT_MILLISECONDS = 200;
const MAX_DEFINITION_BYTES = 24 * 1024 * 1024;
/** What a plan takes beside what its text says: of a short definition it is most. */
const PLAN_BYTES = 1000;
/** Of a text, its plan takes so many times as much. */
const TIMES_OF_TEXT = 2;

/** The end of a run whose workflow version is not in the database. */
const WITHOUT_DEFINITION: Advanced = {
  seq: 0,
  entries: "[]",
  mustSave: false,
  next: { kind: "end", status: "failed", error: describeFailure("version_missing", {}).error, stepResults: "{}" },
};

const types = await loadStepTypes();
const { progress, replies, counts: countsMemory, niceness, webhook, stepTypes }: ThreadData = workerData;
const replyBytes = new ReplyBytes(opened(replies));
const shared = new SharedProgress(opened(progress));
const lane = shared.takeLane(threadId, kernelThreadId());
const counts = new SharedCounts(opened(countsMemory), stepTypes).lane(lane);
const beat = () => shared.beat(lane);
const parts: ThreadParts = {
  webhooks: openWebhookClient(webhook, () => replyBytes.total),
  replyBytes,
  shared,
  lane,
  counts,
  beat,
};
const handovers = new HandoverClock();
const runs = new ThreadRuns(beat);
const effectResults = new EffectResults((packed) => parentPort?.postMessage(passed(packed)));
if (niceness > 0) setPriority(0, niceness);
/** Parsed definitions, by key. */
const definitions = lru<Definition>({ maxBytes: MAX_DEFINITION_BYTES, bytesOf: ({ bytes }) => bytes });

setInterval(beat, BEAT_MILLISECONDS).unref();

/** Executes one task, given as JSON text; resolves to packed results. */
export default function execute(text: string): string[] | Promise<string[]> {
  textPassed(text);
  const task: ThreadTask = JSON.parse(text);
  if (task.kind === "pure") return executePure(task);
  if (task.kind === "effects") return executeEffects(task);
  runs[task.kind](task.uuid, task.token);
  return [];
}

function executePure(task: PureTask): string[] {
  const world = worldOf(task);
  const definitions = definitionsOf(task);
  const results: Executed[] = [];
  for (const [index, handed] of task.runs.entries()) {
    shared.enter(lane, task.slot, index);
    results.push(advanced(handed, definitions, world));
    shared.leave(lane);
  }
  return passed(packResults(results));
}

/** Advances a run as far as possible. */
function advanced(handed: Handed, definitions: Map<string, Plan>, world: Surroundings): Executed {
  const plan = definitions.get(handed.definition);
  if (handed.state !== null && plan === undefined) return { kind: "advanced", advanced: WITHOUT_DEFINITION };
  const run = runs.take(handed, plan);
  return run === undefined ? { kind: "missing" } : { kind: "advanced", advanced: runs.advance(run, world) };
}

/** Starts all effects; their results are reported as they end. */
function executeEffects(task: EffectTask): Promise<string[]> {
  const world = worldOf(task);
  const definitions = definitionsOf(task);
  const over = effectResults.begin(task.id, task.effects.length);
  for (const [index, effect] of task.effects.entries()) {
    const place = { id: task.id, index };
    executeEffect(place, effect, definitions.get(effect.definition), world).catch((error: unknown) =>
      effectResults.other(place, { kind: "failed", message: messageOf(error) }),
    );
  }
  return over;
}

async function executeEffect(
  place: EffectPlace,
  { slot, effectBy, path, traceparent, ...handed }: EffectTask["effects"][number],
  plan: Plan | undefined,
  world: Surroundings,
): Promise<void> {
  if (handed.state !== null && plan === undefined) {
    return effectResults.other(place, { kind: "advanced", advanced: WITHOUT_DEFINITION });
  }
  shared.enter(lane, slot, 0);
  const run = runs.take(handed, plan);
  if (run === undefined) return effectResults.other(place, { kind: "missing" });
  const tell = () => {
    shared.enter(lane, slot, 0);
    const advanced = runs.advance(run, world);
    shared.leave(lane);
    return advanced;
  };
  if (handed.state !== null) run.begin(world);
  // A config that does not fit the step type has failed it already.
  if (!run.canStart(path)) return effectResults.ended(place, run, tell);
  if (handovers.now() >= effectBy) return effectResults.other(place, { kind: "late" });
  const idempotencyKey = `${run.uuid}:${path}`;
  const started = run.start(path, world, (cancellation, timeout) =>
    toolsFor(parts, {
      idempotencyKey,
      depth: run.depth,
      traceparent: traceparent ?? null,
      slot,
      cancellation,
      timeout,
    }),
  );
  runs.keep(run);
  // From here on the run waits, and the CPU is on other runs.
  shared.leave(lane);
  await started;
  shared.leave(lane);
  effectResults.ended(place, run, tell);
}

function worldOf({ now, sentAt, stepwise }: PureTask | EffectTask): Surroundings {
  const offset = handovers.offset(now, sentAt);
  return {
    now: () => Math.floor(performance.now() + offset),
    stepwise,
    beat,
    attempt: (type, outcome, milliseconds) => counts.attempt(type, outcome, milliseconds),
  };
}

/** Held for the task: there may not be room for all of them in the cache. */
function definitionsOf(task: PureTask | EffectTask): Map<string, Plan> {
  return new Map(task.definitions.map(([key, text]) => [key, definitionOf(key, text)]));
}

function passed(texts: string[]): string[] {
  for (const text of texts) textPassed(text);
  return texts;
}

/** The kernel's id of this thread; 0 where there is no procfs (proc(5), /proc/thread-self). */
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
  const definition: WorkflowDefinition = JSON.parse(text);
  const plan = compile(definition, types);
  definitions.set(key, { plan, bytes: PLAN_BYTES + TIMES_OF_TEXT * bytesOfText(text) });
  return plan;
}
