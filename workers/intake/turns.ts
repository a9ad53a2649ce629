import type { Logger } from "pino";
import type { Clock } from "../../src/clock.ts";
import { messageOf } from "../../src/errors.ts";
import { keyOf, type RunKey } from "../../src/schemas/runs/run.ts";
import type { Storage } from "../../src/storage/port.ts";

/** While nobody waits, and while somebody does; the first look of a process comes at some time within the first. */
const REST_MILLISECONDS = 2000;
const WAITING_MILLISECONDS = 1000;
/** Runs that end together share a look. */
const GATHER_MILLISECONDS = 5;

export interface TurnsOptions {
  storage: Storage;
  clock: Clock;
  log: Logger;
  /** Called when a run was given back to be due at a time, milliseconds since the epoch. */
  onGivenBack(dueAt: number): void;
}

/**
 * Lets runs begin that wait for their turn: as soon as one ends here that they may have waited for, and from time to time any that
 * a process which died was to let begin. Where none waits this is one look into an empty index.
 */
export class Turns {
  readonly #options: TurnsOptions;
  #ended: RunKey[] = [];
  /** A run has come to wait since the last look. */
  #isAsked = false;
  #isLooking = false;
  #isStopped = false;
  #cancelTimer: () => void = () => {};

  constructor(options: TurnsOptions) {
    this.#options = options;
    this.#lookIn(REST_MILLISECONDS);
  }

  /** A run ended that took a turn. */
  ended(run: RunKey): void {
    this.#ended.push(keyOf(run));
    if (!this.#isLooking) this.#lookIn(GATHER_MILLISECONDS);
  }

  /** A run was stored that waits for its turn, which may be now. */
  linedUp(): void {
    this.#isAsked = true;
    if (!this.#isLooking) this.#lookIn(GATHER_MILLISECONDS);
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelTimer();
  }

  #lookIn(milliseconds: number): void {
    this.#cancelTimer();
    if (!this.#isStopped) this.#cancelTimer = this.#options.clock.timer(milliseconds, () => void this.#look());
  }

  async #look(): Promise<void> {
    const { storage, clock, log, onGivenBack } = this.#options;
    this.#isLooking = true;
    const ended = this.#ended;
    this.#ended = [];
    this.#isAsked = false;
    let rest = REST_MILLISECONDS;
    try {
      const { begun, cancel, nextAt } = await storage.takeTurns(ended);
      if (begun.length > 0) onGivenBack(clock.now());
      if (cancel.length > 0) await storage.requestControl(cancel.map((run) => ({ ...keyOf(run), kind: "cancel" })));
      if (nextAt !== null) rest = Math.min(WAITING_MILLISECONDS, Math.max(GATHER_MILLISECONDS, nextAt - clock.now()));
    } catch (error) {
      log.debug({ error: messageOf(error) }, "not known which runs may begin; asked again");
      rest = WAITING_MILLISECONDS;
    }
    this.#isLooking = false;
    this.#lookIn(this.#ended.length > 0 || this.#isAsked ? GATHER_MILLISECONDS : rest);
  }
}
