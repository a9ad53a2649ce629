import type { Logger } from "pino";
import type { Clock } from "../../clock.ts";
import { messageOf } from "../../errors.ts";
import type { Schedules } from "../../storage/port.ts";
import type { Firing } from "./firing.ts";

/** It looks again after this time at the latest, since other processes make schedules too. */
const REST_MILLISECONDS = 1000;
/** While others have what is due. */
const TAKEN_MILLISECONDS = 50;

/** Fires the ticks of schedules when their time comes: every process does, and none waits for another. */
export class Scheduler {
  readonly #schedules: Schedules;
  readonly #firing: Pick<Firing, "fireDue">;
  readonly #clock: Clock;
  readonly #log: Logger;
  #underWay: Promise<void> = Promise.resolve();
  #cancelTimer: () => void = () => {};
  #isStopped = false;

  constructor(schedules: Schedules, firing: Pick<Firing, "fireDue">, clock: Clock, log: Logger) {
    this.#schedules = schedules;
    this.#firing = firing;
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
    try {
      while (!this.#isStopped) {
        const dueAt = await this.#schedules.nextDue();
        const left = dueAt === null ? rest : dueAt - this.#clock.now();
        if (left > 0) {
          rest = Math.min(rest, left);
          break;
        }
        if ((await this.#firing.fireDue()) > 0) continue;
        rest = TAKEN_MILLISECONDS;
        break;
      }
    } catch (error) {
      this.#log.warn({ error: messageOf(error) }, "schedules not looked at; tried again");
    }
    this.#lookIn(Math.ceil(rest));
  }
}
