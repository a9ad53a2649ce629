import type { LogEntry } from "../../src/schemas/log/log.ts";
import type { StepResult } from "../../src/schemas/runs/run.ts";
import { type Description, descriptionOf } from "./description.ts";

/** A run that slept for longer goes on in another trace: nobody waits so long for the rest of one. */
const LONG_SLEEP_MILLISECONDS = 3_600_000;

/** An attempt of a step. Times are milliseconds since the epoch. */
export interface Attempt {
  path: string;
  /** From 1. */
  number: number;
  /** Long sleeps of the run before it. */
  stage: number;
  startedAt: number;
  /** Null while it is under way. */
  endedAt: number | null;
  /** As its last entry has it. */
  description: Description;
}

/**
 * The attempts of a run's steps, as its log tells. All processes that read the same log find the same, so that ids that are
 * derived of them agree.
 */
export class Attempts {
  /** Long sleeps that are over. */
  stage = 0;
  /** When the last of them was over; null before. */
  stageStartedAt: number | null = null;
  readonly #all = new Map<string, Attempt>();
  /** The last attempt of each path. */
  readonly #last = new Map<string, Attempt>();
  /** When steps that wait go on. */
  readonly #wakeTimes = new Map<string, number>();
  #lastAt = 0;

  /** Takes one more entry of the log. */
  add([path, result, wakeAt]: LogEntry): void {
    const last = this.#last.get(path);
    if (last !== undefined && isOver(last)) return;
    if (last !== undefined && last.endedAt !== null && !this.#wakeTimes.has(path)) {
      // The attempt had failed for good, and now its handler is over.
      last.description = descriptionOf(result);
      this.#pass(endOf(result));
      return;
    }
    const isBegin = result.status === "running" && result.error === null;
    const wokeAt = this.#wakeTimes.get(path) ?? 0;
    // A step that begins again says when it first began.
    const at = isBegin ? Math.max(timeOf(result.started_at), wokeAt) : endOf(result);
    this.#pass(at);
    const attempt = last?.endedAt === null ? last : this.#begin(path, last, result, wokeAt);
    attempt.description = descriptionOf(result);
    if (!isBegin) {
      attempt.endedAt = Math.max(at, attempt.startedAt);
      for (const other of this.#wakeTimes.keys()) if (isWithin(other, path)) this.#wakeTimes.delete(other);
    }
    if (wakeAt === null) this.#wakeTimes.delete(path);
    else this.#wakeTimes.set(path, wakeAt);
  }

  /** The attempt of a step that is about to act, which may have no entry yet. */
  acting(path: string): Pick<Attempt, "number" | "stage"> {
    const last = this.#last.get(path);
    if (last?.endedAt === null) return last;
    const wakes = this.#wakeTimes.has(path) && this.#isLongSleep;
    return { number: (last?.number ?? 0) + 1, stage: this.stage + (wakes ? 1 : 0) };
  }

  /** Whether a run that is given back until a time sleeps long, with nothing to do before. */
  sleepsLong(until: number): boolean {
    return this.#isLongSleep && until >= this.#nextWake;
  }

  find(path: string, number: number): Attempt | undefined {
    return this.#all.get(nameOf(path, number));
  }

  /** Those that began between two long sleeps, in the order of the log. */
  ofStage(stage: number): Attempt[] {
    return [...this.#all.values()].filter((attempt) => attempt.stage === stage);
  }

  get #nextWake(): number {
    return Math.min(...this.#wakeTimes.values());
  }

  get #isLongSleep(): boolean {
    return this.#wakeTimes.size > 0 && this.#nextWake - this.#lastAt > LONG_SLEEP_MILLISECONDS;
  }

  /** Something happened at a time. */
  #pass(at: number): void {
    if (this.sleepsLong(at)) {
      this.stage++;
      this.stageStartedAt = this.#nextWake;
    }
    this.#lastAt = Math.max(this.#lastAt, at);
  }

  #begin(path: string, last: Attempt | undefined, result: StepResult, wokeAt: number): Attempt {
    const attempt = {
      path,
      number: (last?.number ?? 0) + 1,
      stage: this.stage,
      startedAt: Math.max(timeOf(result.started_at), wokeAt),
      endedAt: null,
      description: descriptionOf(result),
    };
    this.#all.set(nameOf(path, attempt.number), attempt);
    this.#last.set(path, attempt);
    return attempt;
  }
}

function nameOf(path: string, number: number): string {
  return `${path} ${number}`;
}

function isOver({ endedAt, description }: Attempt): boolean {
  return endedAt !== null && description.status !== "running";
}

/** When an attempt ended that was the last, or is followed by another. */
function endOf({ status, completed_at, error_details }: StepResult): number {
  return timeOf(status === "running" ? error_details?.at : completed_at);
}

/** Whether a path is that of a step within a container, in any attempt of that. */
function isWithin(path: string, container: string): boolean {
  return path.startsWith(`${container}/`) || path.startsWith(`${container}~`);
}

/** Milliseconds since the epoch; 0 without one. */
export function timeOf(text: string | null | undefined): number {
  return Date.parse(text ?? "") || 0;
}
