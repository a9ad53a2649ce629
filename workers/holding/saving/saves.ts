import type { Logger } from "pino";
import { Coalescer } from "../../../src/batching/coalescer.ts";
import type { Clock } from "../../../src/clock.ts";
import { messageOf } from "../../../src/errors.ts";
import { onFailureRefused } from "../../../src/metrics/table.ts";
import { RareWarning } from "../../../src/rare-warning.ts";
import { type ChildRefusal, ON_FAILURE } from "../../../src/schemas/runs/child.ts";
import type { Outcome, Progress, Saved, Storage, VersionKey } from "../../../src/storage/port.ts";
import type { Definitions } from "../../definitions/definitions.ts";
import { namesOf } from "../../tracing/names.ts";
import type { RunSpans } from "../../tracing/run-spans.ts";
import type { HeldRun } from "../held-run.ts";
import type { Holdings } from "../holdings.ts";
import { NewChildren } from "./new-children.ts";

const RETRY_MILLISECONDS = 200;
/** What is refused so often in a row will not be stored. */
const MAX_REFUSALS = 5;

export interface SavesOptions {
  storage: Storage;
  clock: Clock;
  log: Logger;
  /** Called when runs are stored that wait for their turn. */
  onLinedUp(): void;
}

export interface SavesParts {
  definitions: Definitions;
  holdings: Holdings;
  spans: RunSpans;
}

/** Writes the progress of held runs, in batches. */
export class Saves {
  readonly #options: SavesOptions;
  readonly #parts: SavesParts;
  readonly #writes: Coalescer<Progress, Saved>;
  readonly #children: NewChildren;
  readonly #discarded: RareWarning;
  readonly #delayed: RareWarning;
  #isClosed = false;

  constructor(options: SavesOptions, parts: SavesParts) {
    const { storage, clock, log } = options;
    this.#options = options;
    this.#parts = parts;
    this.#discarded = new RareWarning(log, clock, "progress discarded: the lease is over");
    this.#delayed = new RareWarning(log, clock, "progress not written; tried again");
    this.#children = new NewChildren(parts.definitions);
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
   * Writes the progress of a run; while the storage is out it tries again until the lease is over, and a few times where it refuses.
   * Resolves with null where the run is not held any more, or `close` was called: the outcome of the write is not known then.
   */
  async write(held: HeldRun, progress: Progress): Promise<Outcome<ChildRefusal | null> | null> {
    const { clock } = this.#options;
    const { holdings } = this.#parts;
    const told = new Map<string, VersionKey>();
    for (let refusals = 0; ; ) {
      try {
        const made = progress.children === undefined ? progress : await this.#children.made(progress, told);
        const outcome = await this.#writes.add(made);
        if (outcome.kind === "unprepared") {
          this.#children.learn(progress, outcome.children, told);
          continue;
        }
        if (outcome.kind === "ok") this.#stored(held, made, outcome.value);
        if (outcome.kind !== "error" || ++refusals === MAX_REFUSALS) return outcome;
        this.#delayed.say({ ...namesOf(held), error: outcome.reason });
      } catch (error) {
        if (clock.monotonic() >= held.leaseUntil) {
          this.#discarded.say({ ...namesOf(held), error: messageOf(error) });
          holdings.forget(held);
          return null;
        }
        this.#delayed.say({ ...namesOf(held), error: messageOf(error) });
      }
      if (this.#isClosed) return null;
      await new Promise<void>((resolve) => clock.timer(RETRY_MILLISECONDS, resolve));
      if (!holdings.has(held)) return null;
    }
  }

  #stored(held: HeldRun, { children = [], next }: Progress, refused: ChildRefusal | null): void {
    this.#parts.spans.stored(held.trace, next);
    if (children.some(({ turn }) => turn !== undefined)) this.#options.onLinedUp();
    if (refused === null) return;
    onFailureRefused.of({ reason: refused }).add();
    const child = children.find(({ path }) => path === ON_FAILURE);
    const why = { workflow: child?.workflow, reason: refused, faults: child?.faults };
    this.#options.log.warn({ ...namesOf(held), ...why }, "the run that is to be told of a failure was not started");
  }

  /** Every write is tried once from now on. */
  close(): void {
    this.#isClosed = true;
  }
}
