import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import { messageOf, PlatformError } from "../errors.ts";
import type { Breaker } from "../resilience/breaker.ts";
import { Backoff, Rest } from "../resilience/waiting.ts";
import type { ConnectOptions } from "./connect.ts";
import { Connection, type Parameter } from "./connection.ts";
import { type Failure, failureOf, LoginTooLate } from "./failures.ts";
import { Turns } from "./turns.ts";

export type { Parameter } from "./connection.ts";

const STATEMENT_MILLISECONDS = 10_000;
/** For a login, which shows whether anything is answered at all; the most where that was seen to take long. */
const PROBE_MILLISECONDS = 5000;
const LONGEST_PROBE_MILLISECONDS = 20_000;
/** Of a statement that lost a race, or whose connection broke. */
const ATTEMPTS = 3;
/** Between attempts that got to no server. */
const FIRST_PAUSE_MILLISECONDS = 20;
const LONGEST_PAUSE_MILLISECONDS = 200;
/** Nothing has worked for so long: the database is out. */
const OUT_MILLISECONDS = 1000;
/** How often a pool looks after itself, and what it looks for. */
const LOOK_MILLISECONDS = 1000;
const IDLE_MILLISECONDS = 5000;
const FAILING_MILLISECONDS = 1000;
const SILENT_MILLISECONDS = 2000;

export interface PoolOptions extends ConnectOptions {
  clock: Clock;
  breaker: Breaker;
  log: Logger;
}

/**
 * Connections to PostgreSQL, each with one statement at a time: postgres.js would describe a statement behind the one before
 * it, and PgBouncer gives the server away when that one is over, so that the description, and all after it, is never
 * answered.
 */
export class Pool {
  readonly #options: PoolOptions;
  readonly #connections: Connection[];
  /** The last one used is used next: the others rest, and are looked after. */
  readonly #idle: Connection[];
  readonly #turns: Turns;
  /** Monotonic times: of the last answer, and since when nothing has worked; null while it works as far as anybody knows. */
  #workedAt: number;
  #failingSince: number | null = null;
  #probing = false;
  /** How long a login may take before the database counts as silent: twice as long as the last one took. */
  #patience = PROBE_MILLISECONDS;
  #checking = false;
  #cancelTimer: () => void = () => {};

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#connections = Array.from({ length: options.size }, () => this.#connection());
    this.#idle = [...this.#connections];
    this.#turns = new Turns(options.clock);
    this.#workedAt = options.clock.monotonic();
    this.#look();
  }

  /**
   * Runs one statement within 10 s. What never got to a server is tried again for as long as the breaker is closed; a
   * transaction that lost a race (40001, 40P01) twice more, and so is one whose connection broke, unless it must not be
   * repeated: then it may have been applied.
   *
   * @throws PlatformError storage_unavailable when PostgreSQL is out or can't right now; overloaded when too much waits for
   * a connection; the server's own error for what is wrong with the statement or its data
   */
  async run<Row extends object>(text: string, parameters: Parameter[], repeatable = true): Promise<Row[]> {
    this.#throwIfOut();
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
      this.#connections.map((connection) => connection.open(LONGEST_PROBE_MILLISECONDS)),
    );
    const failed = opened.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
    if (failed.length === opened.length) throw failed[0];
  }

  /**
   * Rejects when a new connection is not answered right now, whatever the breaker says. Each that is late leaves the next one
   * more time, so that a database that is far away is found in the end.
   */
  async probe(): Promise<void> {
    const { log } = this.#options;
    const connection = this.#connection();
    const patience = this.#patience;
    try {
      await connection.open(patience);
    } catch (error) {
      if (error instanceof LoginTooLate) this.#patience = Math.min(2 * patience, LONGEST_PROBE_MILLISECONDS);
      throw error;
    } finally {
      connection.close().catch((error: unknown) => log.debug({ error: messageOf(error) }, "not closed"));
    }
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
    const { clock } = this.#options;
    const deadline = clock.monotonic() + STATEMENT_MILLISECONDS;
    const pauses = new Backoff(FIRST_PAUSE_MILLISECONDS, LONGEST_PAUSE_MILLISECONDS);
    for (let attempt = 1; ; attempt++) {
      const startedAt = clock.monotonic();
      try {
        const rows = await connection.ask<Row>(text, parameters, deadline - startedAt);
        this.#answered();
        return rows;
      } catch (error) {
        const failure = failureOf(error);
        this.#failed(failure, error, startedAt);
        if (failure === "data" || failure === "fault") throw error;
        const again =
          failure === "unsent" || (attempt < ATTEMPTS && (failure === "raced" || (failure === "lost" && repeatable)));
        const pause = failure === "unsent" ? pauses.next() : 0;
        if (!again || clock.monotonic() + pause >= deadline) throw unavailable(messageOf(error));
        if (pause > 0) await new Rest(clock).take(pause);
        this.#throwIfOut();
      }
    }
  }

  #connection(): Connection {
    return new Connection(this.#options, this.#options.clock, {
      limit: () => this.#patience,
      done: (took) => {
        this.#patience = Math.min(Math.max(2 * took, PROBE_MILLISECONDS), LONGEST_PROBE_MILLISECONDS);
        this.#answered();
      },
    });
  }

  #answered(): void {
    this.#workedAt = this.#options.clock.monotonic();
    this.#failingSince = null;
  }

  /** What a failure says of the database. One slow statement, or one connection that broke, says little. */
  #failed(failure: Failure, error: unknown, startedAt: number): void {
    if (failure === "late") this.#suspect();
    else if (failure === "unsent" || failure === "lost") {
      const now = this.#options.clock.monotonic();
      this.#failingSince ??= failure === "lost" ? now : Math.max(startedAt, this.#workedAt);
      if (now - this.#failingSince >= OUT_MILLISECONDS) this.#trip(error);
    } else this.#answered();
  }

  /** Nothing was answered for a while: is nothing answered at all? Where an old connection is, a new one may take its time. */
  #suspect(): void {
    if (this.#probing || this.#options.breaker.state !== "closed") return;
    this.#probing = true;
    const startedAt = this.#options.clock.monotonic();
    this.probe()
      .catch((error: unknown) => {
        if (!(error instanceof LoginTooLate) || this.#workedAt < startedAt) this.#trip(error);
      })
      .finally(() => {
        this.#probing = false;
      });
  }

  #trip(error: unknown): void {
    this.#options.breaker.trip(error);
    this.#turns.end(unavailable("breaker open"));
  }

  #throwIfOut(): void {
    if (this.#options.breaker.state !== "closed") throw unavailable("breaker open");
  }

  #release(connection: Connection): void {
    if (!this.#turns.give(connection)) this.#idle.push(connection);
  }

  #look(): void {
    const { clock, breaker } = this.#options;
    const now = clock.monotonic();
    this.#turns.expire();
    const isSilent = this.#idle.length < this.#connections.length && now - this.#workedAt > SILENT_MILLISECONDS;
    if (isSilent) this.#suspect();
    if (breaker.state === "closed") this.#checkIdle(now);
    this.#cancelTimer = clock.timer(LOOK_MILLISECONDS, () => this.#look());
  }

  /** Asks connections that have rested for a while, one after the other, so that the next statement finds them well. */
  async #checkIdle(now: number): Promise<void> {
    const rest = this.#failingSince === null ? IDLE_MILLISECONDS : FAILING_MILLISECONDS;
    const rested = ({ usedAt }: Connection) => usedAt !== null && now - usedAt >= rest;
    const index = this.#idle.findIndex(rested);
    const [connection] = this.#checking || index < 0 ? [] : this.#idle.splice(index, 1);
    if (connection === undefined) return;
    this.#checking = true;
    const { clock, log } = this.#options;
    const startedAt = clock.monotonic();
    try {
      await connection.ask("select 1", [], this.#patience);
      this.#answered();
    } catch (error) {
      log.info({ error: messageOf(error) }, "a connection to PostgreSQL was given up");
      this.#failed(failureOf(error), error, startedAt);
    }
    this.#checking = false;
    this.#release(connection);
    this.#checkIdle(now);
  }
}

function unavailable(cause: string): PlatformError {
  return new PlatformError("storage_unavailable", "", { cause });
}
