import { Coalescer } from "../../src/batching/coalescer.ts";
import { failpoint } from "../../src/failpoints.ts";
import { type CompletedEvent, completedEvent, type Triggered } from "../../src/schemas/runs/event.ts";
import { keyOf, nameOfRun, type RunKey } from "../../src/schemas/runs/run.ts";
import type { Progress, Saved } from "../../src/storage/port.ts";
import type { Definitions } from "../definitions/definitions.ts";
import type { Reaches } from "../definitions/reach.ts";
import type { Advanced } from "../execution/port.ts";
import type { Holdings } from "../holding/holdings.ts";
import type { RunSpans } from "../tracing/run-spans.ts";
import { RunTrace } from "../tracing/run-trace.ts";
import type { PureExecution } from "./pure.ts";
import { progressOf, type Unclaimed, UnclaimedLookup, type UnclaimedLookupOptions } from "./unclaimed-lookup.ts";

/** What is late is claimed, and executed again. */
const LIMIT_MILLISECONDS = 1000;

export interface UnclaimedRunsOptions extends UnclaimedLookupOptions {
  /** Called when a run sleeps until a time, milliseconds since the epoch. */
  onGivenBack(dueAt: number): void;
  /** Called when the end of a run is stored, with when it began. */
  onEnded(event: CompletedEvent, startedAt: number): void;
}

/** How far a run came. */
interface Came {
  run: Unclaimed;
  progress: Progress;
}

/**
 * Executes runs that messages name without claiming them, up to their end or first sleep, where no effect comes before that: what
 * a claim would write is written with what they came to. If another worker claims one first, the write is rejected.
 */
export class UnclaimedRuns {
  readonly #options: UnclaimedRunsOptions;
  readonly #lookup: UnclaimedLookup;
  readonly #holdings: Holdings;
  readonly #pure: PureExecution;
  readonly #spans: RunSpans;
  readonly #saves: Coalescer<Progress, Saved>;

  constructor(
    options: UnclaimedRunsOptions,
    parts: { definitions: Definitions; holdings: Holdings; pure: PureExecution; reaches: Reaches; spans: RunSpans },
  ) {
    this.#options = options;
    this.#lookup = new UnclaimedLookup(options, parts);
    this.#holdings = parts.holdings;
    this.#pure = parts.pure;
    this.#spans = parts.spans;
    this.#saves = new Coalescer({
      name: "unclaimed_progress",
      clock: options.clock,
      flushes: options.storage.batchesAtOnce,
      flush: (items) => options.storage.saveProgress(items),
      sizeOf: ({ told, entries, next }) => {
        const written = (entries?.length ?? 0) + (next.kind === "end" ? next.stepResults.length : 0);
        return 300 + written + (told?.payload?.length ?? 0);
      },
    });
  }

  /**
   * Takes those of the runs as far as they go for which that is the way; gives the others that may be new, which are to be
   * claimed.
   *
   * @throws what the storage throws
   */
  async advance(triggered: Triggered[]): Promise<RunKey[]> {
    const all = triggered.map(keyOf);
    const likely = triggered.filter((message) => this.#lookup.isFit(message));
    if (likely.length === 0) return all;
    // Room is kept while work is under way.
    const release = this.#holdings.reserve("message", likely.length);
    try {
      const { unclaimed, taken } = await this.#lookup.find(likely);
      const done = new Set([...taken, ...(await this.#advance(unclaimed))].map(nameOfRun));
      return all.filter((run) => !done.has(nameOfRun(run)));
    } finally {
      release();
    }
  }

  /** Takes runs as far as they go; gives those that came somewhere. @throws what the storage throws */
  async #advance(runs: Unclaimed[]): Promise<RunKey[]> {
    const { onGivenBack, onEnded } = this.#options;
    const fit = runs.filter(({ definition }) => this.#pure.isFit(definition));
    const results = await this.#pure.execute(fit, LIMIT_MILLISECONDS);
    const came = fit.flatMap((run, index) => this.#cameTo(run, results[index] ?? null));
    if (came.length === 0) return [];
    const outcomes = await Promise.all(came.map(({ progress }) => this.#saves.add(progress)));
    failpoint(came.some(({ progress }) => progress.next.kind === "end") ? "end_saved" : "progress_saved");
    const saved = came.filter((_, index) => outcomes[index]?.kind === "ok");
    const missed = came.filter(({ run }, index) => run.told !== undefined && outcomes[index]?.kind !== "ok").length;
    if (missed > 0) this.#lookup.missed(missed);
    for (const { run, progress } of saved) {
      const { next, entries } = progress;
      if (run.traceparent !== null) this.#spans.stored(RunTrace.of(run, entries ?? "[]"), next);
      if (next.kind === "due" && next.dueAt !== null) onGivenBack(next.dueAt);
      else if (next.kind === "end") onEnded(completedEvent(run, next), run.startedAt);
    }
    return saved.map(({ run }) => run);
  }

  /** None for a run that has to be claimed. */
  #cameTo(run: Unclaimed, advanced: Advanced | null): Came[] {
    // A run that starts others is held when it does: they are stored with its checkpoint.
    if (advanced === null || advanced.children !== undefined) return [];
    const { entries, next } = advanced;
    if (next.kind === "end") return [{ run, progress: progressOf(run, next, entries) }];
    if (next.kind !== "wait" || next.ready.length > 0 || next.wakeAt === null) return [];
    return [{ run, progress: progressOf(run, { kind: "due", dueAt: next.wakeAt }, entries) }];
  }
}
