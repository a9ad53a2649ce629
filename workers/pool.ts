import type { Logger } from "pino";
import { FixedQueue, Piscina } from "piscina";
import { type Clock, kernelTime } from "../src/clock.ts";
import type { Advanced } from "./advance.ts";
import { type EffectExecution, type Execution, type Executor, type Handed, ThreadLost } from "./execution.ts";
import { textPassed } from "./garbage.ts";
import { ReplyBytes } from "./reply-bytes.ts";
import { SharedProgress } from "./shared.ts";
import { type Company, Watchdog } from "./watchdog.ts";
import type { WebhookSettings } from "./webhook/settings.ts";
import { type EffectResult, type EffectTask, type PureTask, unpackEffects, unpackResults } from "./wire.ts";

/** Of the thread for runs that have to be alone: one that loops must not take the CPU from the others. */
const ALONE_NICENESS = 10;
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

export interface PoolOptions {
  threads: number;
  /** Tasks, and effects under way, at once, over all threads. */
  maxTasks: number;
  clock: Clock;
  log: Logger;
  webhook: WebhookSettings;
}

/** A fixed number of Piscina threads, and one more for runs that have to be alone, started when first needed. */
export class ThreadPool implements Executor {
  readonly #options: PoolOptions;
  readonly #shared: WatchedThreads;
  #alone: WatchedThreads | null = null;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#shared = new WatchedThreads(options.threads, options.maxTasks, "shared", options);
  }

  execute(execution: Execution): Promise<Advanced[]> {
    return this.#threadsFor(execution).execute(execution);
  }

  executeEffects(execution: EffectExecution): Promise<Advanced>[] {
    return this.#threadsFor(execution).executeEffects(execution);
  }

  async close(): Promise<void> {
    await Promise.all([this.#shared.close(), this.#alone?.close()]);
  }

  #threadsFor({ alone }: Execution): WatchedThreads {
    if (!alone) return this.#shared;
    this.#alone ??= new WatchedThreads(1, 1, "alone", this.#options);
    return this.#alone;
  }
}

/** Effects that were handed over together and are not all over. */
interface UnderWay {
  /** By the index of the run in its task; gone when its result is there. */
  runs: Map<number, { slot: number; resolve(advanced: Advanced): void; reject(error: ThreadLost): void }>;
  handed: Handed[];
}

/** Piscina with a watchdog, which says which run a thread was on that was lost. */
class WatchedThreads {
  readonly #pool: Piscina;
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

  constructor(threads: number, maxTasks: number, company: Company, { clock, log, webhook }: PoolOptions) {
    const progress = SharedProgress.allocate(maxTasks);
    this.#progress = new SharedProgress(progress);
    const replies = ReplyBytes.allocate(maxTasks);
    this.#replies = new ReplyBytes(replies);
    const data: ThreadData = { progress, replies, niceness: company === "alone" ? ALONE_NICENESS : 0, webhook };
    this.#company = company;
    this.#clock = clock;
    this.#log = log;
    this.#freeSlots = Array.from({ length: maxTasks }, (_, index) => maxTasks - 1 - index);
    this.#pool = new Piscina({
      filename: new URL("./thread.ts", import.meta.url).href,
      // A fixed number: threads that come and go have crashed Bun.
      minThreads: threads,
      maxThreads: threads,
      concurrentTasksPerWorker: Math.max(1, Math.ceil(maxTasks / threads)),
      taskQueue: new FixedQueue(),
      // A message wakes a thread by itself; waking it through shared memory as well costs as much again.
      atomics: "disabled",
      recordTiming: false,
      workerData: data,
    });
    // A thread that dies without a task tells nobody else; the pool has replaced it already.
    this.#pool.on("error", () => {});
    this.#pool.on("message", (packed: string[]) => this.#takeEffects(packed));
    this.#watchdog = new Watchdog({
      company,
      clock,
      progress: this.#progress,
      slots: this.#usedSlots,
      kill: (threadId) => this.#pool.threads.find((thread) => thread.threadId === threadId)?.terminate(),
    });
  }

  async execute({ runs, definitions, alone }: Execution): Promise<Advanced[]> {
    const slot = await this.#takeSlot();
    const task: PureTask = { kind: "pure", ...this.#taskOf(definitions, alone), slot, runs };
    try {
      const packed: string[] = await this.#pool.run(JSON.stringify(task));
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

  executeEffects(execution: EffectExecution): Promise<Advanced>[] {
    const waiting = execution.runs.map(() => Promise.withResolvers<Advanced>());
    this.#runEffects(execution, waiting);
    return waiting.map(({ promise }) => promise);
  }

  async close(): Promise<void> {
    this.#watchdog.stop();
    await this.#pool.destroy();
  }

  async #runEffects(
    { runs, definitions, effectBy, alone }: EffectExecution,
    waiting: PromiseWithResolvers<Advanced>[],
  ): Promise<void> {
    const id = this.#tasks++;
    const underWay: UnderWay = { runs: new Map(), handed: runs };
    for (const [index, { resolve, reject }] of waiting.entries()) {
      const taken = this.#takeSlot();
      const slot = typeof taken === "number" ? taken : await taken;
      underWay.runs.set(index, { slot, resolve, reject });
    }
    this.#effects.set(id, underWay);
    const later = kernelTime() - this.#clock.monotonic();
    const task: EffectTask = {
      kind: "effects",
      ...this.#taskOf(definitions, alone),
      id,
      runs: runs.map((run, index) => ({
        ...run,
        slot: underWay.runs.get(index)?.slot ?? 0,
        effectBy: (effectBy[index] ?? 0) + later,
      })),
    };
    try {
      this.#takeEffects(await this.#pool.run(JSON.stringify(task)));
      if (underWay.runs.size > 0) this.#clock.timer(LATE_MILLISECONDS, () => this.#lose(id, null));
    } catch (error) {
      this.#lose(id, error);
    }
  }

  #taskOf(definitions: Map<string, string>, alone: boolean) {
    return { now: this.#clock.now(), stepwise: alone, definitions: [...definitions] };
  }

  /** Takes what became of effects. */
  #takeEffects(packed: string[]): void {
    const { id, results } = unpackEffects(packed);
    for (const text of packed) textPassed(text);
    for (const result of results) this.#takeEffect(id, result);
  }

  #takeEffect(id: number, result: EffectResult): void {
    const underWay = this.#effects.get(id);
    const run = underWay?.runs.get(result.index);
    if (underWay === undefined || run === undefined) return;
    this.#forgetEffect(id, underWay, result.index);
    if ("failed" in result) run.reject(new ThreadLost(0, "it failed", true, new Error(result.failed)));
    else {
      this.#logUnexpected(underWay.handed[result.index], result.advanced);
      run.resolve(this.#withRoom(run.slot, result.advanced));
    }
    this.#releaseSlot(run.slot);
  }

  /** The thread of these effects is gone, or lost what became of them. */
  #lose(id: number, error: unknown): void {
    const underWay = this.#effects.get(id);
    for (const { slot, reject } of underWay?.runs.values() ?? []) {
      reject(this.#lost(slot, this.#progress.runOnCpu(slot), error));
      this.#releaseSlot(slot);
    }
    this.#effects.delete(id);
  }

  #forgetEffect(id: number, underWay: UnderWay, index: number): void {
    underWay.runs.delete(index);
    if (underWay.runs.size === 0) this.#effects.delete(id);
  }

  #lost(slot: number, guilty: number | null, error: unknown): ThreadLost {
    const { looped, reason } = this.#watchdog.reasonOf(slot);
    return new ThreadLost(guilty, reason, !looped || this.#company === "alone", error);
  }

  #logUnexpected(run: Handed | undefined, { unexpected }: Advanced): void {
    if (unexpected === undefined) return;
    this.#log.error({ run_id: run?.uuid, error: unexpected }, "a step type failed unexpectedly");
  }

  /** The room of a reply is its run's from now on. */
  #withRoom(slot: number, advanced: Advanced): Advanced {
    const bytes = this.#replies.takeOver(slot);
    return bytes === 0 ? advanced : { ...advanced, release: () => this.#replies.giveBack(bytes) };
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
