import { join } from "node:path";
import type { Clock } from "../../../src/clock.ts";
import type { ThreadSettings, Threads, ThreadsOptions } from "../threads.ts";
import type { ThreadTask } from "../wire.ts";
import type { MappedFile } from "./mapped-file.ts";
import { MAX_RESIDENT_MIB, residentMib } from "./memory.ts";
import type { FromProcess, ToProcess } from "./messages.ts";

const LOOK_MILLISECONDS = 50;
/** One that can't start is started again after this. */
const RETRY_MILLISECONDS = 1000;

/** The process died that executes runs which have to be alone. */
export class ProcessDied extends Error {
  /** For the error of the run that it was on. */
  readonly reason: string;

  constructor(reason: string, how: string) {
    super(`The process for runs that are alone ended with ${how}`);
    this.reason = reason;
  }
}

export interface AloneProcessOptions extends ThreadsOptions {
  clock: Clock;
  settings: ThreadSettings;
  /** What it shares with this process, in the order of MEMORY. */
  memory: readonly MappedFile[];
}

/**
 * One thread in a process of its own, started when first needed and again when it died: a run that takes its process along
 * takes no other run's. It is killed where it takes too much memory: the kernel might kill this process as well.
 */
export class AloneProcess implements Threads {
  readonly #options: AloneProcessOptions;
  #started: Promise<Bun.Subprocess> | null = null;
  #process: Bun.Subprocess | null = null;
  /** Tasks under way, by their number. */
  readonly #tasks = new Map<number, PromiseWithResolvers<string[]>>();
  #count = 0;
  #isTooLarge = false;

  constructor(options: AloneProcessOptions) {
    this.#options = options;
  }

  freest(): number {
    return 0;
  }

  async run(_thread: number, task: ThreadTask): Promise<string[]> {
    this.#started ??= this.#start();
    const process = await this.#started;
    const id = this.#count++;
    const waiting = Promise.withResolvers<string[]>();
    tell(process, { kind: "run", id, task });
    this.#tasks.set(id, waiting);
    return waiting.promise;
  }

  kill(): void {
    this.#process?.kill("SIGKILL");
  }

  async close(): Promise<void> {
    this.kill();
    await this.#process?.exited;
    for (const file of this.#options.memory) file.close();
  }

  /** Resolves once it takes tasks. @throws ProcessDied where it died before, or why it was not started */
  async #start(): Promise<Bun.Subprocess> {
    try {
      return await this.#spawn();
    } catch (error) {
      await new Promise<void>((resolve) => this.#options.clock.timer(RETRY_MILLISECONDS, resolve));
      this.#started = null;
      throw error;
    }
  }

  #spawn(): Promise<Bun.Subprocess> {
    let isReady = false;
    const { settings, maxTasks, memory, onMessage } = this.#options;
    const ready = Promise.withResolvers<Bun.Subprocess>();
    const descriptors = memory.map(({ descriptor }) => descriptor);
    const started = Bun.spawn([process.execPath, join(import.meta.dir, "main.ts")], {
      stdio: ["ignore", "inherit", "inherit", ...descriptors],
      serialization: "json",
      ipc: (message: FromProcess) => {
        if (message.kind === "ready") {
          isReady = true;
          tell(started, { kind: "open", settings, maxTasks });
          ready.resolve(started);
        } else if (message.kind === "posted") onMessage(message.packed);
        else if (message.kind === "done") this.#task(message.id)?.resolve(message.results);
        else this.#task(message.id)?.reject(new Error(message.error));
      },
      onExit: (_, code, signal) => {
        const size = `it took more than ${MAX_RESIDENT_MIB} MiB of memory`;
        const died = new ProcessDied(this.#isTooLarge ? size : "its process died", String(signal ?? `code ${code}`));
        this.#isTooLarge = false;
        if (isReady) this.#started = null;
        this.#process = null;
        ready.reject(died);
        for (const { reject } of this.#tasks.values()) reject(died);
        this.#tasks.clear();
      },
    });
    started.unref();
    this.#process = started;
    this.#watch(started);
    return ready.promise;
  }

  /** Kills the process when it takes too much memory, for as long as it lives. */
  #watch(process: Bun.Subprocess): void {
    if (this.#process !== process) return;
    if (residentMib(process.pid) > MAX_RESIDENT_MIB) {
      this.#isTooLarge = true;
      this.kill();
    } else this.#options.clock.timer(LOOK_MILLISECONDS, () => this.#watch(process));
  }

  /** A task under way, which is over with that. */
  #task(id: number): PromiseWithResolvers<string[]> | undefined {
    const task = this.#tasks.get(id);
    this.#tasks.delete(id);
    return task;
  }
}

function tell(process: Bun.Subprocess, message: ToProcess): void {
  process.send(message);
}
