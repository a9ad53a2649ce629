import type { Logger } from "pino";
import type { Clock } from "../../src/clock.ts";
import { messageOf } from "../../src/errors.ts";
import { failpoint } from "../../src/failpoints.ts";
import { newId } from "../../src/ids.ts";
import { Backoff } from "../../src/resilience/waiting.ts";
import type { DueClaim, Storage } from "../../src/storage/port.ts";
import type { Dispatcher } from "../dispatcher.ts";

const MAX_PER_SWEEP = 500;
/** Characters of payloads and logs that one claim brings: all the room at once would be in memory several times on its way. */
const MAX_BYTES = 4 * 1024 * 1024;
/** Without room, and after a failure, it looks again this soon. */
const AGAIN_MILLISECONDS = 20;
const FAILED_MILLISECONDS = 1000;
const LONGEST_REST_MILLISECONDS = 50;
/** The first pause when runs that are due could not be claimed; doubled each time. */
const LOCKED_MILLISECONDS = 5;

export interface SweeperOptions {
  storage: Storage;
  dispatcher: Pick<Dispatcher, "worker" | "roomForDue" | "roomBytes" | "reserveDue" | "accept">;
  clock: Clock;
  log: Logger;
  /** See DueClaim. */
  patienceMilliseconds(): number;
  /** It looks again after this time at the latest, since runs of other processes fall due too. */
  longestMilliseconds(): number;
}

/** Claims runs that are due: those that slept, whose message was lost, or whose worker died. */
export class Sweeper {
  readonly #options: SweeperOptions;
  #cancelTimer: () => void = () => {};
  /** When the timer fires, milliseconds since the epoch. */
  #wakesAt = Number.POSITIVE_INFINITY;
  #sweeping = false;
  /** The soonest time that was noticed during a sweep, which may have looked too early to see it. */
  #noticed = Number.POSITIVE_INFINITY;
  #stopped = false;
  /** Pauses while runs that are due can't be claimed, since another transaction has locked their rows. */
  readonly #locked = new Backoff(LOCKED_MILLISECONDS, FAILED_MILLISECONDS);

  constructor(options: SweeperOptions) {
    this.#options = options;
  }

  /** Starts sweeping, now. */
  start(): void {
    this.#sweep();
  }

  /** A run falls due at this time, milliseconds since the epoch. */
  notice(dueAt: number): void {
    if (this.#sweeping) this.#noticed = Math.min(this.#noticed, dueAt);
    else if (dueAt < this.#wakesAt) this.#wakeAt(dueAt);
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelTimer();
  }

  async #sweep(): Promise<void> {
    const { storage, dispatcher, clock, log, longestMilliseconds } = this.#options;
    const patienceMilliseconds = this.#options.patienceMilliseconds();
    this.#sweeping = true;
    const startedAt = clock.monotonic();
    let nextAt = clock.now() + AGAIN_MILLISECONDS;
    try {
      for (;;) {
        if (dispatcher.roomForDue() === 0 || this.#stopped) break;
        const dueAt = await storage.nextDue(patienceMilliseconds);
        if (dueAt === null || dueAt > clock.now()) {
          nextAt = Math.min(dueAt ?? Number.POSITIVE_INFINITY, clock.now() + longestMilliseconds());
          break;
        }
        const limit = Math.min(MAX_PER_SWEEP, dispatcher.roomForDue());
        if (limit === 0) break;
        const claimId = newId(clock.now());
        const { worker, roomBytes } = dispatcher;
        const maxBytes = Math.min(MAX_BYTES, roomBytes);
        const claim = { claimId, worker, limit, maxBytes, patienceMilliseconds };
        if ((await this.#claim(claim)) > 0) this.#locked.reset();
        else {
          nextAt = clock.now() + Math.min(this.#locked.next(), longestMilliseconds());
          break;
        }
      }
    } catch (error) {
      log.warn({ error: messageOf(error) }, "sweep failed");
      nextAt = clock.now() + FAILED_MILLISECONDS;
    }
    this.#sweeping = false;
    // Rests for as long as it worked: where runs fall due one after the other it takes more of them at a time.
    const rested = clock.now() + Math.min(LONGEST_REST_MILLISECONDS, clock.monotonic() - startedAt);
    this.#wakeAt(Math.max(rested, Math.min(nextAt, this.#noticed)));
    this.#noticed = Number.POSITIVE_INFINITY;
  }

  #sweepNow(): void {
    if (!this.#stopped && !this.#sweeping) this.#sweep();
  }

  /** Claims and hands over; gives how many. */
  async #claim(claim: DueClaim): Promise<number> {
    const { storage, dispatcher } = this.#options;
    // Triggers and messages that come meanwhile must not take the same room.
    const release = dispatcher.reserveDue(claim.limit);
    try {
      const claimed = await storage.claimDue(claim);
      if (claimed.length > 0) failpoint("due_claimed");
      dispatcher.accept(claimed, "due", claim.worker);
      return claimed.length;
    } finally {
      release();
    }
  }

  #wakeAt(time: number): void {
    const { clock } = this.#options;
    this.#cancelTimer();
    if (this.#stopped) return;
    this.#wakesAt = time;
    // A timer takes a millisecond at least, which who waits for a signal or a child would wait as well.
    if (time <= clock.now()) clock.nextTurn(() => this.#sweepNow());
    else this.#cancelTimer = clock.timer(time - clock.now(), () => this.#sweep());
  }
}
