import type { RunKey } from "./schemas/runs/run.ts";

/** The ends of runs that workers of this process have stored, for whoever waits for them here. */
export class RunEnds {
  #listener: (run: RunKey) => void = () => {};

  /** Names the one listener. */
  listen(listener: (run: RunKey) => void): void {
    this.#listener = listener;
  }

  /** The end of a run is stored. */
  tell(run: RunKey): void {
    this.#listener(run);
  }
}
