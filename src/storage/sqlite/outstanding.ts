import type { Clock } from "../../clock.ts";
import { PlatformError } from "../../errors.ts";
import type { WriteReply } from "./writes.ts";

/** As for a statement of PostgreSQL: a disk that takes longer to commit hangs. */
const PATIENCE_MILLISECONDS = 10_000;

interface Waiting {
  since: number;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

/**
 * Writes that the writing thread was given and has not answered. A disk that hangs blocks the thread: then these are rejected
 * once their time is over, and later ones at once, until the thread answers again. A rejected write may still be stored, as with
 * a database whose answer was lost.
 */
export class Outstanding {
  readonly #clock: Clock;
  /** In the order in which they were given. */
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #hangs = false;
  #cancelTimer: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many writes wait for their answer. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Gives a write to the thread under an id; resolves with its result. @throws PlatformError storage_unavailable */
  add<Result>(hand: (id: number) => void): Promise<Result> {
    if (this.#hangs) return Promise.reject(unavailable("the disk hangs"));
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      this.#waiting.set(id, { since: this.#clock.monotonic(), resolve, reject });
      this.#cancelTimer ??= this.#clock.timer(PATIENCE_MILLISECONDS, () => this.#look());
      hand(id);
    });
  }

  /** Takes the answers of the thread. */
  answer(replies: WriteReply[]): void {
    this.#hangs = false;
    for (const reply of replies) {
      const waiting = this.#waiting.get(reply.id);
      this.#waiting.delete(reply.id);
      if ("failure" in reply) waiting?.reject(unavailable(reply.failure));
      else waiting?.resolve(reply.result);
    }
  }

  stop(): void {
    this.#cancelTimer?.();
  }

  /** One timer for all of them, set again for the oldest: a timer for each would slow every write. */
  #look(): void {
    this.#cancelTimer = null;
    const [oldest] = this.#waiting.values();
    if (oldest === undefined) return;
    const left = oldest.since + PATIENCE_MILLISECONDS - this.#clock.monotonic();
    if (left > 0) {
      this.#cancelTimer = this.#clock.timer(left, () => this.#look());
      return;
    }
    this.#hangs = true;
    for (const { reject } of this.#waiting.values()) reject(unavailable("the disk hangs"));
    this.#waiting.clear();
  }
}

function unavailable(cause: string): PlatformError {
  return new PlatformError("storage_unavailable", "", { cause });
}
