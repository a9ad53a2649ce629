import type { Logger } from "pino";
import { type Clock, systemClock } from "../../clock.ts";
import type { Pool } from "../../db/pool.ts";
import { messageOf } from "../../errors.ts";
import { milliseconds } from "./definitions.ts";

const NOW = `select ${milliseconds("clock_timestamp()")} as now`;
const SAMPLES = 3;
const AGAIN_MILLISECONDS = 10_000;

/**
 * The time of the database, so that processes agree on what is due however wrong their machines' clocks are: an offset
 * learned from the fastest of some answers (Cristian's algorithm), moved on by the monotonic clock.
 */
export class DatabaseClock implements Clock {
  readonly #pool: Pool;
  readonly #log: Logger;
  /** Database time less monotonic time, milliseconds. */
  #offset = systemClock.now() - systemClock.monotonic();
  #cancelTimer: () => void = () => {};
  #stopped = false;

  constructor(pool: Pool, log: Logger) {
    this.#pool = pool;
    this.#log = log;
  }

  now = (): number => Math.floor(systemClock.monotonic() + this.#offset);
  monotonic = systemClock.monotonic;
  timer = systemClock.timer;
  nextTurn = systemClock.nextTurn;

  /** Resolves when the offset is known, and follows it from then on. */
  async start(): Promise<void> {
    await this.#follow();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelTimer();
  }

  async #follow(): Promise<void> {
    try {
      this.#offset = await this.#measure();
    } catch (error) {
      // The last offset still holds: the monotonic clock drifts by parts in a million.
      this.#log.debug({ error: messageOf(error) }, "time of the database not learned");
    }
    if (!this.#stopped) this.#cancelTimer = systemClock.timer(AGAIN_MILLISECONDS, () => this.#follow());
  }

  async #measure(): Promise<number> {
    let best = { offset: this.#offset, roundTrip: Number.POSITIVE_INFINITY };
    for (let sample = 0; sample < SAMPLES; sample++) {
      const sent = systemClock.monotonic();
      const [row] = await this.#pool.run<{ now: number }>(NOW, []);
      const roundTrip = systemClock.monotonic() - sent;
      if (row !== undefined && roundTrip < best.roundTrip) best = { offset: row.now - sent - roundTrip / 2, roundTrip };
    }
    return best.offset;
  }
}
