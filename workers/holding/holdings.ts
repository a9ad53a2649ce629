import type { Next } from "../../src/storage/port.ts";
import { type Executor, lingers } from "../execution/port.ts";
import type { HeldRun, Origin } from "./held-run.ts";
import { Lease, type LeasedRuns, type LeaseOptions } from "./lease.ts";
import { dueAt } from "./pauses.ts";

/** Payloads and logs held at once, over all runs, in characters; each is in memory about four times on its way. */
const MAX_BYTES = 16 * 1024 * 1024;

export interface HoldingsOptions extends LeaseOptions {
  /** Runs held at once. */
  maxInFlight: number;
  executor: Executor;
}

/** The runs that a worker holds, and how much room is left for more. */
export class Holdings implements LeasedRuns {
  /** All of them are held under it. */
  readonly lease: Lease;
  readonly #options: HoldingsOptions;
  readonly #held = new Map<string, HeldRun>();
  readonly #count: Record<Origin, number> = { message: 0, due: 0 };
  #bytes = 0;
  /** Room that claims under way may need. */
  readonly #reserved: Record<Origin, number> = { message: 0, due: 0 };
  #onEmpty: (() => void) | null = null;

  constructor(options: HoldingsOptions) {
    this.#options = options;
    this.lease = new Lease(options, this);
  }

  /** How many more runs of an origin may be claimed now. Each origin leaves a quarter of the room to the other. */
  room(origin: Origin): number {
    if (this.roomBytes <= 0) return 0;
    const { maxInFlight } = this.#options;
    const share = Math.max(1, Math.floor(maxInFlight * 0.75)) - this.#count[origin] - this.#reserved[origin];
    return Math.max(0, Math.min(share, maxInFlight - this.#held.size - this.#reserved.message - this.#reserved.due));
  }

  /** How many runs of an origin are held. */
  count(origin: Origin): number {
    return this.#count[origin];
  }

  /** Characters of payloads and logs that may still be claimed. */
  get roomBytes(): number {
    return MAX_BYTES - this.#bytes;
  }

  /** Whether some of them only wait, and are held on for a while. */
  get someLinger(): boolean {
    for (const held of this.#held.values()) if (held.isIdle && this.lingers(held) > 0) return true;
    return false;
  }

  /** How long a run that only waits is held on, milliseconds. Half of the room is for runs that have something to do. */
  lingers({ awaited, wakeAt }: HeldRun): number {
    const { maxInFlight, clock } = this.#options;
    if (this.roomBytes < MAX_BYTES / 2 || this.#held.size > maxInFlight / 2) return 0;
    return lingers(awaited, wakeAt === null ? Number.POSITIVE_INFINITY : wakeAt - clock.now());
  }

  /**
   * How a run goes on once its progress is persisted: it is held on while effects of it are under way, or where it lingers; otherwise
   * until it sleeps, or too much is held.
   */
  afterCheckpoint(held: HeldRun): Next {
    if (held.isAdvancing || held.underWay > 0) return { kind: "hold" };
    if (held.isIdle && held.wakeAt !== null) return this.lingers(held) > 0 ? { kind: "hold" } : dueAt(held.wakeAt);
    return this.roomBytes > 0 ? { kind: "hold" } : { kind: "due", dueAt: this.#options.clock.now() };
  }

  /** Keeps room for runs whose claim is under way; gives a function that frees it again. */
  reserve(origin: Origin, count: number): () => void {
    this.#reserved[origin] += count;
    return () => {
      this.#reserved[origin] -= count;
    };
  }

  /** Takes a run that was claimed for a worker; false where its lease is over. An older claim of the run is forgotten. */
  add(held: HeldRun, worker: string): boolean {
    if (!this.lease.covers(held.run, worker)) return false;
    const older = this.#held.get(held.run.uuid);
    if (older !== undefined) this.forget(older);
    this.#held.set(held.run.uuid, held);
    this.#count[held.origin]++;
    this.#bytes += held.bytes;
    held.onGrowth = (characters) => {
      if (this.has(held)) this.#bytes += characters;
    };
    return true;
  }

  /** Whether the run is still held under this claim. */
  has(held: HeldRun): boolean {
    return this.#held.get(held.run.uuid) === held;
  }

  /** The run is not held any more. Its effects under way are called off: they would keep places for results that nobody takes. */
  forget(held: HeldRun): void {
    if (!this.has(held)) return;
    this.#held.delete(held.run.uuid);
    held.drop();
    const { thread, run, underWay } = held;
    // A thread that is gone keeps none.
    if (thread !== null && underWay > 0) this.#options.executor.drop(thread, run).catch(() => {});
    this.#count[held.origin]--;
    this.#bytes -= held.bytes;
    if (this.#held.size === 0) this.#onEmpty?.();
  }

  get isEmpty(): boolean {
    return this.#held.size === 0;
  }

  /** A run that is held under this token. */
  find(uuid: string, token: number): HeldRun | undefined {
    const held = this.#held.get(uuid);
    return held?.run.token === token ? held : undefined;
  }

  /** A run that is held now. */
  current(uuid: string): HeldRun | undefined {
    return this.#held.get(uuid);
  }

  all(): HeldRun[] {
    return [...this.#held.values()];
  }

  /** Resolves when no run is held any more. */
  async empty(): Promise<void> {
    if (this.#held.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
  }
}
