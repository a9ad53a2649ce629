import type { CompletedEvent } from "../../src/schemas/event.ts";
import { CANCELLED, type Interruption, interrupted } from "../../src/schemas/interrupted.ts";
import { parseLog, stepResultsText } from "../../src/schemas/log.ts";
import type { EndedStatus } from "../../src/schemas/run.ts";
import { describeFailure } from "../../src/step-failures.ts";
import type { ClaimedRun, Next, Progress, RunEnd, VersionKey } from "../../src/storage/port.ts";
import type { Advanced, ReadyEffect } from "../execution/port.ts";
import { definitionKey } from "./definitions.ts";
import { HeldLog } from "./held-log.ts";

/** Threads that a run may take along before it is failed, unless it makes progress in between. */
const MAX_CRASHES = 5;

/** How a run came here; each way has a share of the room that the other cannot take. */
export type Origin = "message" | "due";

/** A run that this worker has claimed: what is persisted of it, what came since, and what of it is under way. */
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
  /** Something of what came can't be computed again. */
  mustSave = false;
  /** It is to be advanced once more when what came is persisted. */
  again = false;
  /** How it ends, once that is written. */
  end: RunEnd | null = null;
  /** Effects that may start: everything before them is persisted. */
  ready: ReadyEffect[] = [];
  /** Effects that have or wait for a place. */
  underWay = 0;
  /** One more with every loss of its state: what is told of effects from before is told of nothing. */
  generation = 0;
  /** When there is more to do whatever becomes of its effects, milliseconds since the epoch; null for never. */
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
  readonly #log: HeldLog;
  /** How often its thread was heard of. */
  #told = 0;
  /** What was told before something that has not come yet. */
  readonly #early = new Map<number, Advanced>();

  constructor(run: ClaimedRun, origin: Origin, leaseUntil: number) {
    this.run = run;
    this.origin = origin;
    this.leaseUntil = leaseUntil;
    this.crashes = run.crashes;
    this.bytes = run.payload.length + run.log.length;
    this.#log = new HeldLog(run.log, run.logLength);
  }

  get version(): VersionKey {
    return { workflowUuid: this.run.workflowUuid, version: this.run.workflowVersion };
  }

  get definition(): string {
    return definitionKey(this.version);
  }

  /** Until when an effect of it may start: a lease that is nearly over may be another's when the effect reaches the world. */
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

  /** Takes how far it came, in the order in which its thread told it. */
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
      // It came further: whatever died before, it died of something else.
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

  /** Takes the room of the reply that came with its progress. */
  addReply(release: () => void): void {
    this.#log.addReply(release);
  }

  /** What its thread knew is gone: it is executed again from what came so far. */
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

  /** A thread was lost for this reason, and it is charged with it: it may try again, or ends in the middle of its step. */
  charge(reason: string, now: number): void {
    this.crashes++;
    this.mustSave = true;
    if (this.crashes < MAX_CRASHES) return;
    const failure = describeFailure("crashed", { count: MAX_CRASHES, reason });
    this.#endBetween("failed", failure, now);
  }

  /** It ends as cancelled, in the middle of its steps. */
  cancel(now: number): void {
    this.#endBetween("cancelled", CANCELLED, now);
  }

  /** Ends it while steps of it are under way: they fail with it, or are skipped. */
  #endBetween(status: EndedStatus, reason: Interruption, now: number): void {
    const stepResults = stepResultsText(interrupted(parseLog(this.#log.text), reason, now));
    this.end = { kind: "end", status, error: reason.error, stepResults };
  }

  /** What others are told of its end. */
  completedEvent({ status, error }: RunEnd): CompletedEvent {
    return { run_id: this.run.uuid, workflow_id: this.run.workflowUuid, status, error };
  }

  /** The fenced write for what is unsaved; `saved` says that it was done. */
  progress(next: Next): { progress: Progress; saved(): void } {
    const { generation } = this;
    this.mustSave = false;
    const { uuid, token } = this.run;
    const { seq, entries, saved } = this.#log.write(next.kind === "end");
    return {
      progress: { uuid, token, seq, entries, crashes: this.crashes, next },
      saved: () => {
        const ready = saved();
        if (this.generation === generation) this.ready.push(...ready);
        if (entries === null) return;
        this.bytes += entries.length;
        this.onGrowth(entries.length);
      },
    };
  }

  /** It is not held any more: what it has that is not persisted is of no use. */
  drop(): void {
    this.cancelWake();
    this.#log.drop();
  }
}
