import type { ConnectionOptions } from "node:tls";
import postgres, { type Sql } from "postgres";
import type { Breaker } from "../breaker.ts";
import type { Clock } from "../clock.ts";
import type { PostgresAddress, PostgresTls } from "../config/postgres.ts";
import { messageOf, PlatformError } from "../errors.ts";
import { within } from "../waiting.ts";

/** What may be bound to a statement. Batches are one JSON text. */
export type Parameter = string | number | null;

const CONNECT_SECONDS = 5;
const STATEMENT_MILLISECONDS = 10_000;
const ATTEMPTS = 3;

export interface PoolOptions {
  address: PostgresAddress;
  /** Connections at most. */
  size: number;
  /** Whether statements are prepared. */
  prepare: boolean;
  clock: Clock;
  breaker: Breaker;
}

/**
 * Connections to PostgreSQL, each with one statement at a time: postgres.js would describe a statement behind the one before
 * it, and PgBouncer gives the server away when that one is over, so that the description, and all after it, is never
 * answered.
 */
export class Pool {
  readonly #options: PoolOptions;
  #sql: Sql;
  #free: number;
  #waiting: (() => void)[] = [];

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#sql = connect(options);
    this.#free = options.size;
  }

  /**
   * Runs one statement. A transaction that lost a race (40001, 40P01) is tried again, and so is one whose connection broke,
   * unless it must not be repeated: then it may have been applied. One that is not answered in time is given up with all
   * connections, since a connection whose other end is gone never says so.
   *
   * @throws PlatformError storage_unavailable when PostgreSQL is out; the server's own error for anything else
   */
  async run<Row extends object>(text: string, parameters: Parameter[], repeatable = true): Promise<Row[]> {
    await this.#connection();
    try {
      return await this.#attempt<Row>(text, parameters, repeatable);
    } finally {
      this.#release();
    }
  }

  /** Rejects when no statement is answered right now, whatever the breaker says. */
  async probe(): Promise<void> {
    await this.#answer(this.#sql, "select 1", []);
  }

  async close(): Promise<void> {
    await this.#sql.end({ timeout: 5 });
  }

  async #attempt<Row extends object>(text: string, parameters: Parameter[], repeatable: boolean): Promise<Row[]> {
    const { breaker } = this.#options;
    for (let attempt = 1; ; attempt++) {
      if (breaker.state !== "closed") throw new PlatformError("storage_unavailable", "", { cause: "breaker open" });
      try {
        return await this.#answer<Row>(this.#sql, text, parameters);
      } catch (error) {
        const raced = /^40/.test(codeOf(error));
        const lost = isLostConnection(error);
        if (attempt < ATTEMPTS && (raced || (lost && repeatable))) continue;
        // One connection that broke says little; that it broke at every attempt does.
        if (isOutOfReach(error) && (repeatable || !lost)) breaker.trip(error);
        if (raced || isOutage(error)) throw new PlatformError("storage_unavailable", "", { cause: messageOf(error) });
        throw error;
      }
    }
  }

  async #answer<Row extends object>(sql: Sql, text: string, parameters: Parameter[]): Promise<Row[]> {
    try {
      return [...(await this.#inTime(sql.unsafe<Row[]>(text, parameters, { prepare: this.#options.prepare })))];
    } catch (error) {
      if (error instanceof TooLate) this.#replace(sql);
      throw error;
    }
  }

  async #inTime<Value>(answer: Promise<Value>): Promise<Value> {
    const late = () => new TooLate(`no answer within ${STATEMENT_MILLISECONDS / 1000} s`);
    return within(this.#options.clock, STATEMENT_MILLISECONDS, answer, late);
  }

  /** New connections in place of these; what is under way on them is rejected as lost, and tried again. */
  #replace(sql: Sql): void {
    if (this.#sql !== sql) return;
    this.#sql = connect(this.#options);
    sql.end({ timeout: 0 }).catch((error: unknown) => this.#options.breaker.trip(error));
  }

  async #connection(): Promise<void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #release(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}

/** Opens connections as every user of the database here wants them. Nothing is connected before the first statement. */
export function connect({ address, size, prepare }: Pick<PoolOptions, "address" | "size" | "prepare">): Sql {
  const { host, port, user, password, database, applicationName } = address;
  const options: postgres.Options<Record<string, never>> = {
    user,
    password,
    database,
    ssl: tlsOf(address.tls, host),
    max: size,
    prepare,
    // A query for types at every connect is a statement that a pooler need not see.
    fetch_types: false,
    connect_timeout: CONNECT_SECONDS,
    onnotice: () => {},
    connection: { application_name: applicationName, ...(address.options === "" ? {} : { options: address.options }) },
  };
  // A list, which its types do not know: it would split a text at the colons of an IPv6 address.
  const isSocket = host.startsWith("/");
  Object.assign(options, isSocket ? { path: `${host}/.s.PGSQL.${port}` } : { host: [host], port: [port] });
  return postgres(options);
}

/** In the words of postgres.js: "prefer" and "require" take any certificate, as in libpq. A socket file needs none. */
function tlsOf({ mode, ca }: PostgresTls, host: string): "prefer" | "require" | ConnectionOptions | false {
  if (mode === "disable" || host.startsWith("/")) return false;
  if (mode === "prefer" || mode === "require") return mode;
  const trust = ca === null ? {} : { ca };
  return mode === "verify-full" ? { host, ...trust } : { host, ...trust, checkServerIdentity: () => undefined };
}

/** A statement that was not answered in time. */
class TooLate extends Error {
  readonly code = "STATEMENT_TIMEOUT";
}

/** SQLSTATE of an error of the server; the library's own word (CONNECTION_CLOSED, …) for one of the connection. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

/** The server or the way to it is out: asking again may help. */
export function isOutage(error: unknown): boolean {
  return isOutOfReach(error) || /^(53|58)/.test(codeOf(error));
}

// 08: connection, also what PgBouncer says without a server; 57P: shut down or starting; 55000: the database takes no
// connections; the rest are the library's and Node's.
function isOutOfReach(error: unknown): boolean {
  return /^(08|57P|55000)|^CONN|^E[A-Z]+$|TIMEOUT/.test(codeOf(error));
}

function isLostConnection(error: unknown): boolean {
  return /^CONNECTION_(CLOSED|ENDED|DESTROYED)$/.test(codeOf(error));
}
