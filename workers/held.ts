import { isoTime } from "../src/clock.ts";
import { endedEntry } from "../src/engine/state.ts";
import type { CompletedEvent } from "../src/schemas/event.ts";
import { joinLogs, parseLog, stepResultsText } from "../src/schemas/log.ts";
import { describeFailure } from "../src/step-failures.ts";
import type { ClaimedRun, Progress, VersionKey } from "../src/storage/port.ts";
import type { Advanced } from "./advance.ts";
import { definitionKey } from "./definitions.ts";
import type { Handed } from "./execution.ts";

/** Threads that a run may take along before it is failed, unless it makes progress in between. */
const MAX_CRASHES = 5;

/** How a run came here; each way has a share of the room that the other cannot take. */
export type Origin = "message" | "due";

/** A run that this worker has claimed: its last persisted state, and what has been computed since. */
export class HeldRun {
  readonly run: ClaimedRun;
  readonly origin: Origin;
  /** Until when the lease surely lasts, on the monotonic clock, counted from before the claim was sent. */
  leaseUntil: number;
  /** The next step is an effect. */
  effect = false;
  /** Threads lost while this run was on them or waited on them: from 2 on it runs alone. */
  suspicion = 0;
  crashes: number;
  /** Characters of its payload and of its log as it is persisted: its part of the room. */
  bytes: number;
  /** Called when its part of the room grows by so many characters. */
  onGrowth: (characters: number) => void = () => {};
  #log: string;
  #logLength: number;
  #unsaved = "[]";
  #release: (() => void) | undefined;
  #isDropped = false;

  constructor(run: ClaimedRun, origin: Origin, leaseUntil: number) {
    this.run = run;
    this.origin = origin;
    this.leaseUntil = leaseUntil;
    this.crashes = run.crashes;
    this.bytes = run.payload.length + run.log.length;
    this.#log = run.log;
    this.#logLength = run.logLength;
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
    return this.#log === "[]" && this.#unsaved === "[]";
  }

  /** Characters that it holds, roughly bytes. */
  get size(): number {
    return this.run.payload.length + this.#log.length + this.#unsaved.length;
  }

  handed(): Handed {
    const log = joinLogs(this.#log, this.#unsaved);
    return {
      uuid: this.run.uuid,
      token: this.run.token,
      definition: this.definition,
      payload: this.run.payload,
      log,
      depth: this.run.depth,
    };
  }

  /** Takes entries that are not persisted yet, and the room of the reply that is in them. */
  add({ entries, release }: Pick<Advanced, "entries" | "release">): void {
    this.#release = release;
    if (this.#isDropped) this.#releaseReply();
    if (entries === "[]") return;
    this.#unsaved = joinLogs(this.#unsaved, entries);
    // It came further: whatever died before, it died of something else.
    this.crashes = 0;
  }

  /** Whether it runs alone from now on. */
  get suspect(): boolean {
    return this.suspicion > 1;
  }

  /** A thread was lost for this reason, and it is charged with it: it may try again, or ends in the middle of its step. */
  charge(reason: string, now: number): Progress["next"] {
    this.crashes++;
    if (this.crashes < MAX_CRASHES) return { kind: "hold" };
    const failure = describeFailure("crashed", { count: MAX_CRASHES, reason });
    const entries = parseLog(joinLogs(this.#log, this.#unsaved));
    const stepResults = stepResultsText(
      entries.map((entry) => {
        const [path, { status, step_name, started_at }] = entry;
        if (status !== "running") return entry;
        return endedEntry(path, step_name, started_at ?? isoTime(now), now, { ...failure, output: null });
      }),
    );
    return { kind: "end", status: "failed", error: failure.error, stepResults };
  }

  /** What others are told of its end. */
  completedEvent({ status, error }: Progress["next"] & { kind: "end" }): CompletedEvent {
    return { run_id: this.run.uuid, workflow_id: this.run.workflowUuid, status, error };
  }

  /** The fenced write for what is unsaved. */
  progress(next: Progress["next"]): Progress {
    const entries = next.kind === "end" || this.#unsaved === "[]" ? null : this.#unsaved;
    const { uuid, token } = this.run;
    return { uuid, token, logLength: this.#logLength, entries, crashes: this.crashes, next };
  }

  /** It is not held any more: what it has that is not persisted is of no use. */
  drop(): void {
    this.#isDropped = true;
    this.#releaseReply();
  }

  #releaseReply(): void {
    this.#release?.();
    this.#release = undefined;
  }

  /** What `progress` wrote is persisted. */
  saved(progress: Progress): void {
    this.#releaseReply();
    if (progress.entries === null) return;
    this.#log = joinLogs(this.#log, progress.entries);
    this.bytes += progress.entries.length;
    this.onGrowth(progress.entries.length);
    this.#logLength++;
    this.#unsaved = "[]";
  }
}
