import type { Logger } from "pino";
import type { Clock } from "../../src/clock.ts";
import type { WebhookSettings } from "../webhook/settings.ts";
import { EffectTasks } from "./effect-tasks.ts";
import { textPassed } from "./garbage.ts";
import type { EffectExecution, Executed, ExecutedEffect, Execution, Pace } from "./port.ts";
import { AloneProcess } from "./process/alone-process.ts";
import { MappedFile } from "./process/mapped-file.ts";
import { SharedCounts } from "./shared-counts.ts";
import { Slots } from "./slots.ts";
import { OwnThreads, type ThreadSettings, type Threads, type ThreadsOptions } from "./threads.ts";
import { logUnexpected } from "./unexpected.ts";
import { type Company, cpuMilliseconds, Watchdog } from "./watchdog.ts";
import { type ControlTask, type TaskBase, unpackResults } from "./wire.ts";

/** Of the thread for runs that have to be alone: one that loops must not take the CPU from the others. */
const ALONE_NICENESS = 10;

export interface WatchedThreadsOptions {
  /** Tasks, and effects under way, at once, over all threads. */
  maxTasks: number;
  clock: Clock;
  log: Logger;
  webhook: WebhookSettings;
  /** See ThreadSettings. */
  stepTypes: readonly string[];
}

/** Threads with a watchdog, which kills those that loop and tells which run a lost thread was on. */
export class WatchedThreads {
  readonly #count: number;
  readonly #company: Company;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #slots: Slots;
  readonly #threads: Threads;
  readonly #watchdog: Watchdog;
  readonly #effects: EffectTasks;
  readonly #counts: SharedCounts;

  constructor(count: number, company: Company, options: WatchedThreadsOptions) {
    const { maxTasks, clock, log, webhook, stepTypes } = options;
    this.#count = count;
    this.#company = company;
    this.#clock = clock;
    this.#log = log;
    const settings = { niceness: company === "alone" ? ALONE_NICENESS : 0, webhook, stepTypes };
    const ports = { maxTasks, onMessage: (packed: string[]) => this.#effects.take(packed) };
    const { threads, slots, counts } =
      company === "alone" ? openProcess(settings, { ...ports, clock }) : openThreads(count, settings, ports);
    const watchdog = new Watchdog({
      company,
      clock,
      progress: slots.progress,
      slots: slots.used,
      kill: (threadId) => threads.kill(threadId),
    });
    this.#effects = new EffectTasks({
      clock,
      log,
      slots,
      threads,
      watchdog,
      baseOf: (definitions) => this.#baseOf(definitions),
    });
    this.#slots = slots;
    this.#counts = counts;
    this.#threads = threads;
    this.#watchdog = watchdog;
  }

  freest(): number {
    return this.#threads.freest();
  }

  /** See Executor. */
  paces(): Pace[] {
    const { progress } = this.#slots;
    return progress.lastLanes(this.#count).map((lane) => ({
      beats: progress.beats(lane),
      cpuMilliseconds: cpuMilliseconds(progress.kernelIdOf(lane)),
    }));
  }

  async execute({ thread, runs, definitions }: Execution): Promise<Executed[]> {
    const slot = await this.#slots.take();
    try {
      const task = { kind: "pure", ...this.#baseOf(definitions), slot, runs } as const;
      const packed = await this.#threads.run(thread, task, 1);
      const results = unpackResults(packed);
      for (const result of packed) textPassed(result);
      for (const [index, result] of results.entries()) logUnexpected(this.#log, runs[index], result);
      return results;
    } catch (error) {
      throw this.#watchdog.lossOf(slot, error);
    } finally {
      this.#slots.release(slot);
    }
  }

  executeEffects(execution: EffectExecution): Promise<ExecutedEffect>[] {
    return this.#effects.execute(execution);
  }

  /** See Executor. */
  async control(
    thread: number,
    kind: ControlTask["kind"],
    { uuid, token }: { uuid: string; token: number },
  ): Promise<void> {
    await this.#threads.run(thread, { kind, uuid, token }, 0);
  }

  /** How many threads took the place of lost ones, the bytes of replies that came and are not persisted, and what threads count. */
  figures(): Figures {
    const { progress, replies } = this.#slots;
    const { lanesTaken } = progress;
    const restarts = Math.max(0, lanesTaken - this.#count);
    return { restarts, replyBytes: replies.total, counts: this.#counts, lanesTaken };
  }

  async close(): Promise<void> {
    this.#watchdog.stop();
    await this.#threads.close();
  }

  #baseOf(definitions: Map<string, string>): TaskBase {
    const time = { now: this.#clock.now(), sentAt: this.#clock.monotonic() };
    return { ...time, stepwise: this.#company === "alone", definitions: [...definitions] };
  }
}

interface Figures {
  restarts: number;
  replyBytes: number;
  counts: SharedCounts;
  lanesTaken: number;
}

interface Opened {
  threads: Threads;
  slots: Slots;
  counts: SharedCounts;
}

function openThreads(count: number, settings: ThreadSettings, options: ThreadsOptions): Opened {
  const bytes = Slots.bytes(options.maxTasks);
  const memory = {
    progress: new SharedArrayBuffer(bytes.progress),
    replies: new SharedArrayBuffer(bytes.replies),
    counts: new SharedArrayBuffer(SharedCounts.bytes(settings.stepTypes)),
  };
  const threads = new OwnThreads(count, { ...settings, ...memory }, options);
  return {
    threads,
    slots: new Slots(options.maxTasks, memory),
    counts: new SharedCounts(memory.counts, settings.stepTypes),
  };
}

function openProcess(settings: ThreadSettings, options: ThreadsOptions & { clock: Clock }): Opened {
  const bytes = Slots.bytes(options.maxTasks);
  const [progress, replies] = [new MappedFile(bytes.progress), new MappedFile(bytes.replies)];
  const counted = new MappedFile(SharedCounts.bytes(settings.stepTypes));
  const threads = new AloneProcess({ ...options, settings, memory: [progress, replies, counted] });
  const slots = new Slots(options.maxTasks, { progress: progress.buffer, replies: replies.buffer });
  return { threads, slots, counts: new SharedCounts(counted.buffer, settings.stepTypes) };
}
