import type { Logger } from "pino";
import type { Clock } from "./clock.ts";

const MILLISECONDS = 1000;

/** A warning about what comes by the thousand when something is out: one line a second at most, with how many came since the last. */
export class RareWarning {
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #message: string;
  #count = 0;
  #saidAt = Number.NEGATIVE_INFINITY;

  constructor(log: Logger, clock: Clock, message: string) {
    this.#log = log;
    this.#clock = clock;
    this.#message = message;
  }

  /** `fields`: of the one that the line is about. */
  say(fields: object): void {
    this.#count++;
    const now = this.#clock.monotonic();
    if (now - this.#saidAt < MILLISECONDS) return;
    this.#log.warn({ ...fields, count: this.#count }, this.#message);
    this.#count = 0;
    this.#saidAt = now;
  }
}
