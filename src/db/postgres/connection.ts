import { createConnection } from "node:net";
import type { Sql } from "postgres";
import type { Clock } from "../../clock.ts";
import type { PostgresAddress } from "../../config/postgres.ts";
import { within } from "../../resilience/waiting.ts";
import { type ConnectOptions, connect } from "./connect.ts";
import { failureOf, LoginTooLate, TooLate } from "./failures.ts";

/** A value that is bound to a statement. Batches are one JSON text. */
export type Parameter = string | number | null;

/** The server's id of this connection, for a request to cancel its statement. */
interface Backend {
  pid: number;
  secret: number;
}

/** The code of a cancel request, in place of a version of the protocol: 1234 and 5678. */
const CANCEL_REQUEST = 80_877_102;
const CANCEL_MILLISECONDS = 2000;

/** The limit of logins, and the receiver of their times. */
export interface Logins {
  /** How long one may take, milliseconds. */
  limit(): number;
  /** How long one took that came about, milliseconds. */
  done(took: number): void;
}

/** One connection to PostgreSQL: opened before its first statement, and again before the next one after it broke. */
export class Connection {
  readonly #options: ConnectOptions;
  readonly #clock: Clock;
  readonly #logins: Logins;
  #sql: Sql;
  /** The login under way, or the one that came about; null before, and when the connection was given up. */
  #login: Promise<void> | null = null;
  #isOpen = false;
  #backend: Backend | null = null;
  #closed = false;
  /** When its last statement was over, monotonic milliseconds; null before the first. */
  usedAt: number | null = null;

  constructor(options: Omit<ConnectOptions, "size">, clock: Clock, logins: Logins) {
    this.#options = { ...options, size: 1 };
    this.#clock = clock;
    this.#logins = logins;
    this.#sql = connect(this.#options);
  }

  /**
   * Logs in, unless it is done or under way. It goes on after its caller gave up, since far from the server it takes longer than
   * a statement may.
   *
   * @throws LoginTooLate, and the errors of the server and the library
   */
  open(milliseconds = this.#logins.limit()): Promise<void> {
    this.#login ??= this.#logIn(this.#sql, milliseconds);
    return this.#login;
  }

  /**
   * Runs a statement, the only one at a time. One that is not answered in time is cancelled, and its connection given up: one
   * whose other end is gone never says so.
   *
   * @throws TooLate, LoginTooLate, and the errors of the server and the library
   */
  async ask<Row extends object>(text: string, parameters: Parameter[], milliseconds: number): Promise<Row[]> {
    const late = () => new TooLate(`no answer within ${Math.round(milliseconds / 1000)} s`);
    const deadline = this.#clock.monotonic() + milliseconds;
    try {
      if (!this.#isOpen) await within(this.#clock, milliseconds, this.open(), late);
      return await this.#execute<Row>(text, parameters, deadline - this.#clock.monotonic(), late);
    } finally {
      this.usedAt = this.#clock.monotonic();
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#sql.end({ timeout: 5 });
  }

  async #logIn(sql: Sql, milliseconds: number): Promise<void> {
    const late = () => new LoginTooLate(`no login within ${Math.round(milliseconds / 1000)} s`);
    const startedAt = this.#clock.monotonic();
    try {
      const answer = sql.unsafe("select 1").simple();
      this.#backend = (await within(this.#clock, milliseconds, answer, late)).state;
      this.#isOpen = true;
      this.#logins.done(this.#clock.monotonic() - startedAt);
    } catch (error) {
      this.#giveUp(false);
      throw error;
    }
  }

  async #execute<Row extends object>(
    text: string,
    parameters: Parameter[],
    milliseconds: number,
    late: () => TooLate,
  ): Promise<Row[]> {
    try {
      const answer = this.#sql.unsafe<Row[]>(text, parameters, { prepare: this.#options.prepare });
      const rows = await within(this.#clock, milliseconds, answer, late);
      this.#backend = rows.state;
      return [...rows];
    } catch (error) {
      const failure = failureOf(error);
      if (failure === "late" || failure === "lost" || failure === "unsent") this.#giveUp(failure === "late");
      throw error;
    }
  }

  /**
   * The next statement gets a new connection, also where this one is broken already: one that is asked between its error and its
   * end is never answered by postgres.js. Behind a pooler a statement has to be cancelled while its client is still there.
   */
  #giveUp(isExecuting: boolean): void {
    if (this.#closed) return;
    const [old, backend] = [this.#sql, this.#backend];
    this.#sql = connect(this.#options);
    this.#login = null;
    this.#isOpen = false;
    this.#backend = null;
    const cancelled = isExecuting && backend !== null ? cancel(this.#options.address, backend) : Promise.resolve();
    cancelled.then(() => old.end({ timeout: 0 }));
  }
}

/** Asks the server to cancel the statement of a connection; resolves when that was sent, or could not be within 2 s. */
function cancel({ host, port }: PostgresAddress, { pid, secret }: Backend): Promise<void> {
  const request = Buffer.alloc(16);
  for (const [index, value] of [16, CANCEL_REQUEST, pid, secret].entries()) request.writeUInt32BE(value, index * 4);
  return new Promise((resolve) => {
    const path = `${host}/.s.PGSQL.${port}`;
    const socket = host.startsWith("/") ? createConnection({ path }) : createConnection({ host, port });
    socket.setTimeout(CANCEL_MILLISECONDS, () => socket.destroy());
    socket.on("connect", () => socket.write(request));
    // The server says nothing and closes. Where it can't be reached, its own limit of the statement has to do.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => resolve());
  });
}
