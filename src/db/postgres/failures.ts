/**
 * data: a bound value does not fit. raced: another transaction came first, and a retry helps. unsent: it never got to a
 * server, for example since a login failed. lost: its connection broke, and it may have been applied. late: it was not answered in
 * time, and may have been applied. unavailable: the server can execute nothing now. fault: the statement does not fit the database.
 */
import { codeOf } from "../../errors.ts";
export type Failure = "data" | "raced" | "unsent" | "lost" | "late" | "unavailable" | "fault";

/** A login that did not come about in time: what waited for it was not sent. */
export class LoginTooLate extends Error {
  readonly code = "CONNECT_TIMEOUT";
}

/** A statement that was not answered in time. */
export class TooLate extends Error {
  readonly code = "STATEMENT_TIMEOUT";
}

/**
 * SQLSTATE by class, where the class decides: https://www.postgresql.org/docs/current/errcodes-appendix.html. All others
 * are faults: of a statement (42, 0A, 26, …), or of triggers and constraints that an operator added to our tables (09, P0, …).
 */
const CLASSES: Readonly<Record<string, Failure>> = {
  // PgBouncer answers a login with it too while it has no server.
  "08": "unsent",
  "22": "data",
  "23": "data",
  // 25006: read-only. The others have to do with transactions, and no statement of ours is in one that it did not open.
  "25": "unavailable",
  // A role or a password that was changed, a database that was dropped or renamed: known at the login.
  "28": "unsent",
  "3D": "unsent",
  "40": "raced",
  "53": "unavailable",
  // Limits of the server, such as the depth of JSON.
  "54": "data",
  "55": "unavailable",
  // 57014: cancelled, or over its time. The rest: shutting down, starting, a database that was dropped.
  "57": "unavailable",
  "58": "unavailable",
  F0: "unavailable",
  // Damage, and what proxies say that have no class for it.
  XX: "unavailable",
};

/** The errors of postgres.js for a statement that it can't send as it is. */
const UNSENDABLE = /^(UNDEFINED_VALUE|MAX_PARAMETERS_EXCEEDED|NOT_TAGGED_CALL|UNSAFE_TRANSACTION|COPY_IN_PROGRESS|)$/;

/** The kind of failure of a statement, by the error of the server or of its connection. */
export function failureOf(error: unknown): Failure {
  if (error instanceof TooLate) return "late";
  // postgres.js gives the server's word for an end of the connection only at its start: later it says that it was closed.
  if (isFatal(error)) return "unsent";
  const code = codeOf(error);
  if (/^(CONNECTION_\w+|ECONNRESET|EPIPE)$/.test(code)) return "lost";
  if (/^[0-9A-DF-Z][0-9A-Z]{4}$/.test(code)) return CLASSES[code.slice(0, 2)] ?? "fault";
  // The kernel's, the resolver's and TLS's words for a connection that does not come about, and CONNECT_TIMEOUT.
  return UNSENDABLE.test(code) ? "fault" : "unsent";
}

/** The server or the way to it is out: asking again later may help. A password that is wrong is not mended by waiting. */
export function isOutage(error: unknown): boolean {
  return /^(08|53|57P|58|55000)|^CONN|^E[A-Z_]+$|TIMEOUT/.test(codeOf(error));
}

/** The server has no room on its disk, or cannot write to it (53100, 58030). */
export function isOfDisk(error: unknown): boolean {
  return /^(53100|58030)$/.test(codeOf(error));
}

function isFatal(error: unknown): boolean {
  return error instanceof Error && "severity_local" in error && /^(FATAL|PANIC)$/.test(String(severityOf(error)));
}

function severityOf(error: { severity_local: unknown }): unknown {
  // PgBouncer sends the one word, PostgreSQL also one that is never translated.
  return "severity" in error ? error.severity : error.severity_local;
}
