import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import { messageOf } from "../errors.ts";
import type { Storage } from "../storage/port.ts";

const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;
/** How often a process looks whether there is something to do. */
const LOOK_MILLISECONDS = 60_000;
const FIRST_LOOK_MILLISECONDS = 1000;
/** Between two steps: at least so long, and twice as long as the last took, so that others have the database for themselves. */
const SHORTEST_PAUSE_MILLISECONDS = 10;

export interface RetentionOptions {
  storage: Storage;
  clock: Clock;
  /** This machine's own: a clock that is ahead alone has nothing dropped. */
  machine: Clock;
  log: Logger;
  /** How long runs that are over are kept; 0: for ever. */
  days: number;
}

/** Has the storage keep itself in shape, in small steps: every process does, and none waits for another. */
export class Retention {
  readonly #options: RetentionOptions;
  #underWay: Promise<void> = Promise.resolve();
  #cancelTimer: () => void = () => {};
  #stopped = false;

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  start(): void {
    this.#schedule(FIRST_LOOK_MILLISECONDS);
  }

  /** Resolves when the step that is under way is done. */
  stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer();
    return this.#underWay;
  }

  #schedule(milliseconds: number): void {
    if (this.#stopped) return;
    this.#cancelTimer = this.#options.clock.timer(milliseconds, () => {
      this.#underWay = this.#step();
    });
  }

  async #step(): Promise<void> {
    const { storage, clock, machine, log, days } = this.#options;
    const began = clock.monotonic();
    let more = false;
    try {
      const now = Math.min(clock.now(), machine.now());
      more = await storage.maintain(days === 0 ? null : now - days * DAY_MILLISECONDS, now);
    } catch (error) {
      log.warn({ error: messageOf(error) }, "upkeep failed; it is tried again");
    }
    const took = clock.monotonic() - began;
    // With jitter: processes that started together would look together for ever.
    const rest = LOOK_MILLISECONDS * (0.75 + Math.random() / 2);
    this.#schedule(more ? Math.max(SHORTEST_PAUSE_MILLISECONDS, 2 * took) : rest);
  }
}
