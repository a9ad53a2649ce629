import type { Logger } from "pino";
import { Coalescer } from "../../src/batching/coalescer.ts";
import type { Clock } from "../../src/clock.ts";
import { messageOf } from "../../src/errors.ts";
import type { Outcome, Progress, Storage } from "../../src/storage/port.ts";
import { namesOf } from "../tracing/names.ts";
import type { RunSpans } from "../tracing/run-spans.ts";
import type { HeldRun } from "./held-run.ts";
import type { Holdings } from "./holdings.ts";

const RETRY_MILLISECONDS = 200;

export interface SavesOptions {
  storage: Storage;
  clock: Clock;
  log: Logger;
}

export interface SavesParts {
  holdings: Holdings;
  spans: RunSpans;
}

/** Writes the progress of held runs, in batches. */
export class Saves {
  readonly #options: SavesOptions;
  readonly #parts: SavesParts;
  readonly #writes: Coalescer<Progress, Outcome<null>>;
  #isClosed = false;

  constructor(options: SavesOptions, parts: SavesParts) {
    const { storage, clock } = options;
    this.#options = options;
    this.#parts = parts;
    this.#writes = new Coalescer({
      name: "progress",
      clock,
      flushes: storage.batchesAtOnce,
      flush: (items) => storage.saveProgress(items),
      sizeOf: ({ entries, children = [], next }) =>
        200 +
        (entries?.length ?? 0) +
        children.reduce((sum, { payload }) => sum + payload.length, 0) +
        (next.kind === "end" ? next.stepResults.length : 0),
    });
  }

  /**
   * Writes the progress of a run; while the storage is out it tries again until the lease is over. Resolves with null where the
   * run is not held any more, or `close` was called: the outcome of the write is not known then.
   */
  async write(held: HeldRun, progress: Progress): Promise<Outcome<null> | null> {
    const { clock, log } = this.#options;
    const { holdings, spans } = this.#parts;
    for (;;) {
      try {
        const outcome = await this.#writes.add(progress);
        if (outcome.kind === "ok") spans.stored(held.trace, progress.next);
        return outcome;
      } catch (error) {
        if (clock.monotonic() >= held.leaseUntil) {
          log.warn({ ...namesOf(held), error: messageOf(error) }, "progress discarded: the lease is over");
          holdings.forget(held);
          return null;
        }
      }
      if (this.#isClosed) return null;
      await new Promise<void>((resolve) => clock.timer(RETRY_MILLISECONDS, resolve));
      if (!holdings.has(held)) return null;
    }
  }

  /** Every write is tried once from now on. */
  close(): void {
    this.#isClosed = true;
  }
}
