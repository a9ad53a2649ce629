import type { Logger } from "pino";
import type { Clock } from "../../src/clock.ts";
import { messageOf } from "../../src/errors.ts";
import type { Storage } from "../../src/storage/port.ts";
import type { HeldRun } from "./held-run.ts";
import type { Holdings } from "./holdings.ts";

/** A request reaches its run within a second. */
const LOOK_MILLISECONDS = 500;

export interface ControlOptions {
  storage: Storage;
  clock: Clock;
  log: Logger;
}

/** Looks twice a second which held runs are to be cancelled: one look for all of them. */
export class Control {
  readonly #options: ControlOptions;
  readonly #holdings: Holdings;
  readonly #cancel: (held: HeldRun) => void;
  #isStopped = false;
  #cancelTimer: () => void = () => {};

  constructor(options: ControlOptions, holdings: Holdings, cancel: (held: HeldRun) => void) {
    this.#options = options;
    this.#holdings = holdings;
    this.#cancel = cancel;
    this.#lookLater();
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelTimer();
  }

  #lookLater(): void {
    if (this.#isStopped) return;
    this.#cancelTimer = this.#options.clock.timer(LOOK_MILLISECONDS, async () => {
      await this.#look();
      this.#lookLater();
    });
  }

  async #look(): Promise<void> {
    const { storage, log } = this.#options;
    if (this.#holdings.isEmpty) return;
    try {
      for (const { uuid, token } of await storage.controlOf(this.#holdings.lease.worker)) {
        const held = this.#holdings.find(uuid, token);
        if (held !== undefined) this.#cancel(held);
      }
    } catch (error) {
      log.debug({ error: messageOf(error) }, "not known which runs are to be cancelled; asked again");
    }
  }
}
