import { Coalescer } from "../../src/batching/coalescer.ts";
import { messageOf } from "../../src/errors.ts";
import { failpoint } from "../../src/failpoints.ts";
import { type CompletedEvent, completedEvent, type Triggered } from "../../src/schemas/event.ts";
import { joinLogs } from "../../src/schemas/log.ts";
import { keyOf, nameOfRun, type RunKey } from "../../src/schemas/run.ts";
import type { Shortcut } from "../../src/shortcuts.ts";
import type { Next, Outcome, Progress } from "../../src/storage/port.ts";
import type { Definitions } from "../definitions/definitions.ts";
import type { Reaches } from "../definitions/reach.ts";
import type { Advanced } from "../execution/port.ts";
import type { Origin } from "../holding/held-run.ts";
import type { Holdings } from "../holding/holdings.ts";
import type { PureExecution } from "./pure.ts";
import { ShortSleeps } from "./short-sleeps.ts";
import { progressOf, type Unclaimed, UnclaimedLookup, type UnclaimedLookupOptions } from "./unclaimed-lookup.ts";

/** What is late is claimed, and executed again. */
const LIMIT_MILLISECONDS = 1000;
/** How long a run whose sleep is over is left to the worker that remembers it, before any other takes it. */
const GRACE_MILLISECONDS = 2000;

export interface UnclaimedRunsOptions extends UnclaimedLookupOptions {
  /** Those that are on. */
  shortcuts: ReadonlySet<Shortcut>;
  /** Called when a run sleeps until a time, milliseconds since the epoch. */
  onGivenBack(dueAt: number): void;
  /** Called when the end of a run is stored. */
  onEnded(event: CompletedEvent): void;
}

interface Asleep extends Unclaimed {
  wakeAt: number;
}

/** How far a run came, and what it is remembered as until it wakes; null where it ended, or is left to the sweepers. */
interface Came {
  run: Unclaimed;
  entries: string | null;
  next: Next;
  asleep: Asleep | null;
}

/**
 * Executes runs that messages name without claiming them, through their sleeps as long as these are short, where no effect
 * comes before that: what a claim would write is written with what they came to. If another worker claims one first,
 * the write is rejected.
 */
export class UnclaimedRuns {
  readonly #options: UnclaimedRunsOptions;
  readonly #lookup: UnclaimedLookup;
  readonly #holdings: Holdings;
  readonly #pure: PureExecution;
  readonly #reaches: Reaches;
  readonly #shortSleeps: ShortSleeps<Asleep>;
  readonly #woken: Coalescer<Unclaimed, true>;
  readonly #saves: Coalescer<Progress, Outcome<null>>;
  readonly #waking = new Set<Promise<unknown>>();
  #stopped = false;

  constructor(
    options: UnclaimedRunsOptions,
    parts: { definitions: Definitions; holdings: Holdings; pure: PureExecution; reaches: Reaches },
  ) {
    this.#options = options;
    this.#lookup = new UnclaimedLookup(options, parts);
    this.#holdings = parts.holdings;
    this.#pure = parts.pure;
    this.#reaches = parts.reaches;
    this.#shortSleeps = new ShortSleeps(options.clock, (runs) => this.#wake(runs));
    this.#saves = new Coalescer({
      clock: options.clock,
      flushes: options.storage.batchesAtOnce,
      flush: (items) => options.storage.saveProgress(items),
      sizeOf: ({ told, entries, next }) => {
        const written = (entries?.length ?? 0) + (next.kind === "end" ? next.stepResults.length : 0);
        return 300 + written + (told?.payload?.length ?? 0);
      },
    });
    this.#woken = new Coalescer({
      clock: options.clock,
      flushes: 1,
      sizeOf: ({ payload, log }) => 200 + payload.length + log.length,
      flush: async (runs) => {
        await this.#reserved("due", runs.length, () => this.#advance(runs));
        return runs.map(() => true);
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
    const done = await this.#reserved("message", likely.length, async () => {
      const { unclaimed, taken } = await this.#lookup.find(likely);
      return new Set([...taken, ...(await this.#advance(unclaimed))].map(nameOfRun));
    });
    return all.filter((run) => !done.has(nameOfRun(run)));
  }

  /** Lets runs that are awake come as far as they go, and gives back those that sleep. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#waking);
    const asleep = this.#shortSleeps.takeAll();
    if (asleep.length === 0) return;
    const { storage, log } = this.#options;
    try {
      const due = asleep.map((run) => progressOf(run, { kind: "due", dueAt: run.wakeAt }));
      await storage.saveProgress(due);
    } catch (error) {
      log.warn(
        { error: messageOf(error), runs: asleep.length },
        "sleeping runs not given back; they wake a moment late",
      );
    }
  }

  #wake(runs: Unclaimed[]): void {
    for (const run of runs) {
      const waking = this.#woken
        .add(run)
        .catch((error: unknown) => {
          this.#options.log.debug({ run_id: run.uuid, error: messageOf(error) }, "woken run left to the sweepers");
        })
        .finally(() => this.#waking.delete(waking));
      this.#waking.add(waking);
    }
  }

  /** Takes runs as far as they go; gives those that came somewhere. @throws what the storage throws */
  async #advance(runs: Unclaimed[]): Promise<RunKey[]> {
    const { onGivenBack, onEnded } = this.#options;
    const fit = runs.filter(({ definition }) => this.#pure.isFit(definition));
    const results = await this.#pure.execute(fit, LIMIT_MILLISECONDS);
    const came = fit.flatMap((run, index) => this.#cameTo(run, results[index] ?? null));
    if (came.length === 0) return [];
    const outcomes = await Promise.all(
      came.map(({ run, entries, next }) => this.#saves.add(progressOf(run, next, entries))),
    );
    failpoint(came.some(({ next }) => next.kind === "end") ? "end_saved" : "progress_saved");
    const saved = came.filter((_, index) => outcomes[index]?.kind === "ok");
    const missed = came.filter(({ run }, index) => run.told !== undefined && outcomes[index]?.kind !== "ok").length;
    if (missed > 0) this.#lookup.missed(missed);
    for (const { run, next, asleep } of saved) {
      if (asleep !== null) this.#shortSleeps.add(asleep);
      else if (next.kind === "due") onGivenBack(next.dueAt);
      else if (next.kind === "end") onEnded(completedEvent(run, next));
    }
    return saved.map(({ run }) => run);
  }

  /** None for a run that has to be claimed. */
  #cameTo(run: Unclaimed, advanced: Advanced | null): Came[] {
    const entries = advanced === null || advanced.entries === "[]" ? null : advanced.entries;
    if (advanced?.next.kind === "end") return [{ run, entries, next: advanced.next, asleep: null }];
    if (advanced?.next.kind !== "wait" || advanced.next.ready.length > 0 || advanced.next.wakeAt === null) return [];
    const { wakeAt } = advanced.next;
    const log = joinLogs(run.log, advanced.entries);
    const logLength = run.logLength + (entries === null ? 0 : 1);
    const asleep = this.#mayRemember(run, wakeAt) ? { ...run, told: undefined, log, logLength, wakeAt } : null;
    const dueAt = asleep === null ? wakeAt : wakeAt + GRACE_MILLISECONDS;
    return [{ run, entries, next: { kind: "due", dueAt }, asleep }];
  }

  /** Not before an effect: that takes a lease, and to claim it then is to write it once more. */
  #mayRemember({ definition, steps }: Unclaimed, wakeAt: number): boolean {
    if (!this.#options.shortcuts.has("short_sleeps")) return false;
    return !this.#stopped && this.#shortSleeps.hasRoom(wakeAt) && !this.#reaches.of(definition, steps).effects;
  }

  /** Keeps room while work is under way. */
  async #reserved<Value>(origin: Origin, count: number, work: () => Promise<Value>): Promise<Value> {
    const release = this.#holdings.reserve(origin, count);
    try {
      return await work();
    } finally {
      release();
    }
  }
}
