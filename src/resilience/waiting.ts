import type { Clock } from "../clock.ts";

/**
 * The result of the work, or a rejection with the error that `late` makes once it takes too long. The work itself goes on. The
 * error is made only then, since its stack costs more than the timer.
 */
export async function within<Value>(
  clock: Clock,
  milliseconds: number,
  work: Promise<Value>,
  late: () => Error,
): Promise<Value> {
  let cancel = () => {};
  const limit = new Promise<never>((_, reject) => {
    cancel = clock.timer(milliseconds, () => reject(late()));
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    cancel();
  }
}

/** Resolves once a signal is aborted. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** Resolves after so many milliseconds, or once the signal is aborted. */
export function pause(clock: Clock, milliseconds: number, hurry: AbortSignal): Promise<void> {
  return Promise.race([new Promise<void>((resolve) => clock.timer(milliseconds, resolve)), aborted(hurry)]);
}

/** The pauses of one loop, one at a time: each ends after its time, or when the loop is woken. */
export class Rest {
  readonly #clock: Clock;
  #wake: () => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  take(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#clock.timer(milliseconds, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }

  wake(): void {
    this.#wake();
  }
}

/** The times between attempts: doubled after each failure up to the longest, back to the first after a success. */
export class Backoff {
  readonly #first: number;
  readonly #longest: number;
  #next: number;

  constructor(first: number, longest: number) {
    this.#first = first;
    this.#longest = longest;
    this.#next = first;
  }

  /** How many milliseconds to wait after one more failure. */
  next(): number {
    const next = this.#next;
    this.#next = Math.min(next * 2, this.#longest);
    return next;
  }

  reset(): void {
    this.#next = this.#first;
  }

  /** Whether the last attempt failed. */
  get failing(): boolean {
    return this.#next > this.#first;
  }
}
