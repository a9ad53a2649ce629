import type { Clock } from "../clock.ts";
import { PlatformError } from "../errors.ts";
import type { Counter, Histogram } from "../metrics/counts.ts";
import { type BatchName, batchItems, batchRejected, batchWait } from "../metrics/table.ts";

export interface CoalescerOptions<Item, Result> {
  /** The name of its batches in the metrics. */
  name: BatchName;
  clock: Clock;
  /** Does the work of a whole batch: one result per item, in order. A rejection rejects every item of the batch. */
  flush(items: Item[]): Promise<Result[]>;
  /** Bytes that an item holds in memory and on the wire, roughly. */
  sizeOf(item: Item): number;
  /**
   * Batches under way at once at most. More are smaller, which pays where a batch costs little more than its items. With one
   * it also rests after a batch that took longer than on an idle machine, for up to three times that delay, unless the next is
   * full: for work whose cost is in the batch, fewer and larger ones.
   */
  flushes: number;
  /** So many items are worth a batch of their own beside others, so that the next are read while these are being written. 16 by default. */
  worthItems?: number;
  /** How long the first call of an idle coalescer waits for others; for work whose callers do not wait for it. */
  gatherMilliseconds?: number;
}

/** Caps of one batch. On its way to PostgreSQL its bytes are in memory up to six times. */
const MAX_ITEMS = 1000;
const MAX_BYTES = 1024 * 1024;

/** So many items are worth a batch of their own, and a full rest. */
const FULL_ITEMS = 16;

/** Bounds of the queue: above them new items are refused at once. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;
const MAX_WAIT_MILLISECONDS = 5000;

/**
 * How long it rests, as a multiple of how much longer the batch took than it does where nothing else is busy: then rests gain
 * nothing and calls would wait for them. Calls that come one by one are not kept waiting: a batch of one is followed at once, and
 * only a large one rests in full. A rest brings the items that make the next batch larger, so that a steeper rise would keep few
 * calls waiting for ever.
 */
const REST = 3;
const LONGEST_REST_MILLISECONDS = 50;
/** Up to so many times the quickest batch is no delay; and with each batch the quickest is believed to be so much slower. */
const NO_DELAY = 2;
const FORGETTING = 1.002;

interface Waiting<Item, Result> {
  item: Item;
  bytes: number;
  /** When it was added, on the monotonic clock. */
  since: number;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/**
 * Turns concurrent single calls into batches. The first call of an idle coalescer flushes on the next turn of the event
 * loop, without a timer; while a flush is under way the next batch gathers. Where many calls come at once several batches
 * are under way, one behind the other.
 *
 * @example const inserts = new Coalescer({ name: "run_inserts", clock, flush: (runs) => storage.insertRuns(runs), sizeOf: () => 100, flushes: 1 });
 */
export class Coalescer<Item, Result> {
  readonly #options: CoalescerOptions<Item, Result>;
  readonly #items: Histogram;
  readonly #waits: Histogram;
  readonly #rejected: Counter;
  readonly #worthItems: number;
  #waiting: Waiting<Item, Result>[] = [];
  #waitingBytes = 0;
  #flushes = 0;
  #scheduled = false;
  #resting = false;
  /** Smoothed time of a flush, milliseconds: what a wait is predicted from. */
  #flushTime = 0;
  /** What a batch takes where nothing else is busy, milliseconds. */
  #quickest = Number.POSITIVE_INFINITY;

  constructor(options: CoalescerOptions<Item, Result>) {
    this.#options = options;
    this.#worthItems = options.worthItems ?? FULL_ITEMS;
    this.#items = batchItems.of({ batch: options.name });
    this.#waits = batchWait.of({ batch: options.name });
    this.#rejected = batchRejected.of({ batch: options.name });
  }

  /** Rejects with `overloaded` when too many bytes wait or the wait would be too long. */
  add(item: Item): Promise<Result> {
    const bytes = this.#options.sizeOf(item);
    const batches = Math.max(this.#waiting.length / MAX_ITEMS, this.#waitingBytes / MAX_BYTES);
    const wait = Math.ceil(batches / this.#atOnce()) * this.#flushTime;
    if (this.#waitingBytes + bytes > MAX_WAITING_BYTES || wait > MAX_WAIT_MILLISECONDS) {
      this.#rejected.add();
      return Promise.reject(new PlatformError("overloaded", "", { retryAfter: Math.max(1, Math.ceil(wait / 1000)) }));
    }
    this.#waitingBytes += bytes;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, bytes, since: this.#options.clock.monotonic(), resolve, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    const { clock, gatherMilliseconds } = this.#options;
    // Never within the call itself: the caller may add more items in this turn.
    if (this.#waiting.length === this.#worthItems) queueMicrotask(() => this.#flushIfReady());
    else if (this.#flushes === 0 && !this.#scheduled) {
      this.#scheduled = true;
      const flush = () => {
        this.#scheduled = false;
        this.#flushIfReady();
      };
      if (gatherMilliseconds === undefined) clock.nextTurn(flush);
      else clock.timer(gatherMilliseconds, flush);
    }
  }

  #flushIfReady(): void {
    if (this.#waiting.length > 0 && this.#flushes < this.#atOnce() && !this.#resting) this.#flush();
  }

  /** How many batches may be under way, by what waits. */
  #atOnce(): number {
    return this.#waiting.length >= this.#worthItems ? this.#options.flushes : 1;
  }

  async #flush(): Promise<void> {
    const batch = this.#take();
    const start = this.#options.clock.monotonic();
    this.#items.observe(batch.length);
    this.#waits.observe((start - (batch[0]?.since ?? start)) / 1000);
    this.#flushes++;
    const settle = await this.#carryOut(batch);
    this.#flushes--;
    const took = this.#options.clock.monotonic() - start;
    this.#flushTime = this.#flushTime * 0.9 + took * 0.1;
    const full = this.#waiting.length >= MAX_ITEMS;
    this.#quickest = Math.min(this.#quickest * FORGETTING, took);
    const rest = (took - NO_DELAY * this.#quickest) * REST * Math.min(1, (batch.length - 1) / (FULL_ITEMS - 1));
    if (this.#options.flushes === 1 && rest >= 1 && !full) this.#rest(rest);
    // The next batch is sent first: it is under way while the results of this one are handled.
    else this.#flushIfReady();
    settle();
  }

  #rest(milliseconds: number): void {
    this.#resting = true;
    this.#options.clock.timer(Math.min(milliseconds, LONGEST_REST_MILLISECONDS), () => {
      this.#resting = false;
      this.#flushIfReady();
    });
  }

  /** Flushes a batch; returns what tells its callers. */
  async #carryOut(batch: Waiting<Item, Result>[]): Promise<() => void> {
    try {
      const results = await this.#options.flush(batch.map(({ item }) => item));
      return () => {
        for (const [index, { resolve, reject }] of batch.entries()) {
          const result = results[index];
          if (result === undefined) reject(new PlatformError("internal"));
          else resolve(result);
        }
      };
    } catch (error) {
      return () => {
        for (const { reject } of batch) reject(error);
      };
    }
  }

  #take(): Waiting<Item, Result>[] {
    let bytes = 0;
    let count = 0;
    for (const waiting of this.#waiting) {
      if (count === MAX_ITEMS || (count > 0 && bytes + waiting.bytes > MAX_BYTES)) break;
      bytes += waiting.bytes;
      count++;
    }
    const batch = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    this.#waitingBytes -= bytes;
    return batch;
  }
}
