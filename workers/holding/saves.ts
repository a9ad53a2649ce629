import type { Logger } from "pino";
import { Coalescer } from "../../src/batching/coalescer.ts";
import type { Clock } from "../../src/clock.ts";
import { messageOf } from "../../src/errors.ts";
import type { Outcome, Progress, Storage } from "../../src/storage/port.ts";
import type { HeldRun } from "./held-run.ts";
import type { Holdings } from "./holdings.ts";

const RETRY_MILLISECONDS = 200;

export interface SavesOptions {
  storage: Storage;
  clock: Clock;
  log: Logger;
}

/** Writes the progress of held runs, in batches. */
export class Saves {
  readonly #options: SavesOptions;
  readonly #holdings: Holdings;
  readonly #writes: Coalescer<Progress, Outcome<null>>;
  #isClosed = false;

  constructor(options: SavesOptions, holdings: Holdings) {
    const { storage, clock } = options;
    this.#options = options;
    this.#holdings = holdings;
    this.#writes = new Coalescer({
      name: "progress",
      clock,
      flushes: storage.batchesAtOnce,
      flush: (items) => storage.saveProgress(items),
      sizeOf: ({ entries, next }) => 200 + (entries?.length ?? 0) + (next.kind === "end" ? next.stepResults.length : 0),
    });
  }

  /**
   * Writes the progress of a run; while the storage is out it tries again until the lease is over. Resolves with null where the
   * run is not held any more, or `close` was called: the outcome of the write is not known then.
   */
  async write(held: HeldRun, progress: Progress): Promise<Outcome<null> | null> {
    const { clock, log } = this.#options;
    for (;;) {
      try {
        return await this.#writes.add(progress);
      } catch (error) {
        if (clock.monotonic() >= held.leaseUntil) {
          log.warn({ run_id: held.run.uuid, error: messageOf(error) }, "progress discarded: the lease is over");
          this.#holdings.forget(held);
          return null;
        }
      }
      if (this.#isClosed) return null;
      await new Promise<void>((resolve) => clock.timer(RETRY_MILLISECONDS, resolve));
      if (!this.#holdings.has(held)) return null;
    }
  }

  /** Every write is tried once from now on. */
  close(): void {
    this.#isClosed = true;
  }
}
