import type { Clock } from "../../clock.ts";
import { PlatformError } from "../../errors.ts";
import type { Connection } from "./connection.ts";

/** Most statements come in batches, and each of the others keeps a request waiting. */
const MOST_WAITING = 2000;

interface Waiting {
  since: number;
  resolve(connection: Connection): void;
  reject(error: unknown): void;
}

/** Statements that wait for a connection, first come first served. */
export class Turns {
  readonly #clock: Clock;
  readonly #milliseconds: number;
  readonly #waiting: Waiting[] = [];

  /** `milliseconds`: how long a statement may wait. */
  constructor(clock: Clock, milliseconds: number) {
    this.#clock = clock;
    this.#milliseconds = milliseconds;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** @throws PlatformError overloaded when too many wait, or when it has waited for too long. */
  wait(): Promise<Connection> {
    if (this.#waiting.length >= MOST_WAITING) return Promise.reject(new PlatformError("overloaded"));
    return new Promise((resolve, reject) => this.#waiting.push({ since: this.#clock.monotonic(), resolve, reject }));
  }

  /** Gives a free connection to the next statement in line; false where none waits. */
  give(connection: Connection): boolean {
    const next = this.#waiting.shift();
    next?.resolve(connection);
    return next !== undefined;
  }

  /** Rejects those that have waited for too long. */
  expire(): void {
    const since = this.#clock.monotonic() - this.#milliseconds;
    const kept = this.#waiting.findIndex((waiting) => waiting.since > since);
    for (const { reject } of this.#waiting.splice(0, kept < 0 ? this.#waiting.length : kept)) {
      reject(new PlatformError("overloaded"));
    }
  }

  /** Rejects all of them. */
  end(error: PlatformError): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
