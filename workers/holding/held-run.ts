import { crashesCharged } from "../../src/metrics/table.ts";
import { CANCELLED, type Interruption } from "../../src/schemas/interrupted.ts";
import type { LogEntry } from "../../src/schemas/log.ts";
import { type EndedStatus, nameOfVersion } from "../../src/schemas/run.ts";
import { describeFailure } from "../../src/step-failures.ts";
import type { ClaimedRun, Next, Progress, RunEnd, VersionKey } from "../../src/storage/port.ts";
import type { Advanced, ReadyEffect } from "../execution/port.ts";
import { RunTrace } from "../tracing/run-trace.ts";
import { HeldLog } from "./held-log.ts";

/** A run is alone after so many claims, and failed after so many lost threads, in a row and without progress in between. */
const MAX_LOSSES = 5;

/** How a run was claimed; each way has a share of the room that the other cannot take. */
export type Origin = "message" | "due";

/** A run that this worker has claimed: its log, its progress since the last write, and the work for it under way. */
export class HeldRun {
  readonly run: ClaimedRun;
  readonly origin: Origin;
  /** Until when the lease surely lasts, on the monotonic clock, counted from before the claim was sent. */
  leaseUntil: number;
  /** The thread that has its state; null while none has. */
  thread: number | null = null;
  /** It waits for a thread, or is on one. */
  isAdvancing = false;
  /** Its progress is being written; null while none is. */
  saving: Promise<void> | null = null;
  /** It is being cancelled: nothing of it begins any more. */
  isCancelling = false;
  /** Some of its new entries can't be computed again. */
  mustSave = false;
  /** It is to be advanced once more after the next write. */
  again = false;
  /** Its end, which is to be written; null before. */
  end: RunEnd | null = null;
  /** Effects that may start: everything before them is persisted. */
  ready: ReadyEffect[] = [];
  /** The begin of the effect that it began with, which no thread has told of. */
  first: LogEntry | null = null;
  /** Effects that have or wait for a place. */
  underWay = 0;
  /** Rises with every loss of its state: results of effects from before are ignored. */
  generation = 0;
  /** When it goes on even if no effect ends, milliseconds since the epoch; null for never. */
  wakeAt: number | null = null;
  /** Ends the timer for that. */
  cancelWake: () => void = () => {};
  /** Threads lost while this run was on them or waited on them: from 2 on it runs alone. */
  suspicion = 0;
  crashes: number;
  /** Characters of its payload and of its log as it is persisted: its part of the room. */
  bytes: number;
  /** Called when its part of the room grows by so many characters. */
  onGrowth: (characters: number) => void = () => {};
  /** Null without one. */
  readonly trace: RunTrace | null;
  readonly #log: HeldLog;
  /** Reports of its thread that were taken. */
  #told = 0;
  /** Reports that came before an earlier one. */
  readonly #early = new Map<number, Advanced>();

  constructor(run: ClaimedRun, origin: Origin, leaseUntil: number) {
    this.run = run;
    this.origin = origin;
    this.leaseUntil = leaseUntil;
    this.crashes = run.crashes;
    this.bytes = run.payload.length + run.log.length;
    this.#log = new HeldLog(run.log, run.logLength);
    this.trace = run.traceparent === null ? null : RunTrace.of({ ...run, version: run.workflowVersion }, run.log);
    if (run.crashes > 0 || run.claims > MAX_LOSSES) this.suspicion = 2;
  }

  get version(): VersionKey {
    return { namespace: this.run.namespace, workflowUuid: this.run.workflowUuid, version: this.run.workflowVersion };
  }

  get definition(): string {
    return nameOfVersion(this.version);
  }

  /** Until when an effect of it may start: a lease that is nearly over may have ended when the effect reaches its host. */
  effectBy(leaseMilliseconds: number): number {
    return this.leaseUntil - leaseMilliseconds / 6;
  }

  /** Whether nothing of it was executed yet. */
  get isAtItsBeginning(): boolean {
    return this.#log.isEmpty;
  }

  /** Whether nothing of it is under way or about to be: it only sleeps. */
  get isIdle(): boolean {
    if (this.isAdvancing || this.again || this.underWay > 0) return false;
    return this.ready.length + this.#log.ready.length + this.#early.size === 0;
  }

  /** Characters that cross to a thread with it. */
  get size(): number {
    return this.thread === null ? this.bytes : 100;
  }

  /** JSON texts of what a thread that does not have it needs. */
  get state(): { payload: string; log: string } {
    return { payload: this.run.payload, log: this.#log.text };
  }

  /** Takes the reports of its thread, in the order in which they were made. */
  add(advanced: Advanced): void {
    this.#early.set(advanced.seq, advanced);
    for (let next = this.#early.get(this.#told); next !== undefined; next = this.#early.get(this.#told)) {
      this.#early.delete(this.#told++);
      this.#take(next);
    }
  }

  #take({ entries, mustSave, next }: Advanced): void {
    if (entries !== "[]") {
      this.#log.add(entries);
      this.trace?.add(entries);
      // It made progress: threads that were lost before were not lost at this point of it.
      this.crashes = 0;
    }
    if (mustSave) this.mustSave = true;
    if (next.kind === "end") this.end = next;
    else if (next.kind === "again") this.again = true;
    else {
      (this.mustSave ? this.#log.ready : this.ready).push(...next.ready);
      this.wakeAt = next.wakeAt;
    }
  }

  /** Takes the memory of a reply that is in its progress, until that is persisted. */
  addReply(release: () => void): void {
    this.#log.addReply(release);
  }

  /** Its state in its thread is gone: it is made again from the log. */
  loseState(): void {
    this.thread = null;
    this.generation++;
    this.cancelWake();
    this.#told = 0;
    this.#early.clear();
    this.underWay = 0;
    this.ready = [];
    this.#log.ready = [];
    this.wakeAt = null;
  }

  /** Whether it runs alone from now on. */
  get suspect(): boolean {
    return this.suspicion > 1;
  }

  /** A thread was lost for this reason while it executed the run: that may try again, or ends in the middle of its step. */
  charge(reason: string, now: number): void {
    this.crashes++;
    crashesCharged.of({}).add();
    this.mustSave = true;
    if (this.crashes < MAX_LOSSES) return;
    this.#endBetween("failed", describeFailure("crashed", { count: MAX_LOSSES, reason }), now);
  }

  /** It ends as cancelled, in the middle of its steps. */
  cancel(now: number): void {
    this.#endBetween("cancelled", CANCELLED, now);
  }

  /** Ends it while steps of it are under way: they fail with it, or are skipped. */
  #endBetween(status: EndedStatus, reason: Interruption, now: number): void {
    const stepResults = this.#log.interrupted(this.first, reason, now);
    this.end = { kind: "end", status, error: reason.error, stepResults };
  }

  /** The fenced write of its progress; `saved` is to be called when it is done. */
  progress(next: Next): { progress: Progress; saved(): void } {
    const { generation } = this;
    this.mustSave = false;
    const { namespace, uuid, token } = this.run;
    const { seq, entries, saved } = this.#log.write(next.kind === "end");
    return {
      progress: { namespace, uuid, token, seq, entries, crashes: this.crashes, next },
      saved: () => {
        const ready = saved();
        if (this.generation === generation) this.ready.push(...ready);
        if (entries === null) return;
        this.bytes += entries.length;
        this.onGrowth(entries.length);
      },
    };
  }

  /** It is not held any more: progress that is not persisted is dropped. */
  drop(): void {
    this.cancelWake();
    this.#log.drop();
  }
}
