import type { Clock } from "../../src/clock.ts";

const MAX_ITEMS = 128;
const MAX_BYTES = 1024 * 1024;

export interface ReadyOptions {
  clock: Clock;
  /** Tasks of many runs at once: enough to keep every thread busy while a result is on its way. */
  maxBatches: number;
}

export interface BatchesOptions<Item> extends ReadyOptions {
  /** Bytes that cross to a thread with it. */
  sizeOf(item: Item): number;
}

/** Items that wait for a thread: those of one turn go into the same tasks. */
export class Batches<Item> {
  readonly #options: BatchesOptions<Item>;
  readonly #execute: (batch: Item[]) => Promise<void>;
  #waiting: Item[] = [];
  #batches = 0;
  #scheduled = false;

  constructor(options: BatchesOptions<Item>, execute: (batch: Item[]) => Promise<void>) {
    this.#options = options;
    this.#execute = execute;
  }

  add(item: Item): void {
    this.#waiting.push(item);
    this.#schedule();
  }

  /** Takes all that still wait. */
  takeAll(): Item[] {
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
    const batch = this.#next();
    this.#waiting = this.#waiting.slice(batch.length);
    this.#batches++;
    this.#execute(batch).finally(() => {
      this.#batches--;
      this.#schedule();
    });
  }

  /** As many of the first as go into one task; always one. */
  #next(): Item[] {
    let bytes = 0;
    let count = 0;
    for (const item of this.#waiting) {
      if (count === MAX_ITEMS || bytes > MAX_BYTES) break;
      bytes += this.#options.sizeOf(item);
      count++;
    }
    return this.#waiting.slice(0, count);
  }
}
