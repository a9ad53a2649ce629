import { hostname } from "node:os";
import type { Logger } from "pino";
import packageJson from "../../package.json" with { type: "json" };
import type { Clock } from "../../src/clock.ts";
import { messageOf } from "../../src/errors.ts";
import { newId } from "../../src/ids.ts";
import { latestDelay } from "../../src/metrics/event-loop.ts";
import { leasesLost } from "../../src/metrics/table.ts";
import type { AboutProcess, Held, Storage } from "../../src/storage/port.ts";
import type { HeldRun } from "./held-run.ts";

const lost = leasesLost.of({});

/** A lease that could not be begun is asked for again after this. */
const RETRY_MILLISECONDS = 1000;

export interface LeaseOptions {
  storage: Storage;
  clock: Clock;
  log: Logger;
  leaseMilliseconds: number;
}

/** The runs that a worker holds. */
export interface LeasedRuns {
  all(): HeldRun[];
  /** A run that is held under this token. */
  find(uuid: string, token: number): HeldRun | undefined;
  forget(held: HeldRun): void;
}

/** The lease of a worker, which all runs that it holds are held under: begun at once, and renewed until it is closed. */
export class Lease {
  readonly #options: LeaseOptions;
  readonly #runs: LeasedRuns;
  readonly #startedAt: number;
  #worker = "";
  #until = Number.NEGATIVE_INFINITY;
  /** Runs that the storage said are held, and that the worker did not know, at the last renewal. */
  #unknown = new Set<string>();
  /** Those that it gave back since they were unknown twice. */
  readonly #returned = new Set<string>();
  #cancelRenewal: () => void = () => {};
  #isClosed = false;

  constructor(options: LeaseOptions, runs: LeasedRuns) {
    this.#options = options;
    this.#runs = runs;
    this.#startedAt = options.clock.now();
    this.#start();
  }

  /** The worker whose lease it is: another one once the lease was lost. */
  get worker(): string {
    return this.#worker;
  }

  /** Until when it surely lasts, on the monotonic clock, counted from before it was asked for. */
  get until(): number {
    return this.#until;
  }

  /** Whether a run that was claimed for a worker is held under this lease. */
  covers(run: Held, worker: string): boolean {
    return worker === this.#worker && !this.#returned.has(nameOf(run));
  }

  /** What is told of the worker. */
  get #about(): AboutProcess {
    const now = { underWay: this.#runs.all().length, lateMilliseconds: latestDelay() };
    return { kind: "worker", version: packageJson.version, host: hostname(), startedAt: this.#startedAt, ...now };
  }

  /** Ends the renewals. */
  close(): void {
    this.#isClosed = true;
    this.#cancelRenewal();
  }

  /**
   * Begins the lease of a new worker; the runs that were held under the one before are forgotten, since any worker may claim
   * them. A start without an answer may have begun a lease long ago, so the next attempt is made for yet another worker.
   */
  async #start(): Promise<void> {
    const { storage, clock, log, leaseMilliseconds } = this.#options;
    this.#until = Number.NEGATIVE_INFINITY;
    this.#unknown.clear();
    this.#returned.clear();
    for (const held of this.#runs.all()) this.#runs.forget(held);
    const sentAt = clock.monotonic();
    this.#worker = newId(clock.now());
    try {
      await storage.startLease({ worker: this.#worker, leaseMilliseconds, about: this.#about });
      this.#extend(sentAt);
      this.#later(leaseMilliseconds / 3, () => this.#renew());
    } catch (error) {
      log.warn({ error: messageOf(error) }, "lease not begun");
      this.#later(RETRY_MILLISECONDS, () => this.#start());
    }
  }

  async #renew(): Promise<void> {
    const { storage, clock, log, leaseMilliseconds } = this.#options;
    const sentAt = clock.monotonic();
    try {
      const outcome = await storage.renewLease({ worker: this.#worker, leaseMilliseconds, about: this.#about });
      if (outcome.kind !== "ok") {
        log.warn({ runs: this.#runs.all().length }, "lease lost");
        lost.add();
        return this.#start();
      }
      this.#extend(sentAt);
      await this.#returnUnknown();
    } catch (error) {
      log.warn({ error: messageOf(error), runs: this.#runs.all().length }, "lease not renewed");
    }
    this.#later(leaseMilliseconds / 3, () => this.#renew());
  }

  /**
   * Gives back runs whose claim was never answered, which the lease would hold for ever: those that the worker does not know
   * at two renewals in a row. If the answer comes after that, it is ignored.
   */
  async #returnUnknown(): Promise<void> {
    const { storage, clock } = this.#options;
    const rows = await storage.heldBy(this.#worker);
    const unknown = rows.filter(({ uuid, token }) => this.#runs.find(uuid, token) === undefined);
    const lost = unknown.filter((row) => this.#unknown.has(nameOf(row)));
    this.#unknown = new Set(unknown.map(nameOf));
    for (const row of lost) this.#returned.add(nameOf(row));
    if (lost.length === 0) return;
    const next = { kind: "due", dueAt: clock.now() } as const;
    await storage.saveProgress(lost.map((row) => ({ ...row, seq: 0, entries: null, next })));
  }

  #extend(sentAt: number): void {
    this.#until = sentAt + this.#options.leaseMilliseconds;
    for (const held of this.#runs.all()) held.leaseUntil = this.#until;
  }

  #later(milliseconds: number, work: () => void): void {
    if (!this.#isClosed) this.#cancelRenewal = this.#options.clock.timer(milliseconds, work);
  }
}

/** A run under one claim. */
function nameOf({ uuid, token }: Held): string {
  return `${uuid} ${token}`;
}
