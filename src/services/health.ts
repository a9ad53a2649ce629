import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import { messageOf } from "../errors.ts";
import type { Storage } from "../storage/port.ts";

/** How often a row is written, whether health is asked for or not. */
const RECORD_MILLISECONDS = 10_000;
/** How long the outcome of the last write counts. */
const FRESH_MILLISECONDS = 5000;

/**
 * The rows of health_status, which say that this process lives, and whether writes go through. One write at most is under way, so
 * that none pile up where they hang.
 */
export class HealthRecord {
  readonly #storage: Storage;
  readonly #clock: Clock;
  readonly #log: Logger;
  #last: Promise<void> = Promise.resolve();
  #triedAt = Number.NEGATIVE_INFINITY;
  #writing = false;
  #cancelTimer: () => void = () => {};

  constructor(storage: Storage, clock: Clock, log: Logger) {
    this.#storage = storage;
    this.#clock = clock;
    this.#log = log;
  }

  /** Writes the first row, and one every 10 s from then on. */
  start(): void {
    this.#write();
    this.#cancelTimer = this.#clock.timer(RECORD_MILLISECONDS, () => this.start());
  }

  stop(): void {
    this.#cancelTimer();
  }

  /** Resolves when a write of the last 5 s went through, or one now. @throws the error of the write */
  check(): Promise<void> {
    if (this.#clock.monotonic() - this.#triedAt >= FRESH_MILLISECONDS) this.#write();
    return this.#last;
  }

  #write(): void {
    if (this.#writing) return;
    this.#writing = true;
    this.#triedAt = this.#clock.monotonic();
    this.#last = this.#storage.recordHealth("ok").finally(() => {
      this.#writing = false;
    });
    this.#last.catch((error: unknown) => this.#log.warn({ error: messageOf(error) }, "health not recorded"));
  }
}
