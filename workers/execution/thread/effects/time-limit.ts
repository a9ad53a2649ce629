import type { Signal } from "../../../webhook/port.ts";

/** Made once: a stack for each webhook would cost time, and is not used. */
const OVER = new Error("The time is over");

/** Aborts after a time, which can be stopped while the platform itself delays the work. */
export class TimeLimit implements Signal {
  readonly reason = OVER;
  readonly #listeners: (() => void)[] = [];
  #aborted = false;
  #left: number;
  #startedAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(milliseconds: number) {
    this.#left = milliseconds;
    this.go();
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  /** Called once, when the time is over. */
  addEventListener(_type: "abort", listener: () => void): void {
    this.#listeners.push(listener);
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    const at = this.#listeners.indexOf(listener);
    if (at >= 0) this.#listeners.splice(at, 1);
  }

  /** The time counts from now on. */
  go(): void {
    this.#startedAt = performance.now();
    this.#timer = setTimeout(() => this.end(), this.#left);
  }

  /** Stops the time until `go`. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#left = Math.max(0, this.#left - (performance.now() - this.#startedAt));
  }

  /** Ends the time at once. */
  end(): void {
    this.stop();
    this.#aborted = true;
    for (const listener of [...this.#listeners]) listener();
  }
}
