import type { Clock } from "../../clock.ts";

const HOLDS_MILLISECONDS = 60_000;

/** What goes wrong while the brokers answer, by name: for a minute after it happened last, or until it is over. */
export class Troubles {
  readonly #clock: Clock;
  readonly #until = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  note(what: string): void {
    this.#until.set(what, this.#clock.monotonic() + HOLDS_MILLISECONDS);
  }

  over(what: string): void {
    this.#until.delete(what);
  }

  /** Whether there are any. */
  any(): boolean {
    const now = this.#clock.monotonic();
    return [...this.#until.values()].some((until) => until > now);
  }
}
