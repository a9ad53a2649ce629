import type { Clock } from "../src/clock.ts";
import type { HeldRun } from "./held.ts";

const MAX_RUNS_PER_TASK = 128;
const MAX_BYTES_PER_TASK = 1024 * 1024;

export interface ReadyOptions {
  clock: Clock;
  /** Tasks of many runs at once: enough to keep every thread busy while a result is on its way. */
  maxBatches: number;
}

/** Runs that wait for a thread: what comes in one turn goes into the same tasks. */
export class ReadyRuns {
  readonly #options: ReadyOptions;
  readonly #execute: (batch: HeldRun[]) => Promise<void>;
  #waiting: HeldRun[] = [];
  #batches = 0;
  #scheduled = false;

  constructor(options: ReadyOptions, execute: (batch: HeldRun[]) => Promise<void>) {
    this.#options = options;
    this.#execute = execute;
  }

  add(held: HeldRun): void {
    this.#waiting.push(held);
    this.#schedule();
  }

  /** Takes all that still wait. */
  takeAll(): HeldRun[] {
    return this.#waiting.splice(0);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#options.clock.nextTurn(() => {
      this.#scheduled = false;
      while (this.#waiting.length > 0 && this.#batches < this.#options.maxBatches) this.#start();
    });
  }

  #start(): void {
    const batch = nextBatch(this.#waiting);
    this.#waiting = this.#waiting.slice(batch.length);
    this.#batches++;
    this.#execute(batch).finally(() => {
      this.#batches--;
      this.#schedule();
    });
  }
}

/** As many of the first runs as go into one task; always one. */
function nextBatch(ready: readonly HeldRun[]): HeldRun[] {
  let bytes = 0;
  let count = 0;
  for (const held of ready) {
    if (count === MAX_RUNS_PER_TASK || bytes > MAX_BYTES_PER_TASK) break;
    bytes += held.size;
    count++;
  }
  return ready.slice(0, count);
}
