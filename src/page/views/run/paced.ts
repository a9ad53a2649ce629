/** The shortest time between two reads, in milliseconds; a slow one makes the next wait longer. */
const SHORTEST = 400;
const TIMES_AS_LONG = 4;

/** Reads again after something happened: at once, but however much happens, never without a pause. */
export class Paced {
  readonly #read: () => Promise<void>;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #nextAt = 0;
  #isReading = false;
  #isAskedAgain = false;

  constructor(read: () => Promise<void>) {
    this.#read = read;
  }

  ask(): void {
    // What happens while it is read may not be in what is read.
    if (this.#isReading) this.#isAskedAgain = true;
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#now(), Math.max(0, this.#nextAt - performance.now()));
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  async #now(): Promise<void> {
    const begun = performance.now();
    this.#isReading = true;
    await this.#read();
    this.#isReading = false;
    const took = performance.now() - begun;
    this.#nextAt = performance.now() + Math.max(SHORTEST, took * TIMES_AS_LONG);
    this.#timer = undefined;
    if (!this.#isAskedAgain) return;
    this.#isAskedAgain = false;
    this.ask();
  }
}
