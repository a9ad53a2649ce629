import type { Logger } from "pino";
import type { Clock } from "../../src/clock.ts";
import { messageOf } from "../../src/errors.ts";
import { within } from "../../src/resilience/waiting.ts";
import { type Advanced, type Executor, type Pace, ThreadLost } from "../execution/port.ts";
import type { Suspects } from "../holding/suspects.ts";

const MAX_RUNS_PER_TASK = 128;
/** How often its limit an execution may take while no thread is slow. */
const LONGEST_WAIT = 10;
/** A thread that begins fewer runs in a millisecond on a CPU is slow: most runs take some 20 us. */
const SLOW_BEATS_PER_MILLISECOND = 1;
/**
 * After runs that were slow, or took their thread along, others go the usual way for so long: the first pause is short, and each
 * that follows soon is twice the one before.
 */
const SHORTEST_PAUSE_MILLISECONDS = 50;
const LONGEST_PAUSE_MILLISECONDS = 5000;
/** A pause that follows within so long is longer. */
const SOON_MILLISECONDS = 10_000;

/** The runs that were to be executed are not over in time. */
class Late extends Error {
  constructor() {
    super("late");
  }
}

export interface PureExecutionOptions {
  executor: Pick<Executor, "freest" | "paces" | "execute">;
  clock: Clock;
  log: Logger;
}

/** A run that no worker holds, of which nothing was executed. */
export interface PureRun {
  uuid: string;
  /** JSON text. */
  payload: string;
  /** Key of its definition. */
  definition: string;
  /** JSON text of that. */
  text: string;
}

/** Executes runs that no worker holds, up to an effect: their results can be dropped without loss. */
export class PureExecution {
  readonly #options: PureExecutionOptions;
  readonly #suspects: Suspects;
  #pausedUntil = Number.NEGATIVE_INFINITY;
  #pause = 0;

  constructor(options: PureExecutionOptions, suspects: Suspects) {
    this.#options = options;
    this.#suspects = suspects;
  }

  /** Whether runs of this definition may be executed so now: not after a thread was lost under one of them. */
  isFit(definition: string): boolean {
    return this.#options.clock.monotonic() >= this.#pausedUntil && !this.#suspects.has(definition);
  }

  /**
   * Executes the runs; progress in their order, null for each that has to be claimed.
   * @param milliseconds slow runs are given up after twice this time, others after ten times as long
   */
  async execute(runs: PureRun[], milliseconds: number): Promise<(Advanced | null)[]> {
    const { log } = this.#options;
    const results: (Advanced | null)[] = [];
    const tasks: Promise<void>[] = [];
    for (let at = 0; at < runs.length; at += MAX_RUNS_PER_TASK) {
      const task = this.#task(runs.slice(at, at + MAX_RUNS_PER_TASK));
      tasks.push(
        task.then((advanced) => {
          for (const [index, one] of advanced.entries()) results[at + index] = one;
        }),
      );
    }
    try {
      await this.#whileFast(Promise.all(tasks), milliseconds);
    } catch (error) {
      // Once it is claimed, a run under which threads are lost can be found and charged.
      if (!(error instanceof Late)) this.#pauseNow();
      log.debug({ error: messageOf(error), runs: runs.length }, "not executed unclaimed; the runs will be claimed");
    }
    return runs.map((_, index) => results[index] ?? null);
  }

  /**
   * Waits for work while no thread is slow. Where threads get no CPU, to claim the runs and execute them again would be more work, and
   * make a busy machine busier. @throws Late after the longest wait; Error where runs are slow
   */
  async #whileFast(work: Promise<unknown>, milliseconds: number): Promise<void> {
    const { clock, executor } = this.#options;
    let before: Pace[] | null = null;
    for (let limits = 1; ; limits++) {
      try {
        await within(clock, milliseconds, work, () => new Late());
        return;
      } catch (error) {
        if (!(error instanceof Late) || limits === LONGEST_WAIT) throw error;
        const paces = executor.paces();
        if (before !== null && isSlow(before, paces, milliseconds / 2)) throw new Error("slow", { cause: error });
        before ??= paces;
      }
    }
  }

  #pauseNow(): void {
    const now = this.#options.clock.monotonic();
    // Several batches may be late for one reason.
    if (now < this.#pausedUntil) return;
    const isSoon = now - this.#pausedUntil < SOON_MILLISECONDS;
    this.#pause = isSoon ? Math.min(this.#pause * 2, LONGEST_PAUSE_MILLISECONDS) : SHORTEST_PAUSE_MILLISECONDS;
    this.#pausedUntil = now + this.#pause;
  }

  async #task(runs: PureRun[]): Promise<(Advanced | null)[]> {
    const definitions = new Map(runs.map(({ definition, text }) => [definition, text]));
    const handed = runs.map(({ uuid, payload, definition }) => ({
      uuid,
      token: 0,
      definition,
      depth: 0,
      state: { payload, log: "[]", facts: null },
    }));
    const { executor } = this.#options;
    try {
      const results = await executor.execute({ thread: executor.freest(), runs: handed, definitions });
      return results.map((result) => (result.kind === "advanced" ? result.advanced : null));
    } catch (error) {
      // Noted here, since the callers may have stopped waiting.
      const guilty = error instanceof ThreadLost && error.guilty !== null ? runs[error.guilty] : undefined;
      if (guilty !== undefined) this.#suspects.add(guilty.definition);
      throw error;
    }
  }
}

/** Whether a thread began few runs for the time that it was on a CPU, if that is so long. */
function isSlow(before: Pace[], now: Pace[], atLeast: number): boolean {
  return now.some(({ beats, cpuMilliseconds }, index) => {
    const from = before[index] ?? { beats: 0, cpuMilliseconds: 0 };
    const used = cpuMilliseconds - from.cpuMilliseconds;
    // Where the kernel doesn't tell, what is late is slow.
    return !(used < atLeast) && !(beats - from.beats >= used * SLOW_BEATS_PER_MILLISECOND);
  });
}
