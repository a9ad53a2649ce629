import { readFileSync } from "node:fs";
import type { Logger } from "pino";
import { FixedQueue, Piscina } from "piscina";
import { type Clock, kernelTime } from "../src/clock.ts";
import type { Advanced } from "./advance.ts";
import { type Execution, type Executor, type Handed, ThreadLost } from "./execution.ts";
import { textPassed } from "./garbage.ts";
import { ReplyBytes } from "./reply-room.ts";
import { SharedProgress } from "./shared.ts";
import type { WebhookSettings } from "./webhook/settings.ts";
import { unpackResults } from "./wire.ts";

const WATCH_MILLISECONDS = 50;
/** Looks without a heartbeat until a thread is given up. Counted, not timed: a process that was frozen proves nothing. */
const LOOKS = { shared: 20, alone: 100 };
/**
 * A shared thread that was on a CPU for so long without a heartbeat loops, or is too slow for company. On a CPU: one that got
 * none, on a busy machine, has done nothing wrong.
 */
const LOOP_MILLISECONDS = 150;
const LIMITS = {
  shared: `${LOOP_MILLISECONDS} ms on a CPU, or ${(LOOKS.shared * WATCH_MILLISECONDS) / 1000} s in all`,
  alone: `${(LOOKS.alone * WATCH_MILLISECONDS) / 1000} seconds`,
};
/** Of the thread for runs that have to be alone: one that loops must not take the CPU from the others. */
const ALONE_NICENESS = 10;

/** What a thread is told when it starts. */
export interface ThreadData {
  progress: SharedArrayBuffer;
  /** See ReplyBytes. */
  replies: SharedArrayBuffer;
  /** See nice(1); 0 leaves it as it is. */
  niceness: number;
  webhook: WebhookSettings;
}

/** A task as a thread gets it, in JSON: text crosses threads for a third of what an object graph costs the sender. */
export interface ThreadTask {
  slot: number;
  /** Database time at the hand-over, milliseconds since the epoch. */
  now: number;
  /** See Execution; here in kernelTime. */
  effectBy: number | null;
  stepwise: boolean;
  definitions: [key: string, steps: string][];
  runs: Handed[];
}

export interface PoolOptions {
  threads: number;
  /** Tasks at once, over all threads. */
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
    if (!execution.alone) return this.#shared.execute(execution);
    this.#alone ??= new WatchedThreads(1, 1, "alone", this.#options);
    return this.#alone.execute(execution);
  }

  async close(): Promise<void> {
    await Promise.all([this.#shared.close(), this.#alone?.close()]);
  }
}

/** Piscina with a watchdog that kills a thread without a heartbeat and says which run it was on. */
class WatchedThreads {
  readonly #pool: Piscina;
  readonly #company: keyof typeof LOOKS;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #progress: SharedProgress;
  readonly #replies: ReplyBytes;
  readonly #freeSlots: number[];
  readonly #usedSlots = new Set<number>();
  readonly #queue: (() => void)[] = [];
  /** Lanes with a task: their last beat, how often it was seen again, and the CPU time when it was first seen again. */
  readonly #beats = new Map<number, { beat: number; looks: number; cpu: number }>();
  readonly #looped = new Set<number>();
  #stopWatch: () => void = () => {};
  #closed = false;

  constructor(threads: number, maxTasks: number, company: keyof typeof LOOKS, { clock, log, webhook }: PoolOptions) {
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
    this.#watch();
  }

  async execute(execution: Execution): Promise<Advanced[]> {
    const slot = await this.#takeSlot();
    const task: ThreadTask = {
      slot,
      now: this.#clock.now(),
      effectBy: execution.effectBy === null ? null : kernelTime() + execution.effectBy - this.#clock.monotonic(),
      stepwise: execution.alone,
      definitions: [...execution.definitions],
      runs: execution.runs,
    };
    try {
      const packed: string[] = await this.#pool.run(JSON.stringify(task));
      const results = unpackResults(packed);
      for (const result of packed) textPassed(result);
      for (const [index, { unexpected }] of results.entries()) {
        if (unexpected !== undefined) {
          this.#log.error(
            { run_id: execution.runs[index]?.uuid, error: unexpected },
            "a step type failed unexpectedly",
          );
        }
      }
      return this.#withRoom(slot, results);
    } catch (error) {
      const lane = this.#progress.laneOf(slot);
      const looped = lane !== null && this.#looped.has(lane);
      const reason = looped ? `it made no progress for ${LIMITS[this.#company]}` : "it exited";
      throw new ThreadLost(this.#progress.runOnCpu(slot), reason, !looped || this.#company === "alone", error);
    } finally {
      this.#releaseSlot(slot);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#stopWatch();
    await this.#pool.destroy();
  }

  /** The room of a reply is its run's from now on. */
  #withRoom(slot: number, results: Advanced[]): Advanced[] {
    const bytes = this.#replies.takeOver(slot);
    if (bytes === 0) return results;
    const release = () => this.#replies.giveBack(bytes);
    return results.map((result, index) => (index === 0 ? { ...result, release } : result));
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
    this.#replies.giveBack(this.#replies.takeOver(slot));
    this.#usedSlots.delete(slot);
    this.#freeSlots.push(slot);
    this.#queue.shift()?.();
  }

  #watch(): void {
    if (this.#closed) return;
    const busy = new Set([...this.#usedSlots].flatMap((slot) => this.#progress.laneOf(slot) ?? []));
    for (const lane of this.#beats.keys()) if (!busy.has(lane)) this.#beats.delete(lane);
    for (const lane of this.#looped) if (!busy.has(lane)) this.#looped.delete(lane);
    for (const lane of busy) {
      const beat = this.#progress.beats(lane);
      const last = this.#beats.get(lane);
      if (last === undefined || last.beat !== beat) this.#beats.set(lane, { beat, looks: 0, cpu: 0 });
      else if (this.#isLost(lane, last)) this.#kill(lane);
    }
    this.#stopWatch = this.#clock.timer(WATCH_MILLISECONDS, () => this.#watch());
  }

  /** Looks once more at a lane whose last beat was seen before. */
  #isLost(lane: number, last: { looks: number; cpu: number }): boolean {
    last.looks++;
    if (this.#company === "shared") {
      const cpu = cpuMilliseconds(this.#progress.kernelIdOf(lane));
      if (last.looks === 1) last.cpu = cpu;
      if (cpu - last.cpu >= LOOP_MILLISECONDS) return true;
    }
    return last.looks >= LOOKS[this.#company];
  }

  #kill(lane: number): void {
    this.#beats.delete(lane);
    this.#looped.add(lane);
    const threadId = this.#progress.threadOf(lane);
    this.#pool.threads.find((thread) => thread.threadId === threadId)?.terminate();
  }
}

/** How long a thread of this process was on a CPU; NaN, which proves nothing, where the kernel doesn't tell (proc(5), schedstat). */
function cpuMilliseconds(kernelId: number): number {
  try {
    return Number.parseInt(readFileSync(`/proc/self/task/${kernelId}/schedstat`, "utf8"), 10) / 1_000_000;
  } catch {
    return Number.NaN;
  }
}
