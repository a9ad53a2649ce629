import type { Logger } from "pino";
import type { Clock } from "../../src/clock.ts";
import { messageOf } from "../../src/errors.ts";
import { newId } from "../../src/ids.ts";
import type { RunKey } from "../../src/schemas/runs/run.ts";
import type { ClaimedRun, Storage } from "../../src/storage/port.ts";

const MAX_WAITING = 10_000;
const MAX_PER_CLAIM = 500;

export interface MessagesOptions {
  storage: Storage;
  clock: Clock;
  log: Logger;
}

/** Who has room for runs. */
export interface Taker {
  /** The worker that claims are for. */
  worker(): string;
  room(): number;
  roomBytes(): number;
  /** Keeps room while a claim is under way; gives what ends that. */
  reserve(count: number): () => void;
  /** `worker` is the one that the claim named. */
  take(runs: ClaimedRun[], worker: string): void;
}

/** Claims the runs that messages name while there is room; the others are left to the sweeper. */
export class Messages {
  readonly #options: MessagesOptions;
  readonly #taker: Taker;
  #waiting: RunKey[] = [];
  #claiming = false;

  constructor(options: MessagesOptions, taker: Taker) {
    this.#options = options;
    this.#taker = taker;
  }

  get waiting(): boolean {
    return this.#waiting.length > 0;
  }

  add(runs: RunKey[]): void {
    this.#waiting.push(...runs.slice(0, Math.max(0, MAX_WAITING - this.#waiting.length)));
    this.claim();
  }

  /** Drops the messages that wait: their runs are due for the sweepers. */
  clear(): void {
    this.#waiting = [];
  }

  /** Claims for as long as there is room; to be called when there is room again. */
  async claim(): Promise<void> {
    if (this.#claiming) return;
    this.#claiming = true;
    try {
      for (;;) {
        const runs = this.#waiting.slice(0, Math.min(MAX_PER_CLAIM, this.#taker.room()));
        if (runs.length === 0) return;
        this.#waiting = this.#waiting.slice(runs.length);
        await this.claimNow(runs);
      }
    } catch (error) {
      // The sweeper claims these runs when they are due.
      this.#options.log.warn({ error: messageOf(error) }, "claim failed");
    } finally {
      this.#claiming = false;
    }
  }

  /** Claims the runs that are new. @throws the errors of the storage */
  async claimNow(runs: RunKey[]): Promise<ClaimedRun[]> {
    const { storage, clock } = this.#options;
    const worker = this.#taker.worker();
    const claim = { claimId: newId(clock.now()), worker, maxBytes: this.#taker.roomBytes() };
    const release = this.#taker.reserve(runs.length);
    try {
      const claimed = await storage.claimByMessage({ ...claim, runs });
      this.#taker.take(claimed, worker);
      return claimed;
    } finally {
      release();
    }
  }
}
