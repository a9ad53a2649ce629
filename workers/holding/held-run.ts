import { type InboxRow, sizeOf } from "../../src/schemas/log/inbox.ts";
import { nameOfVersion } from "../../src/schemas/runs/run.ts";
import type { ClaimedRun, Next, Progress, RunEnd, VersionKey } from "../../src/storage/port.ts";
import type { Advanced, HandedState, ReadyEffect } from "../execution/port.ts";
import { RunTrace } from "../tracing/run-trace.ts";
import { Asked } from "./control/asked.ts";
import { HeldInbox } from "./held-inbox.ts";
import { HeldLog } from "./held-log.ts";
import { Reports } from "./reports.ts";

/** A run is alone after so many claims, and failed after so many lost threads, in a row and without progress in between. */
export const MAX_LOSSES = 5;

/** How a run was claimed; each way has a share of the room that the other cannot take. */
export type Origin = "message" | "due";

/** A run that this worker has claimed: its log, its progress since the last write, and the work for it under way. */
export class HeldRun {
  readonly run: ClaimedRun;
  readonly origin: Origin;
  readonly version: VersionKey;
  /** The name of that: it is asked for at each place that the run comes by. */
  readonly definition: string;
  /** Until when the lease surely lasts, on the monotonic clock, counted from before the claim was sent. */
  leaseUntil: number;
  facts: HandedState["facts"] = null;
  /** The thread that has its state; null while none has. */
  thread: number | null = null;
  /** It waits for a thread, or is on one. */
  isAdvancing = false;
  /** Its progress is being written; null while none is. */
  saving: Promise<void> | null = null;
  /** Its return to the queue is being written: no effect of it begins any more, since another worker may have it already. */
  isGivenBack = false;
  readonly asked = new Asked();
  /** Some of its new entries can't be computed again. */
  mustSave = false;
  /** It is to be advanced once more after the next write. */
  again = false;
  /** Its end, which is to be written; null before. */
  end: RunEnd | null = null;
  /** Effects that may start: everything before them is persisted. */
  ready: ReadyEffect[] = [];
  /** Effects that have or wait for a place. */
  underWay = 0;
  /** Rises with every loss of its state: results of effects from before are ignored. */
  generation = 0;
  /** When it goes on even if no effect ends and nothing comes for it, milliseconds since the epoch; Infinity for never, null where that is not known. */
  wakeAt: number | null = null;
  /** How many runs its steps wait for; 0 as well once it has lingered for them. */
  awaited = 0;
  /** Something came for it: it is due at once when it is given back. */
  isWoken = false;
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
  readonly log: HeldLog;
  readonly inbox: HeldInbox;
  readonly #reports = new Reports((advanced) => this.#take(advanced));

  constructor(run: ClaimedRun, origin: Origin, leaseUntil: number) {
    this.run = run;
    this.origin = origin;
    this.version = { namespace: run.namespace, workflowUuid: run.workflowUuid, version: run.workflowVersion };
    this.definition = nameOfVersion(this.version);
    this.leaseUntil = leaseUntil;
    this.crashes = run.crashes;
    this.inbox = new HeldInbox(run.inbox);
    this.bytes = run.payload.length + run.log.length + sizeOf(run.inbox);
    this.log = new HeldLog(run.log, run.logLength);
    this.trace = run.traceparent === null ? null : RunTrace.of({ ...run, version: run.workflowVersion }, run.log);
    if (run.crashes > 0 || run.claims > MAX_LOSSES) this.suspicion = 2;
  }

  /** Until when an effect of it may start: a lease that is nearly over may have ended when the effect reaches its host. */
  effectBy(leaseMilliseconds: number): number {
    return this.leaseUntil - leaseMilliseconds / 6;
  }

  /** Whether nothing of it is under way or about to be: it only sleeps. */
  get isIdle(): boolean {
    if (this.isAdvancing || this.again || this.underWay > 0) return false;
    return this.ready.length + this.log.ready.length === 0 && !this.#reports.areMissing;
  }

  /** Whether a report of its thread is on its way that was made before others. */
  get isBehind(): boolean {
    return this.#reports.areMissing;
  }

  /** Characters that cross to a thread with it. */
  get size(): number {
    return this.thread === null ? this.bytes : 100;
  }

  /** JSON texts of what a thread that does not have it needs. */
  get state(): HandedState {
    return { payload: this.run.payload, log: this.log.text, facts: this.facts };
  }

  /** Takes the reports of its thread, in the order in which they were made. */
  add(advanced: Advanced): void {
    this.#reports.add(advanced);
  }

  #take(advanced: Advanced): void {
    const { entries, mustSave, next } = advanced;
    this.asked.told();
    this.inbox.heardBy(advanced.heard);
    // The failure of a run that was started by one starts no other.
    this.log.add(entries, this.run.isOnFailure && next.kind === "end" ? {} : advanced);
    if (entries !== "[]") {
      this.trace?.add(entries);
      // It made progress: threads that were lost before were not lost at this point of it.
      this.crashes = 0;
    }
    if (mustSave) this.mustSave = true;
    if (next.kind === "end") this.end = next;
    else if (next.kind === "again") this.again = true;
    else {
      (this.mustSave ? this.log.ready : this.ready).push(...next.ready);
      // The end of an effect may be on its way, though none is under way here.
      this.awaited = next.awaited ?? 0;
      this.wakeAt = next.wakeAt ?? (next.hasEffects ? null : Number.POSITIVE_INFINITY);
    }
  }

  /** Its thread did not keep it: it is handed over once more with what is persisted, which is all there is. */
  handWhole(): void {
    this.thread = null;
    this.inbox.loseState();
    this.#reports.clear();
  }

  /** Its state in its thread is gone: it is made again from the log. */
  loseState(): void {
    this.handWhole();
    this.generation++;
    this.cancelWake();
    this.underWay = 0;
    this.ready = [];
    this.log.ready = [];
    this.wakeAt = null;
  }

  /** Whether it runs alone from now on. */
  get suspect(): boolean {
    return this.suspicion > 1;
  }

  /** The fenced write of its progress; `saved` is to be called when it is done. */
  progress(next: Next): { progress: Progress; saved(): void } {
    const { generation } = this;
    this.mustSave = false;
    this.isGivenBack = next.kind === "due";
    const { namespace, uuid, token } = this.run;
    const { saved, ...written } = this.log.write(next.kind === "end");
    const { entries } = written;
    const { heard } = this.inbox;
    const obeys = this.asked.takeObeyed();
    const said = { ...(heard > 0 && { heard }), ...(obeys !== null && { obeys }) };
    return {
      progress: { namespace, uuid, token, ...written, crashes: this.crashes, ...said, next },
      saved: () => {
        const ready = saved();
        if (this.generation === generation) this.ready.push(...ready);
        this.#grow(entries?.length ?? 0);
      },
    };
  }

  /** Takes in what came into its inbox. */
  hear(rows: InboxRow[]): void {
    this.inbox.add(rows);
    this.#grow(sizeOf(rows));
    this.again = true;
  }

  #grow(characters: number): void {
    this.bytes += characters;
    this.onGrowth(characters);
  }

  /** It is not held any more: progress that is not persisted is dropped. */
  drop(): void {
    this.cancelWake();
    this.log.drop();
  }
}
