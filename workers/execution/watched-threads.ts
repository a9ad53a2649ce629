import type { Logger } from "pino";
import { FixedQueue, Piscina } from "piscina";
import { type Clock, kernelTime } from "../../src/clock.ts";
import type { WebhookSettings } from "../webhook/settings.ts";
import { textPassed } from "./garbage.ts";
import {
  type EffectExecution,
  type Executed,
  type ExecutedEffect,
  type Execution,
  type HandedEffect,
  ThreadLost,
} from "./port.ts";
import { ReplyBytes } from "./reply-bytes.ts";
import { SharedProgress } from "./shared.ts";
import { type Company, Watchdog } from "./watchdog.ts";
import {
  type EffectResult,
  type EffectTask,
  type PureTask,
  type ThreadTask,
  unpackEffects,
  unpackResults,
} from "./wire.ts";

/** Of the thread for runs that have to be alone: one that loops must not take the CPU from the others. */
const ALONE_NICENESS = 10;
/** Of an effect, which waits most of its time, where a task of pure steps is 1. */
const EFFECT_LOAD = 0.001;
/** The last results of a task may overtake those that its thread posted before. */
const LATE_MILLISECONDS = 5000;

/** What a thread is told when it starts. */
export interface ThreadData {
  progress: SharedArrayBuffer;
  /** See ReplyBytes. */
  replies: SharedArrayBuffer;
  /** See nice(1); 0 leaves it as it is. */
  niceness: number;
  webhook: WebhookSettings;
}

export interface ThreadsOptions {
  /** Tasks, and effects under way, at once, over all threads. */
  maxTasks: number;
  clock: Clock;
  log: Logger;
  webhook: WebhookSettings;
}

/** Effects that were handed over together and are not all over. */
interface UnderWay {
  /** By the index of the effect in its task; gone when its result is there. */
  effects: Map<number, { slot: number; resolve(executed: ExecutedEffect): void; reject(error: ThreadLost): void }>;
  handed: HandedEffect[];
}

/**
 * Threads with a watchdog, which says which run a thread was on that was lost. Each is a Piscina of one: what a thread knows
 * of a run is in that thread alone.
 */
export class WatchedThreads {
  readonly #pools: Piscina[];
  /** Tasks under way in each. */
  readonly #loads: number[];
  readonly #company: Company;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #progress: SharedProgress;
  readonly #replies: ReplyBytes;
  readonly #watchdog: Watchdog;
  readonly #freeSlots: number[];
  readonly #usedSlots = new Set<number>();
  readonly #queue: (() => void)[] = [];
  /** By the id of their task. */
  readonly #effects = new Map<number, UnderWay>();
  #tasks = 0;

  constructor(threads: number, company: Company, { maxTasks, clock, log, webhook }: ThreadsOptions) {
    const progress = SharedProgress.allocate(maxTasks);
    this.#progress = new SharedProgress(progress);
    const replies = ReplyBytes.allocate(maxTasks);
    this.#replies = new ReplyBytes(replies);
    const data: ThreadData = { progress, replies, niceness: company === "alone" ? ALONE_NICENESS : 0, webhook };
    this.#company = company;
    this.#clock = clock;
    this.#log = log;
    this.#freeSlots = Array.from({ length: maxTasks }, (_, index) => maxTasks - 1 - index);
    this.#loads = Array.from({ length: threads }, () => 0);
    this.#pools = this.#loads.map(() => this.#open(data, maxTasks));
    this.#watchdog = new Watchdog({
      company,
      clock,
      progress: this.#progress,
      slots: this.#usedSlots,
      kill: (threadId) => {
        const threads = this.#pools.flatMap((pool) => pool.threads);
        threads.find((thread) => thread.threadId === threadId)?.terminate();
      },
    });
  }

  freest(): number {
    return this.#loads.indexOf(Math.min(...this.#loads));
  }

  async execute({ thread, runs, definitions }: Execution): Promise<Executed[]> {
    const slot = await this.#takeSlot();
    const task: PureTask = { kind: "pure", ...this.#taskOf(definitions), slot, runs };
    try {
      const packed = await this.#run(thread, task, 1);
      const results = unpackResults(packed);
      for (const result of packed) textPassed(result);
      for (const [index, result] of results.entries()) this.#logUnexpected(runs[index], result);
      return results;
    } catch (error) {
      throw this.#lost(slot, this.#progress.runOnCpu(slot), error);
    } finally {
      this.#releaseSlot(slot);
    }
  }

  executeEffects(execution: EffectExecution): Promise<ExecutedEffect>[] {
    const waiting = execution.effects.map(() => Promise.withResolvers<ExecutedEffect>());
    this.#runEffects(execution, waiting);
    return waiting.map(({ promise }) => promise);
  }

  /** See Executor. */
  async drop(thread: number, { uuid, token }: { uuid: string; token: number }): Promise<void> {
    await this.#run(thread, { kind: "drop", uuid, token }, 0);
  }

  async close(): Promise<void> {
    this.#watchdog.stop();
    await Promise.all(this.#pools.map((pool) => pool.destroy()));
  }

  #open(data: ThreadData, maxTasks: number): Piscina {
    const pool = new Piscina({
      filename: new URL("./thread/thread.ts", import.meta.url).href,
      // A fixed number: threads that come and go have crashed Bun.
      minThreads: 1,
      maxThreads: 1,
      concurrentTasksPerWorker: maxTasks,
      taskQueue: new FixedQueue(),
      // A message wakes a thread by itself; waking it through shared memory as well costs as much again.
      atomics: "disabled",
      recordTiming: false,
      workerData: data,
    });
    // A thread that dies without a task tells nobody else; the pool has replaced it already.
    pool.on("error", () => {});
    pool.on("message", (packed: string[]) => this.#takeEffects(packed));
    return pool;
  }

  /** Has a thread do a task; `load` is how much it counts meanwhile. */
  async #run(thread: number, task: ThreadTask, load: number): Promise<string[]> {
    // The only thread of those that are alone has another name outside.
    const index = Math.max(0, thread);
    const pool = this.#pools[index];
    if (pool === undefined) throw new Error("No such thread");
    this.#loads[index] = (this.#loads[index] ?? 0) + load;
    try {
      return await pool.run(JSON.stringify(task));
    } finally {
      this.#loads[index] = (this.#loads[index] ?? 0) - load;
    }
  }

  async #runEffects(
    { thread, effects, definitions }: EffectExecution,
    waiting: PromiseWithResolvers<ExecutedEffect>[],
  ): Promise<void> {
    const id = this.#tasks++;
    const underWay: UnderWay = { effects: new Map(), handed: effects };
    for (const [index, { resolve, reject }] of waiting.entries()) {
      const taken = this.#takeSlot();
      const slot = typeof taken === "number" ? taken : await taken;
      underWay.effects.set(index, { slot, resolve, reject });
    }
    this.#effects.set(id, underWay);
    const later = kernelTime() - this.#clock.monotonic();
    const task: EffectTask = {
      kind: "effects",
      ...this.#taskOf(definitions),
      id,
      effects: effects.map((effect, index) => ({
        ...effect,
        slot: underWay.effects.get(index)?.slot ?? 0,
        effectBy: effect.effectBy + later,
      })),
    };
    try {
      this.#takeEffects(await this.#run(thread, task, effects.length * EFFECT_LOAD));
      if (underWay.effects.size > 0) this.#clock.timer(LATE_MILLISECONDS, () => this.#lose(id, null));
    } catch (error) {
      this.#lose(id, error);
    }
  }

  #taskOf(definitions: Map<string, string>) {
    return { now: this.#clock.now(), stepwise: this.#company === "alone", definitions: [...definitions] };
  }

  /** Takes what became of effects. */
  #takeEffects(packed: string[]): void {
    const results = unpackEffects(packed);
    for (const text of packed) textPassed(text);
    for (const result of results) this.#takeEffect(result);
  }

  #takeEffect(result: EffectResult): void {
    const { id, index } = result;
    const underWay = this.#effects.get(id);
    const effect = underWay?.effects.get(index);
    if (underWay === undefined || effect === undefined) return;
    underWay.effects.delete(index);
    if (underWay.effects.size === 0) this.#effects.delete(id);
    if (result.kind === "failed") effect.reject(new ThreadLost(0, "it failed", true, new Error(result.message)));
    else {
      this.#logUnexpected(underWay.handed[index], result);
      effect.resolve(this.#withRoom(effect.slot, result));
    }
    this.#releaseSlot(effect.slot);
  }

  /** The thread of these effects is gone, or lost what became of them. */
  #lose(id: number, error: unknown): void {
    const underWay = this.#effects.get(id);
    for (const { slot, reject } of underWay?.effects.values() ?? []) {
      reject(this.#lost(slot, this.#progress.runOnCpu(slot), error));
      this.#releaseSlot(slot);
    }
    this.#effects.delete(id);
  }

  #lost(slot: number, guilty: number | null, error: unknown): ThreadLost {
    const { looped, reason } = this.#watchdog.reasonOf(slot);
    return new ThreadLost(guilty, reason, !looped || this.#company === "alone", error);
  }

  #logUnexpected(run: { uuid: string } | undefined, result: ExecutedEffect): void {
    if (result.kind !== "advanced" || result.advanced.unexpected === undefined) return;
    this.#log.error({ run_id: run?.uuid, error: result.advanced.unexpected }, "a step type failed unexpectedly");
  }

  /** The room of a reply is its run's from now on. */
  #withRoom(slot: number, executed: ExecutedEffect): ExecutedEffect {
    const bytes = this.#replies.takeOver(slot);
    return bytes === 0 ? executed : { ...executed, release: () => this.#replies.giveBack(bytes) };
  }

  #takeSlot(): Promise<number> | number {
    const slot = this.#freeSlots.pop();
    if (slot !== undefined) {
      this.#usedSlots.add(slot);
      return slot;
    }
    return new Promise<void>((resolve) => this.#queue.push(resolve)).then(() => this.#takeSlot());
  }

  #releaseSlot(slot: number): void {
    this.#progress.clear(slot);
    this.#replies.drop(slot);
    this.#usedSlots.delete(slot);
    this.#freeSlots.push(slot);
    this.#queue.shift()?.();
  }
}
