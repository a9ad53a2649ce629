/** A signal that aborts after a time, in which the time that nobody but the platform is to blame for does not count. */
export class TimeLimit {
  readonly #controller = new AbortController();
  #left: number;
  #startedAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(milliseconds: number) {
    this.#left = milliseconds;
    this.go();
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The time counts from now on. */
  go(): void {
    this.#startedAt = performance.now();
    this.#timer = setTimeout(() => this.#controller.abort(new Error("The time is over")), this.#left);
  }

  /** The time stands still, for good where nobody lets it go on. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#left = Math.max(0, this.#left - (performance.now() - this.#startedAt));
  }
}
