import type { Logger } from "pino";
import type { Clock } from "../../clock.ts";
import { messageOf, PlatformError } from "../../errors.ts";
import type { Breaker } from "../../resilience/breaker.ts";
import type { ConnectOptions } from "./connect.ts";
import { Connection, type Logins } from "./connection.ts";
import { type Failure, isOfDisk, LoginTooLate } from "./failures.ts";

/** A server that completes no login for so long counts as silent. */
const LOGIN_MILLISECONDS = 5000;
/** The same where logins were seen to take long. */
export const LONGEST_LOGIN_MILLISECONDS = 20_000;
/** PostgreSQL is out when nothing has worked for so long. */
const OUT_MILLISECONDS = 1000;
/** A disk on which a statement found no room counts as full for so long: small rows may fit where others do not. */
const FULL_MILLISECONDS = 20_000;

export interface AvailabilityOptions extends ConnectOptions {
  clock: Clock;
  breaker: Breaker;
  log: Logger;
  /** Callers have another server to ask: a statement gets one attempt and a second, and the first failure opens the breaker. */
  isSpare: boolean;
}

/** Whether PostgreSQL answers, as the statements of a pool show; opens the breaker where it does not. */
export class Availability {
  readonly #options: AvailabilityOptions;
  readonly #onOut: () => void;
  /** When something worked last, on the monotonic clock. */
  #workedAt: number;
  /** Since when nothing has worked, on the monotonic clock; null while it works as far as is known. */
  #failingSince: number | null = null;
  /** When a statement found no room on the server's disk, on the monotonic clock. */
  #fullAt = Number.NEGATIVE_INFINITY;
  #isProbing = false;
  /** How long a login may take: twice as long as the last one took. */
  #loginMilliseconds = LOGIN_MILLISECONDS;

  /** `onOut` is called when the breaker opens. */
  constructor(options: AvailabilityOptions, onOut: () => void) {
    this.#options = options;
    this.#onOut = onOut;
    this.#workedAt = options.clock.monotonic();
  }

  get workedAt(): number {
    return this.#workedAt;
  }

  get isFailing(): boolean {
    return this.#failingSince !== null;
  }

  /** Whether the server's disk was full, or broken, a moment ago. */
  get isFull(): boolean {
    return this.#options.clock.monotonic() - this.#fullAt < FULL_MILLISECONDS;
  }

  /** How long a login, or a look at a connection, may take, milliseconds. */
  get loginMilliseconds(): number {
    return this.#loginMilliseconds;
  }

  /** @throws PlatformError storage_unavailable while the breaker is open */
  throwIfOut(): void {
    if (this.#options.breaker.state !== "closed") throw unavailable("breaker open");
  }

  /** A connection that takes part: its logins count too. */
  connection(): Connection {
    const logins: Logins = {
      limit: () => this.#loginMilliseconds,
      done: (took) => {
        this.#loginMilliseconds = Math.min(Math.max(2 * took, LOGIN_MILLISECONDS), LONGEST_LOGIN_MILLISECONDS);
        this.answered();
      },
    };
    return new Connection(this.#options, this.#options.clock, logins);
  }

  answered(): void {
    this.#workedAt = this.#options.clock.monotonic();
    this.#failingSince = null;
  }

  /** Notes a failure. One slow statement, or one connection that broke, says little. */
  failed(failure: Failure, error: unknown, startedAt: number): void {
    if (isOfDisk(error)) this.#fullAt = this.#options.clock.monotonic();
    const isOut = failure === "late" || failure === "unsent" || failure === "lost";
    if (isOut && this.#options.isSpare) this.#trip(error);
    else if (failure === "late") this.suspect();
    else if (failure === "unsent" || failure === "lost") {
      const now = this.#options.clock.monotonic();
      this.#failingSince ??= failure === "lost" ? now : Math.max(startedAt, this.#workedAt);
      if (now - this.#failingSince >= OUT_MILLISECONDS) this.#trip(error);
    } else this.answered();
  }

  /** After a time without answers a new login shows whether any come; it may be late while an old connection gets some. */
  suspect(): void {
    if (this.#isProbing || this.#options.breaker.state !== "closed") return;
    this.#isProbing = true;
    const startedAt = this.#options.clock.monotonic();
    this.probe()
      .catch((error: unknown) => {
        if (!(error instanceof LoginTooLate) || this.#workedAt < startedAt) this.#trip(error);
      })
      .finally(() => {
        this.#isProbing = false;
      });
  }

  /**
   * Logs in on a new connection, also while the breaker is open. Each login that is late leaves the next one more time, so that a
   * database that is far away is found in the end.
   *
   * @throws the error of the login
   */
  async probe(): Promise<void> {
    const { log } = this.#options;
    const connection = this.connection();
    const milliseconds = this.#loginMilliseconds;
    try {
      await connection.open(milliseconds);
    } catch (error) {
      if (error instanceof LoginTooLate) {
        this.#loginMilliseconds = Math.min(2 * milliseconds, LONGEST_LOGIN_MILLISECONDS);
      }
      throw error;
    } finally {
      connection.close().catch((error: unknown) => log.debug({ error: messageOf(error) }, "connection not closed"));
    }
  }

  #trip(error: unknown): void {
    this.#options.breaker.trip(error);
    this.#onOut();
  }
}

/** PostgreSQL is out, or can't execute a statement right now. */
export function unavailable(cause: string): PlatformError {
  return new PlatformError("storage_unavailable", "", { cause });
}
