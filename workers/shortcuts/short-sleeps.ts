import type { Clock } from "../../src/clock.ts";

const LONGEST_MILLISECONDS = 10_000;
const MAX_RUNS = 10_000;
const MAX_BYTES = 16 * 1024 * 1024;
/** Wake-ups this close to each other are one, the later. */
const APART_MILLISECONDS = 20;

/** A run that sleeps, whatever else is known of it. */
export interface Sleeper {
  /** Milliseconds since the epoch. */
  wakeAt: number;
  payload: string;
  log: string;
}

/**
 * Runs that this worker put to sleep for a short while, remembered until they wake. Whether one still sleeps then is for
 * the storage to say: nothing is lost with this memory.
 */
export class ShortSleeps<Run extends Sleeper> {
  readonly #clock: Clock;
  readonly #wake: (runs: Run[]) => void;
  /** By the moment at which they wake, in units of APART_MILLISECONDS. */
  readonly #asleep = new Map<number, Run[]>();
  #count = 0;
  #bytes = 0;

  /** `wake` is given runs whose sleep is over. */
  constructor(clock: Clock, wake: (runs: Run[]) => void) {
    this.#clock = clock;
    this.#wake = wake;
  }

  /** Whether one that sleeps until then, milliseconds since the epoch, can be remembered. */
  hasRoom(wakeAt: number): boolean {
    return wakeAt - this.#clock.now() <= LONGEST_MILLISECONDS && this.#count < MAX_RUNS && this.#bytes < MAX_BYTES;
  }

  add(run: Run): void {
    const moment = Math.ceil(run.wakeAt / APART_MILLISECONDS);
    const runs = this.#asleep.get(moment);
    this.#count++;
    this.#bytes += bytesOf(run);
    if (runs !== undefined) runs.push(run);
    else {
      this.#asleep.set(moment, [run]);
      this.#clock.timer(moment * APART_MILLISECONDS - this.#clock.now(), () => this.#awake(moment));
    }
  }

  /** Forgets all of them, and gives them. */
  takeAll(): Run[] {
    return [...this.#asleep.keys()].flatMap((moment) => this.#take(moment));
  }

  #awake(moment: number): void {
    const runs = this.#take(moment);
    if (runs.length > 0) this.#wake(runs);
  }

  #take(moment: number): Run[] {
    const runs = this.#asleep.get(moment) ?? [];
    this.#asleep.delete(moment);
    this.#count -= runs.length;
    this.#bytes -= runs.reduce((sum, run) => sum + bytesOf(run), 0);
    return runs;
  }
}

function bytesOf({ payload, log }: Sleeper): number {
  return payload.length + log.length;
}
