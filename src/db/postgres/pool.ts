import { messageOf } from "../../errors.ts";
import { Backoff, Rest } from "../../resilience/waiting.ts";
import { Availability, type AvailabilityOptions, LONGEST_LOGIN_MILLISECONDS, unavailable } from "./availability.ts";
import type { Connection, Parameter } from "./connection.ts";
import { failureOf } from "./failures.ts";
import { Turns } from "./turns.ts";

export type { Parameter } from "./connection.ts";

const STATEMENT_MILLISECONDS = 10_000;
/** Of a spare pool: for its place in line, and for the statement. */
const SPARE_MILLISECONDS = 1000;
/** Of a statement that lost a race, or whose connection broke. */
const ATTEMPTS = 3;
/** Between attempts that got to no server. */
const FIRST_PAUSE_MILLISECONDS = 20;
const LONGEST_PAUSE_MILLISECONDS = 200;
const LONGEST_WAIT_MILLISECONDS = 5000;
/** How often a pool looks at itself, and after which time a connection that rests is tried, or silence is suspicious. */
const LOOK_MILLISECONDS = 1000;
const IDLE_MILLISECONDS = 5000;
const FAILING_MILLISECONDS = 1000;
const SILENT_MILLISECONDS = 2000;

/**
 * Connections to PostgreSQL, each with one statement at a time: postgres.js would describe a statement behind the one before
 * it, and PgBouncer gives the server away when that one is over, so that the description, and all after it, is never
 * answered.
 */
export class Pool {
  readonly #options: AvailabilityOptions;
  readonly #connections: Connection[];
  /** The last one used is used next: the others rest, and are tried now and then. */
  readonly #idle: Connection[];
  readonly #turns: Turns;
  readonly #availability: Availability;
  #isChecking = false;
  #cancelTimer: () => void = () => {};

  constructor(options: AvailabilityOptions) {
    this.#options = options;
    this.#turns = new Turns(options.clock, options.isSpare ? SPARE_MILLISECONDS : LONGEST_WAIT_MILLISECONDS);
    this.#availability = new Availability(options, () => this.#turns.end(unavailable("breaker open")));
    this.#connections = Array.from({ length: options.size }, () => this.#availability.connection());
    this.#idle = [...this.#connections];
    this.#look();
  }

  /**
   * Runs one statement within 10 s, on a spare pool within one and once. One that never got to a server is tried again for as long as the breaker is closed; a
   * transaction that lost a race (40001, 40P01) twice more, and so is one whose connection broke, unless it must not be
   * repeated: then it may have been applied.
   *
   * @throws PlatformError storage_unavailable when PostgreSQL is out or can't right now; overloaded when too much waits for
   * a connection; the server's own error for faults of the statement or its data
   */
  async run<Row extends object>(text: string, parameters: Parameter[], repeatable = true): Promise<Row[]> {
    this.#availability.throwIfOut();
    const connection = this.#idle.pop() ?? (await this.#turns.wait());
    try {
      return await this.#persist<Row>(connection, text, parameters, repeatable);
    } finally {
      this.#release(connection);
    }
  }

  /** See Pools. Those that could not be opened are when they are needed. */
  async open(): Promise<void> {
    const opened = await Promise.allSettled(
      this.#connections.map((connection) => connection.open(LONGEST_LOGIN_MILLISECONDS)),
    );
    const failed = opened.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
    if (failed.length === opened.length) throw failed[0];
  }

  /** Its connections in use and idle, and the statements that wait for one. */
  figures(): { used: number; idle: number; waiting: number } {
    const idle = this.#idle.length;
    return { used: this.#connections.length - idle, idle, waiting: this.#turns.length };
  }

  /** See Availability. */
  get isFull(): boolean {
    return this.#availability.isFull;
  }

  /** See Availability. */
  probe(): Promise<void> {
    return this.#availability.probe();
  }

  async close(): Promise<void> {
    this.#cancelTimer();
    await Promise.all(this.#connections.map((connection) => connection.close()));
  }

  async #persist<Row extends object>(
    connection: Connection,
    text: string,
    parameters: Parameter[],
    repeatable: boolean,
  ): Promise<Row[]> {
    const { clock, isSpare } = this.#options;
    const deadline = clock.monotonic() + (isSpare ? SPARE_MILLISECONDS : STATEMENT_MILLISECONDS);
    const pauses = new Backoff(FIRST_PAUSE_MILLISECONDS, LONGEST_PAUSE_MILLISECONDS);
    for (let attempt = 1; ; attempt++) {
      const startedAt = clock.monotonic();
      try {
        const rows = await connection.ask<Row>(text, parameters, deadline - startedAt);
        this.#availability.answered();
        return rows;
      } catch (error) {
        const failure = failureOf(error);
        this.#availability.failed(failure, error, startedAt);
        if (failure === "data" || failure === "fault") throw error;
        const again =
          failure === "unsent" || (attempt < ATTEMPTS && (failure === "raced" || (failure === "lost" && repeatable)));
        const pause = failure === "unsent" ? pauses.next() : 0;
        if (isSpare || !again || clock.monotonic() + pause >= deadline) throw unavailable(messageOf(error));
        if (pause > 0) await new Rest(clock).take(pause);
        this.#availability.throwIfOut();
      }
    }
  }

  #release(connection: Connection): void {
    if (!this.#turns.give(connection)) this.#idle.push(connection);
  }

  #look(): void {
    const { clock, breaker } = this.#options;
    const now = clock.monotonic();
    this.#turns.expire();
    const isSilent =
      this.#idle.length < this.#connections.length && now - this.#availability.workedAt > SILENT_MILLISECONDS;
    if (isSilent) this.#availability.suspect();
    if (breaker.state === "closed") this.#checkIdle(now);
    this.#cancelTimer = clock.timer(LOOK_MILLISECONDS, () => this.#look());
  }

  /** Tries connections that have rested for a while, one after the other, so that the next statement finds none broken. */
  async #checkIdle(now: number): Promise<void> {
    const rest = this.#availability.isFailing ? FAILING_MILLISECONDS : IDLE_MILLISECONDS;
    const rested = ({ usedAt }: Connection) => usedAt !== null && now - usedAt >= rest;
    const index = this.#idle.findIndex(rested);
    const [connection] = this.#isChecking || index < 0 ? [] : this.#idle.splice(index, 1);
    if (connection === undefined) return;
    this.#isChecking = true;
    const { clock, log } = this.#options;
    const startedAt = clock.monotonic();
    try {
      await connection.ask("select 1", [], this.#availability.loginMilliseconds);
      this.#availability.answered();
    } catch (error) {
      log.info({ error: messageOf(error) }, "broken connection to PostgreSQL closed");
      this.#availability.failed(failureOf(error), error, startedAt);
    }
    this.#isChecking = false;
    this.#release(connection);
    this.#checkIdle(now);
  }
}
