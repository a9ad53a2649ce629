import { readFileSync } from "node:fs";
import type { Clock } from "../../src/clock.ts";
import { ThreadLost } from "./port.ts";
import { ProcessDied } from "./process/alone-process.ts";
import type { SharedProgress } from "./shared.ts";

const WATCH_MILLISECONDS = 50;
/**
 * Looks without a heartbeat until a thread is killed. They are counted, not timed, since the process may have been frozen; one at
 * which a thread waits for a CPU, and has got little of one since the last, counts for nothing.
 */
const LOOKS = { shared: 20, alone: 100 };
/**
 * A shared thread that was on a CPU for so long without a heartbeat loops, or is too slow for the others. Only its CPU time
 * counts: on a busy machine a healthy thread may get none for a while.
 */
const LOOP_MILLISECONDS = 150;
const LIMITS = {
  shared: `${LOOP_MILLISECONDS} ms on a CPU, or ${(LOOKS.shared * WATCH_MILLISECONDS) / 1000} s in all`,
  alone: `${(LOOKS.alone * WATCH_MILLISECONDS) / 1000} seconds`,
};

export type Company = keyof typeof LOOKS;

interface WatchdogOptions {
  company: Company;
  clock: Clock;
  progress: SharedProgress;
  /** The slots in use. */
  slots: ReadonlySet<number>;
  /** Ends a thread, by its id. */
  kill(threadId: number): void;
}

/** Kills a thread without a heartbeat. */
export class Watchdog {
  readonly #options: WatchdogOptions;
  /** Lanes with a task: their last beat, and since when there was no other. */
  readonly #beats = new Map<number, { beat: number; silence: Silence }>();
  readonly #looped = new Set<number>();
  #cancel: () => void = () => {};
  #isStopped = false;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#watch();
  }

  /** Why the thread that had this slot is gone, and under which run. */
  lossOf(slot: number, error: unknown): ThreadLost {
    const { progress, company } = this.#options;
    const lane = progress.laneOf(slot);
    const looped = lane !== null && this.#looped.has(lane);
    const died = error instanceof ProcessDied ? error.reason : "it exited";
    const reason = looped ? `it made no progress for ${LIMITS[company]}` : died;
    return new ThreadLost(progress.runOnCpu(slot), reason, !looped || company === "alone", error);
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel();
  }

  #watch(): void {
    if (this.#isStopped) return;
    const { company, progress, slots, clock } = this.#options;
    const busy = new Set<number>();
    for (const slot of slots) {
      const lane = progress.laneOf(slot);
      if (lane !== null) busy.add(lane);
    }
    for (const lane of this.#beats.keys()) if (!busy.has(lane)) this.#beats.delete(lane);
    for (const lane of this.#looped) if (!busy.has(lane)) this.#looped.delete(lane);
    for (const lane of busy) {
      const beat = progress.beats(lane);
      const last = this.#beats.get(lane);
      if (last === undefined || last.beat !== beat) this.#beats.set(lane, { beat, silence: new Silence(company) });
      else {
        // Alone it is in another process, of whose threads this one can't tell.
        const state = company === "alone" ? UNKNOWN : stateOf(progress.kernelIdOf(lane));
        if (last.silence.isTooLong(state)) this.#kill(lane);
      }
    }
    this.#cancel = clock.timer(WATCH_MILLISECONDS, () => this.#watch());
  }

  #kill(lane: number): void {
    this.#beats.delete(lane);
    this.#looped.add(lane);
    this.#options.kill(this.#options.progress.threadOf(lane));
  }
}

/** The looks at a thread since its last heartbeat. */
export class Silence {
  readonly #company: Company;
  #looks = 0;
  /** Milliseconds on a CPU, at the first look and at the last. */
  #first: number | null = null;
  #last = 0;

  constructor(company: Company) {
    this.#company = company;
  }

  /** Looks once more, at a thread that has come so far: whether it has been without a heartbeat for too long. */
  isTooLong({ onCpu, isRunnable }: ThreadState): boolean {
    const isStarved = isRunnable && this.#first !== null && onCpu - this.#last < WATCH_MILLISECONDS / 2;
    this.#first ??= onCpu;
    this.#last = onCpu;
    if (!isStarved) this.#looks++;
    return this.#looks >= LOOKS[this.#company] || onCpu - this.#first >= LOOP_MILLISECONDS;
  }
}

/** How long a thread was on a CPU, milliseconds, and whether it is on one or waits for one. */
interface ThreadState {
  onCpu: number;
  isRunnable: boolean;
}

/** It proves nothing. */
const UNKNOWN: ThreadState = { onCpu: Number.NaN, isRunnable: false };

/** That of a thread of this process; unknown where the kernel doesn't tell (proc(5), schedstat and stat). */
function stateOf(kernelId: number): ThreadState {
  try {
    const stat = readFileSync(`/proc/self/task/${kernelId}/stat`, "utf8");
    return { onCpu: cpuMilliseconds(kernelId), isRunnable: stat.startsWith("R", stat.lastIndexOf(")") + 2) };
  } catch {
    return UNKNOWN;
  }
}

/** How long a thread of this process was on a CPU; NaN, which proves nothing, where the kernel doesn't tell (proc(5), schedstat). */
export function cpuMilliseconds(kernelId: number): number {
  try {
    return Number.parseInt(readFileSync(`/proc/self/task/${kernelId}/schedstat`, "utf8"), 10) / 1_000_000;
  } catch {
    return Number.NaN;
  }
}
