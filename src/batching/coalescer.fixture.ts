/** A coalescer whose time and whose flushes are moved by hand. */
import { HandClock, settled } from "../clock.fixture.ts";
import { PlatformError } from "../errors.ts";
import { Coalescer } from "./coalescer.ts";

export const MAX_ITEMS = 1000;
export const FULL_ITEMS = 16;
export const MAX_FLUSHES = 4;
export const MIB = 1024 * 1024;

export interface Flush {
  items: number[];
  resolve(results: string[]): void;
  reject(error: unknown): void;
}

/** A coalescer of numbers whose flushes are answered by hand. */
export class Bench {
  readonly clock = new HandClock();
  readonly flushes: Flush[] = [];
  readonly coalescer: Coalescer<number, string>;
  #answered = 0;

  constructor(sizeOf: (item: number) => number = () => 1, flushes = MAX_FLUSHES, gatherMilliseconds?: number) {
    this.coalescer = new Coalescer<number, string>({
      name: "run_inserts",
      clock: this.clock,
      sizeOf,
      flushes,
      ...(gatherMilliseconds === undefined ? {} : { gatherMilliseconds }),
      flush: (items) => new Promise((resolve, reject) => this.flushes.push({ items, resolve, reject })),
    });
  }

  /** Adds items; resolves to the outcome of each. */
  add(...items: number[]): Promise<PromiseSettledResult<string>[]> {
    return Promise.allSettled(items.map((item) => this.coalescer.add(item)));
  }

  /** As many batches under way as there may be. */
  async occupy(): Promise<void> {
    for (let flush = MAX_FLUSHES; flush > 0; flush--) {
      this.add(...range(FULL_ITEMS, -FULL_ITEMS * flush));
      await settled();
    }
  }

  /** The batches that were sent so far. */
  get batches(): number[][] {
    return this.flushes.map(({ items }) => items);
  }

  get sizes(): number[] {
    return this.flushes.map(({ items }) => items.length);
  }

  get underWay(): boolean {
    return this.flushes.length > this.#answered;
  }

  /** Answers the oldest open flush after so many milliseconds. */
  async answer(milliseconds = 0): Promise<void> {
    const flush = this.flushes[this.#answered++];
    if (flush === undefined) throw new Error("no flush is under way");
    this.clock.time += milliseconds;
    flush.resolve(flush.items.map((item) => `#${item}`));
    await settled();
  }

  async fail(error: unknown): Promise<void> {
    this.flushes[this.#answered++]?.reject(error);
    await settled();
  }
}

export function range(count: number, start = 0): number[] {
  return Array.from({ length: count }, (_, index) => start + index);
}

export function values(results: PromiseSettledResult<string>[]): (string | undefined)[] {
  return results.map((result) => (result.status === "fulfilled" ? result.value : undefined));
}

/** The errors of the items that were refused. */
export function refusals(results: PromiseSettledResult<string>[]): PlatformError[] {
  return results.flatMap((result) => {
    if (result.status === "fulfilled") return [];
    if (!(result.reason instanceof PlatformError)) throw result.reason;
    return [result.reason];
  });
}
