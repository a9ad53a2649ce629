import type { Clock } from "../src/clock.ts";

/** How long the runs of a definition keep apart from others after a thread was lost under one of them. */
const APART_MILLISECONDS = 600_000;
const MAX_DEFINITIONS = 1000;

/** Definitions under which a thread was lost lately: their runs keep to themselves, so that nobody else waits for them. */
export class SuspectDefinitions {
  readonly #clock: Clock;
  /** Until when, on the monotonic clock, by definition key; the latest last. */
  readonly #until = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(definition: string): void {
    this.#until.delete(definition);
    if (this.#until.size >= MAX_DEFINITIONS) this.#until.delete(this.#until.keys().next().value ?? "");
    this.#until.set(definition, this.#clock.monotonic() + APART_MILLISECONDS);
  }

  has(definition: string): boolean {
    return (this.#until.get(definition) ?? 0) > this.#clock.monotonic();
  }
}
