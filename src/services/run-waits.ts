import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import { messageOf } from "../errors.ts";
import type { RunEnds } from "../run-ends.ts";
import { nameOfRun, type RunKey } from "../schemas/runs/run.ts";
import type { Storage } from "../storage/port.ts";
import { Places } from "./places.ts";

/** Requests that wait for runs at once. Each is a connection, and a row that every look reads. */
export const MOST_WAITING = 1000;
/** Between two looks at runs that other processes may end, and so much more for each that is waited for. */
const LOOK_MILLISECONDS = 25;
const MORE_MILLISECONDS = 0.1;
/** After a look that failed. */
const FAILED_MILLISECONDS = 500;

export interface RunWaitsOptions {
  storage: Pick<Storage, "endedRuns">;
  /** What workers of this process tell. */
  ends: RunEnds;
  clock: Clock;
  log: Logger;
}

/** A place that a request has while it waits. */
export interface WaitingPlace {
  /**
   * Resolves when a run has ended, when the time (milliseconds) is over, when the signal says that nobody waits any more, or when the
   * process stops. What the run came to is for the caller to read.
   */
  until(run: RunKey, milliseconds: number, gone: AbortSignal): Promise<void>;
  /** Gives the place back. */
  leave(): void;
}

/**
 * Waits for the ends of runs: told of those that this process ends, and with one look for all others, since no connection through a
 * pooler could be told of them.
 */
export class RunWaits {
  readonly #options: RunWaitsOptions;
  /** What resolves those that wait, by the names of their runs. */
  readonly #waiting = new Map<string, { run: RunKey; wake: Set<() => void> }>();
  readonly #places = new Places(MOST_WAITING, "too_many_waiting");
  #fresh: RunKey[] = [];
  #isLooking = false;
  #cancelLook: () => void = () => {};
  #isStopped = false;

  constructor(options: RunWaitsOptions) {
    this.#options = options;
    options.ends.listen((run) => {
      if (this.#waiting.size > 0) this.#wake(nameOfRun(run));
    });
  }

  /** Takes a place, which has to be given back. @throws PlatformError too_many_waiting */
  enter(): WaitingPlace {
    const leave = this.#places.take();
    return { until: (run, milliseconds, gone) => this.#until(run, milliseconds, gone), leave };
  }

  /** Has nobody wait any longer. */
  stop(): void {
    this.#isStopped = true;
    this.#cancelLook();
    for (const name of [...this.#waiting.keys()]) this.#wake(name);
  }

  async #until(run: RunKey, milliseconds: number, gone: AbortSignal): Promise<void> {
    if (milliseconds === 0 || gone.aborted || this.#isStopped) return;
    const name = nameOfRun(run);
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting = this.#waiting.get(name) ?? { run, wake: new Set() };
    waiting.wake.add(resolve);
    this.#waiting.set(name, waiting);
    const cancelTimer = this.#options.clock.timer(milliseconds, resolve);
    gone.addEventListener("abort", () => resolve(), { once: true });
    this.#lookSoon(run);
    this.#lookOften();
    await promise;
    cancelTimer();
    waiting.wake.delete(resolve);
    if (waiting.wake.size === 0 && this.#waiting.get(name) === waiting) this.#waiting.delete(name);
  }

  #wake(name: string): void {
    const waiting = this.#waiting.get(name);
    if (waiting === undefined) return;
    this.#waiting.delete(name);
    for (const wake of waiting.wake) wake();
  }

  /** Looks at a run that may have ended before somebody waited for it, with those that come in the same turn. */
  #lookSoon(run: RunKey): void {
    this.#fresh.push(run);
    if (this.#fresh.length > 1) return;
    this.#options.clock.nextTurn(() => {
      const fresh = this.#fresh;
      this.#fresh = [];
      void this.#look(fresh);
    });
  }

  /** Looks at all of them again and again, for as long as somebody waits. */
  #lookOften(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    let rest = LOOK_MILLISECONDS;
    const next = () => {
      this.#cancelLook = this.#options.clock.timer(rest, async () => {
        const runs = [...this.#waiting.values()].map(({ run }) => run);
        if (runs.length === 0) this.#isLooking = false;
        else {
          rest = (await this.#look(runs)) ? LOOK_MILLISECONDS + runs.length * MORE_MILLISECONDS : FAILED_MILLISECONDS;
          next();
        }
      });
    };
    next();
  }

  /** Wakes those whose runs have ended. False if that can't be known now. */
  async #look(runs: RunKey[]): Promise<boolean> {
    const { storage, log } = this.#options;
    try {
      for (const run of await storage.endedRuns(runs)) this.#wake(nameOfRun(run));
      return true;
    } catch (error) {
      log.debug({ error: messageOf(error) }, "not known which runs have ended; asked again");
      return false;
    }
  }
}
