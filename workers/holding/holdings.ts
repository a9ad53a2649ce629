import type { Logger } from "pino";
import type { Clock } from "../../src/clock.ts";
import { messageOf } from "../../src/errors.ts";
import { newId } from "../../src/ids.ts";
import type { Held, Progress, Storage } from "../../src/storage/port.ts";
import type { HeldRun, Origin } from "./held-run.ts";

/** Payloads and logs held at once, over all runs, in characters; each is in memory about four times on its way. */
const MAX_BYTES = 32 * 1024 * 1024;

/** A lease that could not be begun is asked for again so soon. */
const AGAIN_MILLISECONDS = 1000;

export interface HoldingsOptions {
  storage: Storage;
  clock: Clock;
  log: Logger;
  /** Runs held at once. */
  maxInFlight: number;
  leaseMilliseconds: number;
}

/** The runs that a worker holds: how much room is left for more, and the renewal of its lease, which is theirs. */
export class Holdings {
  readonly #options: HoldingsOptions;
  readonly #held = new Map<string, HeldRun>();
  readonly #count: Record<Origin, number> = { message: 0, due: 0 };
  #bytes = 0;
  #worker = "";
  /** Until when the lease surely lasts, on the monotonic clock, counted from before it was asked for. */
  #leaseUntil = Number.NEGATIVE_INFINITY;
  /** What the worker held without knowing it when it looked last, and what it gave back since it did so twice. */
  #unknown = new Set<string>();
  readonly #returned = new Set<string>();
  /** Room that claims under way may need. */
  readonly #reserved: Record<Origin, number> = { message: 0, due: 0 };
  #cancelRenewal: () => void = () => {};
  #closed = false;
  #onEmpty: (() => void) | null = null;

  constructor(options: HoldingsOptions) {
    this.#options = options;
    this.#start();
  }

  /** The worker whose lease the runs are held under: another one once that was lost. */
  get worker(): string {
    return this.#worker;
  }

  /** See HeldRun. */
  get leaseUntil(): number {
    return this.#leaseUntil;
  }

  /** How many more runs of an origin may be claimed now. Each origin leaves a quarter of the room to the other. */
  room(origin: Origin): number {
    if (this.roomBytes <= 0) return 0;
    const { maxInFlight } = this.#options;
    const share = Math.max(1, Math.floor(maxInFlight * 0.75)) - this.#count[origin] - this.#reserved[origin];
    return Math.max(0, Math.min(share, maxInFlight - this.#held.size - this.#reserved.message - this.#reserved.due));
  }

  /** Characters of payloads and logs that may still be claimed. */
  get roomBytes(): number {
    return MAX_BYTES - this.#bytes;
  }

  /** What becomes of a run whose results are persisted: where too much is held, another time is better for the rest of it. */
  afterCheckpoint(): Progress["next"] {
    return this.roomBytes > 0 ? { kind: "hold" } : { kind: "give_back", dueAt: this.#options.clock.now() };
  }

  /** Keeps room for runs whose claim is under way; gives what ends that. */
  reserve(origin: Origin, count: number): () => void {
    this.#reserved[origin] += count;
    return () => {
      this.#reserved[origin] -= count;
    };
  }

  /** Takes a run that was claimed for a worker, unless it is anybody's by now; one that was held before is forgotten. */
  add(held: HeldRun, worker: string): boolean {
    if (worker !== this.#worker || this.#returned.has(nameOf(held.run))) return false;
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

  /** Whether this is still the lease that the run is held under. */
  has(held: HeldRun): boolean {
    return this.#held.get(held.run.uuid) === held;
  }

  forget(held: HeldRun): void {
    if (!this.has(held)) return;
    this.#held.delete(held.run.uuid);
    held.drop();
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

  /** Renews the lease no more. */
  close(): void {
    this.#closed = true;
    this.#cancelRenewal();
  }

  /**
   * Begins the lease of a new worker; what was held under the one before is anybody's. A start that was not answered may have
   * begun a lease long ago: after it comes yet another worker.
   */
  async #start(): Promise<void> {
    const { storage, clock, log, leaseMilliseconds } = this.#options;
    this.#leaseUntil = Number.NEGATIVE_INFINITY;
    this.#unknown.clear();
    this.#returned.clear();
    for (const held of this.all()) this.forget(held);
    const sentAt = clock.monotonic();
    this.#worker = newId(clock.now());
    try {
      await storage.startLease({ worker: this.#worker, leaseMilliseconds });
      this.#extend(sentAt);
      this.#again(leaseMilliseconds / 3, () => this.#renew());
    } catch (error) {
      log.warn({ error: messageOf(error) }, "lease not begun");
      this.#again(AGAIN_MILLISECONDS, () => this.#start());
    }
  }

  async #renew(): Promise<void> {
    const { storage, clock, log, leaseMilliseconds } = this.#options;
    const sentAt = clock.monotonic();
    try {
      const outcome = await storage.renewLease({ worker: this.#worker, leaseMilliseconds });
      if (outcome.kind !== "ok") {
        log.warn({ runs: this.#held.size }, "lease lost");
        return this.#start();
      }
      this.#extend(sentAt);
      await this.#returnUnknown();
    } catch (error) {
      log.warn({ error: messageOf(error), runs: this.#held.size }, "lease not renewed");
    }
    this.#again(leaseMilliseconds / 3, () => this.#renew());
  }

  /**
   * Gives back runs whose claim was never answered, which the lease of the worker would hold for ever: those that it does not
   * know at two renewals. Should the answer come after that, it is too late.
   */
  async #returnUnknown(): Promise<void> {
    const { storage, clock } = this.#options;
    const rows = await storage.heldBy(this.#worker);
    const unknown = rows.filter(({ uuid, token }) => this.#held.get(uuid)?.run.token !== token);
    const lost = unknown.filter((row) => this.#unknown.has(nameOf(row)));
    this.#unknown = new Set(unknown.map(nameOf));
    for (const row of lost) this.#returned.add(nameOf(row));
    if (lost.length === 0) return;
    const next = { kind: "give_back", dueAt: clock.now() } as const;
    await storage.saveProgress(lost.map((row) => ({ ...row, logLength: 0, entries: null, next })));
  }

  #extend(sentAt: number): void {
    this.#leaseUntil = sentAt + this.#options.leaseMilliseconds;
    for (const held of this.#held.values()) held.leaseUntil = this.#leaseUntil;
  }

  #again(milliseconds: number, work: () => void): void {
    if (!this.#closed) this.#cancelRenewal = this.#options.clock.timer(milliseconds, work);
  }
}

/** A run under one claim. */
function nameOf({ uuid, token }: Held): string {
  return `${uuid} ${token}`;
}
