import { FixedQueue, Piscina } from "piscina";
import type { WebhookSettings } from "../webhook/settings.ts";
import type { SharedMemory } from "./slots.ts";
import type { ThreadTask } from "./wire.ts";

/** Data that a thread gets when it starts. */
export interface ThreadData extends SharedMemory {
  /** See nice(1); 0 leaves it as it is. */
  niceness: number;
  webhook: WebhookSettings;
}

export interface ThreadsOptions {
  threads: number;
  /** Tasks at once in each. */
  maxTasks: number;
  data: ThreadData;
  /** Gets what a thread posts beside the results of its tasks. */
  onMessage(packed: string[]): void;
}

/** A fixed number of threads, each a Piscina of one, since the state of a run is in one thread alone. */
export class Threads {
  readonly #pools: Piscina[];
  /** Tasks under way in each. */
  readonly #loads: number[];

  constructor(options: ThreadsOptions) {
    this.#loads = Array.from({ length: options.threads }, () => 0);
    this.#pools = this.#loads.map(() => open(options));
  }

  /** The thread that has the least to do. */
  freest(): number {
    return this.#loads.indexOf(Math.min(...this.#loads));
  }

  /** Has a thread do a task, which adds `load` to what it has to do; resolves to packed results. */
  async run(thread: number, task: ThreadTask, load: number): Promise<string[]> {
    // The only thread for runs that are alone has another number outside.
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

  /** Ends a thread, by its id; another one takes its place. */
  kill(threadId: number): void {
    const threads = this.#pools.flatMap((pool) => pool.threads);
    threads.find((thread) => thread.threadId === threadId)?.terminate();
  }

  async close(): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.destroy()));
  }
}

function open({ maxTasks, data, onMessage }: ThreadsOptions): Piscina {
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
