import { replyBytes, threadRestarts } from "../../src/metrics/gauges.ts";
import type { Reading } from "../../src/metrics/readings.ts";
import {
  ALONE,
  type EffectExecution,
  type Executed,
  type ExecutedEffect,
  type Execution,
  type Executor,
  type Pace,
} from "./port.ts";
import { publish } from "./shared-counts.ts";
import { WatchedThreads, type WatchedThreadsOptions } from "./watched-threads.ts";

export interface PoolOptions extends WatchedThreadsOptions {
  threads: number;
}

/** A fixed number of Piscina threads, and a process with one more for runs that have to be alone, started when first needed. */
export class ThreadPool implements Executor {
  readonly #options: PoolOptions;
  readonly #shared: WatchedThreads;
  #alone: WatchedThreads | null = null;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#shared = new WatchedThreads(options.threads, "shared", options);
  }

  freest(): number {
    return this.#shared.freest();
  }

  paces(): Pace[] {
    return this.#shared.paces();
  }

  execute(execution: Execution): Promise<Executed[]> {
    return this.#threadsFor(execution).execute(execution);
  }

  executeEffects(execution: EffectExecution): Promise<ExecutedEffect>[] {
    return this.#threadsFor(execution).executeEffects(execution);
  }

  drop(thread: number, run: { uuid: string; token: number }): Promise<void> {
    return this.#threadsFor({ thread }).control(thread, "drop", run);
  }

  pause(thread: number, run: { uuid: string; token: number }): Promise<void> {
    return this.#threadsFor({ thread }).control(thread, "pause", run);
  }

  /** Lost threads and bytes of replies, for the metrics; publishes what the threads counted. */
  readings(): Reading[] {
    const [shared, alone] = [this.#shared.figures(), this.#alone?.figures()];
    publish(this.#options.stepTypes, alone === undefined ? [shared] : [shared, alone]);
    return [
      threadRestarts.at({ company: "shared" }, shared.restarts),
      threadRestarts.at({ company: "alone" }, alone?.restarts ?? 0),
      replyBytes.at({}, shared.replyBytes + (alone?.replyBytes ?? 0)),
    ];
  }

  async close(): Promise<void> {
    await Promise.all([this.#shared.close(), this.#alone?.close()]);
  }

  #threadsFor({ thread }: { thread: number }): WatchedThreads {
    if (thread !== ALONE) return this.#shared;
    this.#alone ??= new WatchedThreads(1, "alone", this.#options);
    return this.#alone;
  }
}
