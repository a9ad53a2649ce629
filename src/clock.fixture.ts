/** A clock for tests. */
import type { Clock } from "./clock.ts";

/** A clock that moves, and turns the event loop, only when it is told to. */
export class HandClock implements Clock {
  time = 0;
  timers = 0;
  /** The time of the last timer, milliseconds. */
  lastTimer = 0;
  #timers: (() => void)[] = [];
  #turns: (() => void)[] = [];

  now = () => this.time;
  monotonic = () => this.time;
  timer = (milliseconds: number, callback: () => void) => {
    this.timers++;
    this.lastTimer = milliseconds;
    this.#timers.push(callback);
    return () => {
      this.#timers = this.#timers.filter((timer) => timer !== callback);
    };
  };
  nextTurn = (callback: () => void) => {
    this.#turns.push(callback);
  };

  get pendingTurns(): number {
    return this.#turns.length;
  }

  /** The time of every timer has come. */
  ring(): void {
    const timers = this.#timers;
    this.#timers = [];
    for (const callback of timers) callback();
  }

  turn(): void {
    const turns = this.#turns;
    this.#turns = [];
    for (const callback of turns) callback();
  }
}

/** Lets every promise that is ready go on. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}
