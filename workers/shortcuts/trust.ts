import type { Logger } from "pino";
import type { Clock } from "../../src/clock.ts";

const MOST_MISSES = 100;
const WINDOW_MILLISECONDS = 10_000;
const ROWS_FIRST_MILLISECONDS = 60_000;

/**
 * Whether runs are executed as their messages describe them, before their rows are read. Some messages may be forged, and
 * others late: their runs are computed in vain, since the write finds that the row differs or was claimed. After 100 of
 * these within 10 s rows are read first, for a minute.
 */
export class Trust {
  readonly #clock: Clock;
  readonly #log: Logger;
  #misses = 0;
  #windowEnds = 0;
  #rowsFirstUntil = 0;

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  get holds(): boolean {
    return this.#clock.monotonic() >= this.#rowsFirstUntil;
  }

  /** So many runs were executed in vain: their rows differ from their messages, or another worker claimed them meanwhile. */
  missed(count: number): void {
    const now = this.#clock.monotonic();
    if (now >= this.#windowEnds) {
      this.#windowEnds = now + WINDOW_MILLISECONDS;
      this.#misses = 0;
    }
    this.#misses += count;
    if (this.#misses < MOST_MISSES || !this.holds) return;
    this.#rowsFirstUntil = now + ROWS_FIRST_MILLISECONDS;
    this.#log.warn(
      { messages: this.#misses },
      "messages came after their runs were claimed, or differ from their rows; rows are read first for a minute: where messages are not late, check who may write to the trigger topic",
    );
  }
}
