import { FixedQueue, Piscina } from "piscina";
import type { WebhookSettings } from "../webhook/settings.ts";
import type { SharedMemory } from "./shared-memory.ts";
import type { ThreadTask } from "./wire.ts";

/** Settings that a thread gets when it starts. */
export interface ThreadSettings {
  /** See nice(1); 0 leaves it as it is. */
  niceness: number;
  webhook: WebhookSettings;
  /** The names of all step types, containers included, in the order of SharedCounts. */
  stepTypes: readonly string[];
}

/** Data that a thread gets when it starts. */
export interface ThreadData extends ThreadSettings, SharedMemory {}

export interface ThreadsOptions {
  /** Tasks at once in each. */
  maxTasks: number;
  /** Gets what a thread posts beside the results of its tasks. */
  onMessage(packed: string[]): void;
}

/** A fixed number of threads, each by itself, since the state of a run is in one thread alone. */
export interface Threads {
  /** The thread that has the least to do. */
  freest(): number;
  /** Has a thread do a task, which adds `load` to what it has to do; resolves to packed results. Rejects where the thread dies. */
  run(thread: number, task: ThreadTask, load: number): Promise<string[]>;
  /** Ends a thread, by its id; another one takes its place. */
  kill(threadId: number): void;
  close(): Promise<void>;
}

/** Threads of this process, each a Piscina of one. */
export class OwnThreads implements Threads {
  readonly #pools: Piscina[];
  /** Tasks under way in each. */
  readonly #loads: number[];

  constructor(count: number, data: ThreadData, options: ThreadsOptions) {
    this.#loads = Array.from({ length: count }, () => 0);
    this.#pools = this.#loads.map(() => open(data, options));
  }

  freest(): number {
    return this.#loads.indexOf(Math.min(...this.#loads));
  }

  async run(thread: number, task: ThreadTask, load: number): Promise<string[]> {
    const pool = this.#pools[thread];
    if (pool === undefined) throw new Error("No such thread");
    this.#loads[thread] = (this.#loads[thread] ?? 0) + load;
    try {
      return await pool.run(JSON.stringify(task));
    } finally {
      this.#loads[thread] = (this.#loads[thread] ?? 0) - load;
    }
  }

  kill(threadId: number): void {
    const threads = this.#pools.flatMap((pool) => pool.threads);
    threads.find((thread) => thread.threadId === threadId)?.terminate();
  }

  async close(): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.destroy()));
  }
}

function open(data: ThreadData, { maxTasks, onMessage }: ThreadsOptions): Piscina {
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
  // The pool has replaced a thread that dies without a task; this event is all that is heard of it.
  pool.on("error", () => {});
  pool.on("message", onMessage);
  return pool;
}
