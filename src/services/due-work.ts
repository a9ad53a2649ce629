import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import { messageOf } from "../errors.ts";

/** It looks again after this time at the latest, since other processes make work too. */
const REST_MILLISECONDS = 1000;
/** While others have what is due. */
const TAKEN_MILLISECONDS = 50;
/** After some was done: what falls due meanwhile is done together, in one write. Ten thousand times a minute would be as many looks. */
const TOGETHER_MILLISECONDS = 100;

/** Work that is due at times which the storage knows. */
export interface Due {
  /** What it is, for the log. */
  name: string;
  /** When the next of it is due, milliseconds since the epoch; null for never. */
  nextDue(): Promise<number | null>;
  /** Does some of what is due; gives how much it took, 0 where others have it. */
  doDue(): Promise<number>;
}

/** Does work when its time comes: every process does, and none waits for another. */
export class DueWork {
  readonly #due: Due;
  readonly #clock: Clock;
  readonly #log: Logger;
  #underWay: Promise<void> = Promise.resolve();
  #cancelTimer: () => void = () => {};
  #isStopped = false;

  constructor(due: Due, clock: Clock, log: Logger) {
    this.#due = due;
    this.#clock = clock;
    this.#log = log;
  }

  start(): void {
    this.#lookIn(0);
  }

  /** Resolves when the look that is under way is over. */
  stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelTimer();
    return this.#underWay;
  }

  #lookIn(milliseconds: number): void {
    if (this.#isStopped) return;
    this.#cancelTimer = this.#clock.timer(milliseconds, () => {
      this.#underWay = this.#look();
    });
  }

  async #look(): Promise<void> {
    // With jitter: processes that started together would look together for ever.
    let rest = REST_MILLISECONDS * (0.75 + Math.random() / 2);
    let shortest = 0;
    try {
      while (!this.#isStopped) {
        const dueAt = await this.#due.nextDue();
        const left = dueAt === null ? rest : dueAt - this.#clock.now();
        if (left > 0) {
          rest = Math.max(shortest, Math.min(rest, left));
          break;
        }
        if ((await this.#due.doDue()) === 0) {
          rest = TAKEN_MILLISECONDS;
          break;
        }
        shortest = TOGETHER_MILLISECONDS;
      }
    } catch (error) {
      this.#log.warn({ error: messageOf(error) }, `${this.#due.name} not looked at; tried again`);
    }
    this.#lookIn(Math.ceil(rest));
  }
}
