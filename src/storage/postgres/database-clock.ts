import type { Logger } from "pino";
import type { Clock } from "../../clock.ts";
import type { Pool } from "../../db/postgres/pool.ts";
import { messageOf } from "../../errors.ts";

const NOW = "select (extract(epoch from clock_timestamp()) * 1000)::float8 as now";
const SAMPLES = 3;
/** At the start, when all processes of a machine are busy, more are taken until one is good. */
const MOST_SAMPLES = 30;
/** Sampling ends after this time: with a distant database no answer is quick, and a start would take minutes. */
const LONGEST_MILLISECONDS = 2000;
/** A smaller error is good: requests that one client sends one after the other are further apart. */
const GOOD_MILLISECONDS = 1;
const AGAIN_MILLISECONDS = 10_000;
/** While the error is larger. */
const SOON_MILLISECONDS = 1000;
/** The most that two clocks drift apart: some ten times the usual drift of a quartz. */
const DRIFT = 1e-4;

export interface DatabaseClockOptions {
  /** Asks the database for its time, milliseconds since the epoch. */
  ask(): Promise<number>;
  /** The clock of this machine. */
  machine: Clock;
  log: Logger;
}

/** The time of a database, for `ask` of its clock. @throws the errors of the pool */
export async function databaseTime(pool: Pool): Promise<number> {
  const [row] = await pool.run<{ now: number }>(NOW, []);
  if (row === undefined) throw new Error("the database told no time");
  return row.now;
}

/** Database time less monotonic time, and how far that may be off; milliseconds. */
interface Offset {
  value: number;
  error: number;
}

/**
 * The time of the database, so that processes agree on due times even if the clocks of their machines are wrong: an offset
 * learned from the fastest of some answers (Cristian's algorithm), moved on by the monotonic clock. A slow answer
 * does not replace an older quick one, unless the two contradict each other: then the database's clock was set.
 */
export class DatabaseClock implements Clock {
  readonly monotonic: Clock["monotonic"];
  readonly timer: Clock["timer"];
  readonly nextTurn: Clock["nextTurn"];
  readonly #options: DatabaseClockOptions;
  #offset: Offset;
  #cancelTimer: () => void = () => {};
  #stopped = false;

  constructor(options: DatabaseClockOptions) {
    const { machine } = options;
    this.#options = options;
    this.#offset = { value: machine.now() - machine.monotonic(), error: Number.POSITIVE_INFINITY };
    this.monotonic = machine.monotonic;
    this.timer = machine.timer;
    this.nextTurn = machine.nextTurn;
  }

  now = (): number => Math.floor(this.monotonic() + this.#offset.value);

  /**
   * Resolves when the offset is known, and follows it from then on.
   *
   * @throws the errors of `ask`: the time of the machine may be wrong by hours, and can't be used instead
   */
  async start(): Promise<void> {
    this.#learn(await this.#measure(MOST_SAMPLES));
    this.#followLater();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelTimer();
  }

  async #follow(): Promise<void> {
    try {
      this.#learn(await this.#measure(SAMPLES));
    } catch (error) {
      // The last offset still holds: the monotonic clock drifts by parts in a million.
      this.#options.log.debug({ error: messageOf(error) }, "time of the database not learned");
    }
    this.#followLater();
  }

  #followLater(): void {
    if (this.#stopped) return;
    const pause = this.#offset.error > GOOD_MILLISECONDS ? SOON_MILLISECONDS : AGAIN_MILLISECONDS;
    this.#offset.error += pause * DRIFT;
    this.#cancelTimer = this.timer(pause, () => this.#follow());
  }

  #learn(measured: Offset): void {
    const known = this.#offset;
    const contradicts = Math.abs(measured.value - known.value) > measured.error + known.error;
    if (measured.error <= known.error || contradicts) this.#offset = measured;
  }

  /** Takes three samples, or up to `most` until one is good; two where they take long: one alone may be wrong after a freeze. */
  async #measure(most: number): Promise<Offset> {
    const begun = this.monotonic();
    let best: Offset = { ...this.#offset, error: Number.POSITIVE_INFINITY };
    for (let sample = 0; sample < SAMPLES || (sample < most && best.error > GOOD_MILLISECONDS); sample++) {
      const sent = this.monotonic();
      const time = await this.#options.ask();
      const error = (this.monotonic() - sent) / 2;
      if (error < best.error) best = { value: time - sent - error, error };
      if (sample > 0 && this.monotonic() - begun >= LONGEST_MILLISECONDS) break;
    }
    return best;
  }
}
