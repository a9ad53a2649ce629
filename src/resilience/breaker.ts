import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import { messageOf } from "../errors.ts";
import { Backoff } from "./waiting.ts";

/** closed: work goes through. open: it is refused at once. half_open: open, and a probe is on its way. */
export type BreakerState = "closed" | "open" | "half_open";

export interface BreakerOptions {
  /** The service, as the log calls it. */
  name: string;
  clock: Clock;
  log: Logger;
  /** Resolves when the service answers. It has a time limit of its own. */
  probe(): Promise<unknown>;
}

const FIRST_MILLISECONDS = 100;
const LONGEST_MILLISECONDS = 2000;

/** Refuses work at once while a service is out, which is probed until it answers. */
export class Breaker {
  readonly #options: BreakerOptions;
  readonly #backoff = new Backoff(FIRST_MILLISECONDS, LONGEST_MILLISECONDS);
  #state: BreakerState = "closed";
  #cancelTimer: () => void = () => {};
  #stopped = false;

  constructor(options: BreakerOptions) {
    this.#options = options;
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** The service was out of reach. */
  trip(error: unknown): void {
    if (this.#state !== "closed" || this.#stopped) return;
    const { log, name } = this.#options;
    log.warn({ service: name, error: messageOf(error) }, "out of reach; it is probed until it answers");
    this.#open();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelTimer();
  }

  #open(): void {
    this.#state = "open";
    // With jitter: processes that lost it together would come back together.
    const wait = this.#backoff.next() * (0.75 + Math.random() / 2);
    this.#cancelTimer = this.#options.clock.timer(wait, () => this.#probe());
  }

  async #probe(): Promise<void> {
    const { log, name, probe } = this.#options;
    this.#state = "half_open";
    try {
      await probe();
    } catch (error) {
      log.debug({ service: name, error: messageOf(error) }, "still out of reach");
      if (!this.#stopped) this.#open();
      return;
    }
    this.#state = "closed";
    this.#backoff.reset();
    log.info({ service: name }, "back");
  }
}
