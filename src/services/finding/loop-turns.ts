import type { Clock } from "../../clock.ts";

/** Turns of the event loop that are given out one by one: what each is waited for with has the thread to itself. */
export class LoopTurns {
  readonly #clock: Pick<Clock, "nextTurn">;
  readonly #waiting: (() => void)[] = [];

  constructor(clock: Pick<Clock, "nextTurn">) {
    this.#clock = clock;
  }

  /** Resolves in a turn that nobody else has, in the order of the calls. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#waiting.push(resolve) === 1) this.#give();
    });
  }

  #give(): void {
    this.#clock.nextTurn(() => {
      this.#waiting[0]?.();
      this.#waiting.shift();
      if (this.#waiting.length > 0) this.#give();
    });
  }
}
