import type { Logger } from "pino";
import type { Clock } from "../../src/clock.ts";

const MOST_MISSES = 100;
const WINDOW_MILLISECONDS = 10_000;
const ROWS_FIRST_MILLISECONDS = 60_000;

/**
 * Whether runs are executed on the word of their messages, without a look at their rows. Where a broker takes messages from
 * anybody, some may be forged: their runs are computed in vain, since no row says the same when that is to be written. After
 * 100 of these within 10 s the rows are read first, for a minute.
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

  /** So many runs were executed whose rows do not say what their messages said. */
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
      "messages say of runs what their rows do not; rows are read first for a minute: see who may write to the trigger topic",
    );
  }
}
