import type { Advanced } from "../execution/port.ts";

/** The reports of a thread about one run, in the order in which they were made. */
export class Reports {
  readonly #take: (advanced: Advanced) => void;
  /** Reports that were taken. */
  #told = 0;
  /** Reports that came before an earlier one. */
  readonly #early = new Map<number, Advanced>();

  constructor(take: (advanced: Advanced) => void) {
    this.#take = take;
  }

  /** Whether one that was made before others is on its way. */
  get areMissing(): boolean {
    return this.#early.size > 0;
  }

  add(advanced: Advanced): void {
    this.#early.set(advanced.seq, advanced);
    for (let next = this.#early.get(this.#told); next !== undefined; next = this.#early.get(this.#told)) {
      this.#early.delete(this.#told++);
      this.#take(next);
    }
  }

  /** The thread is gone: those of the next begin anew. */
  clear(): void {
    this.#told = 0;
    this.#early.clear();
  }
}
