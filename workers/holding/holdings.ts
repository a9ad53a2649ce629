import type { Logger } from "pino";
import type { Clock } from "../../src/clock.ts";
import { messageOf } from "../../src/errors.ts";
import type { Progress, Storage } from "../../src/storage/port.ts";
import type { HeldRun, Origin } from "./held-run.ts";

/** Payloads and logs held at once, over all runs, in characters; each is in memory about four times on its way. */
const MAX_BYTES = 32 * 1024 * 1024;

export interface HoldingsOptions {
  storage: Storage;
  clock: Clock;
  log: Logger;
  /** Runs held at once. */
  maxInFlight: number;
  leaseMilliseconds: number;
}

/** The runs that a worker holds: how much room is left for more, and the renewal of their leases. */
export class Holdings {
  readonly #options: HoldingsOptions;
  readonly #held = new Map<string, HeldRun>();
  readonly #count: Record<Origin, number> = { message: 0, due: 0 };
  #bytes = 0;
  /** Room that claims under way may need. */
  readonly #reserved: Record<Origin, number> = { message: 0, due: 0 };
  #cancelRenewal: () => void = () => {};
  #closed = false;
  #onEmpty: (() => void) | null = null;

  constructor(options: HoldingsOptions) {
    this.#options = options;
    this.#scheduleRenewal();
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

  /** Takes a run; one that was held under an older lease is forgotten. */
  add(held: HeldRun): void {
    const older = this.#held.get(held.run.uuid);
    if (older !== undefined) this.forget(older);
    this.#held.set(held.run.uuid, held);
    this.#count[held.origin]++;
    this.#bytes += held.bytes;
    held.onGrowth = (characters) => {
      if (this.has(held)) this.#bytes += characters;
    };
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

  /** Renews no lease any more. */
  close(): void {
    this.#closed = true;
    this.#cancelRenewal();
  }

  #scheduleRenewal(): void {
    if (this.#closed) return;
    this.#cancelRenewal = this.#options.clock.timer(this.#options.leaseMilliseconds / 3, () => {
      this.#renew().finally(() => this.#scheduleRenewal());
    });
  }

  async #renew(): Promise<void> {
    const { storage, clock, log, leaseMilliseconds } = this.#options;
    const held = this.all();
    if (held.length === 0) return;
    const sentAt = clock.monotonic();
    try {
      const leases = held.map(({ run }) => ({ uuid: run.uuid, token: run.token }));
      const outcomes = await storage.renewLeases(leases, leaseMilliseconds);
      for (const [index, one] of held.entries()) {
        if (outcomes[index]?.kind === "ok") one.leaseUntil = sentAt + leaseMilliseconds;
        else this.forget(one);
      }
    } catch (error) {
      log.warn({ error: messageOf(error), runs: held.length }, "leases not renewed");
    }
  }
}
