import type { Clock } from "../src/clock.ts";

const MAX_KEYS = 1000;

/**
 * Keys that are remembered for a while: at most the latest thousand, of definitions, so that they take 200 kB. No cache: what
 * was remembered first goes first, however often it is asked for.
 */
export class RecentKeys {
  readonly #clock: Clock;
  readonly #milliseconds: number;
  /** Until when, on the monotonic clock; the latest last. */
  readonly #until = new Map<string, number>();

  constructor(clock: Clock, milliseconds: number) {
    this.#clock = clock;
    this.#milliseconds = milliseconds;
  }

  add(key: string): void {
    this.#until.delete(key);
    if (this.#until.size >= MAX_KEYS) this.#until.delete(this.#until.keys().next().value ?? "");
    this.#until.set(key, this.#clock.monotonic() + this.#milliseconds);
  }

  has(key: string): boolean {
    return (this.#until.get(key) ?? 0) > this.#clock.monotonic();
  }
}
