import type { Clock } from "../src/clock.ts";
import type { HeldRun } from "./held.ts";
import { ReadyRuns } from "./ready.ts";

export interface EffectsOptions {
  clock: Clock;
  /** Effects under way at once. */
  maxEffects: number;
}

/** Places for effects: those that are ready in one turn are started together, the others wait for a place. */
export class Effects {
  readonly #maxEffects: number;
  readonly #execute: (batch: HeldRun[]) => Promise<void>;
  readonly #start: (held: HeldRun) => void;
  readonly #ready: ReadyRuns;
  #underWay = 0;
  /** Runs whose effect waits until another one is over. */
  #waiting: HeldRun[] = [];

  /**
   * `execute` executes the effects of a batch, and calls `end` for each; `start` is asked again for a run that has waited, since
   * much may have become of it meanwhile.
   */
  constructor(
    { clock, maxEffects }: EffectsOptions,
    execute: (batch: HeldRun[]) => Promise<void>,
    start: (held: HeldRun) => void,
  ) {
    this.#maxEffects = maxEffects;
    this.#execute = execute;
    this.#start = start;
    // Each of its runs has a place already.
    this.#ready = new ReadyRuns({ clock, maxBatches: maxEffects }, execute);
  }

  /** Gives a run a place, now or when there is one. */
  add(held: HeldRun): void {
    if (this.#underWay >= this.#maxEffects) {
      this.#waiting.push(held);
      return;
    }
    this.#underWay++;
    if (held.suspect) this.#execute([held]);
    else this.#ready.add(held);
  }

  /** An effect is over: its place is another's. */
  end(): void {
    this.#underWay--;
    while (this.#underWay < this.#maxEffects) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#start(next);
    }
  }

  /** Takes all whose effect has not been started. */
  takeAll(): HeldRun[] {
    return [...this.#ready.takeAll(), ...this.#waiting.splice(0)];
  }
}
