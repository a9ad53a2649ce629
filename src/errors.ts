import { RUN_ERRORS } from "./errors/runs.ts";

/** Every error that a client can see: its stable code, HTTP status, sentence, and whether trying again can help. */
const ERRORS = {
  malformed_host: {
    status: 400,
    retryable: false,
    sentence: () => "The Host header names no host; send host or host:port",
  },
  cross_site: {
    status: 403,
    retryable: false,
    sentence: () => "Pages of other origins may not use this server; CORS_ORIGINS lists those that may",
  },
  loopback_only: { status: 403, retryable: false, sentence: () => "Tools are for programs on this machine alone" },
  misdirected_request: {
    status: 421,
    retryable: false,
    sentence: () => "This server is not known by the name in the Host header; PUBLIC_HOSTS lists the names it has",
  },
  workflow_not_found: { status: 404, retryable: false, sentence: (id: string) => `Workflow ${id} not found` },
  version_not_found: { status: 404, retryable: false, sentence: (version: string) => `There is no ${version}` },
  version_conflict: {
    status: 412,
    retryable: false,
    sentence: (version: string) =>
      `It is at version ${version} by now; read it, and name that version with your change`,
  },
  concurrency_limit: {
    status: 409,
    retryable: false,
    sentence: (most: string) =>
      `${most} of its runs are under way or waiting, as many as the workflow allows; try again later`,
  },
  schedule_not_found: { status: 404, retryable: false, sentence: (id: string) => `Schedule ${id} not found` },
  schedule_exists: {
    status: 409,
    retryable: false,
    sentence: (id: string) => `There is a schedule ${id} already; replace it with PUT, or give the new one another id`,
  },
  backfill_under_way: {
    status: 409,
    retryable: false,
    sentence: () => "A backfill of this schedule is under way; wait until it is through, or replace the schedule",
  },
  bulk_not_found: { status: 404, retryable: false, sentence: () => "There is no such action upon runs" },
  hook_not_found: { status: 404, retryable: false, sentence: () => "There is no such hook" },
  hook_unverified: { status: 401, retryable: false, sentence: (why: string) => `The delivery was not taken: ${why}` },
  delivery_repeated: {
    status: 409,
    retryable: false,
    sentence: (run: string) => `This delivery was taken before: its run is ${run}`,
  },
  ...RUN_ERRORS,
  not_found: { status: 404, retryable: false, sentence: () => "Not Found" },
  method_not_allowed: { status: 405, retryable: false, sentence: () => "Method Not Allowed" },
  incomplete_body: { status: 400, retryable: false, sentence: () => "The request body broke off before its end" },
  request_timeout: { status: 408, retryable: false, sentence: () => "The request did not arrive in time" },
  payload_too_large: { status: 413, retryable: false, sentence: () => "The request body is over 1 MiB; send less" },
  signal_too_large: { status: 413, retryable: false, sentence: () => "The signal is over 256 KiB; send less" },
  depth_exceeded: {
    status: 422,
    retryable: false,
    sentence: () => "32 workflows have triggered one another up to here; a workflow that triggers itself is stopped",
  },
  test_too_long: {
    status: 422,
    retryable: false,
    sentence: () => "The test computed for 2 s and was not done; give it less to do",
  },
  unsupported_media_type: {
    status: 415,
    retryable: false,
    sentence: (taken: string) =>
      `The request body must be ${taken || "JSON; send it with Content-Type: application/json"}`,
  },
  unsupported_encoding: {
    status: 415,
    retryable: false,
    sentence: () => "The body's Content-Encoding must be gzip, and the body has to be it; or send neither",
  },
  idempotency_mismatch: {
    status: 422,
    retryable: false,
    sentence: () =>
      "Another request was sent with this Idempotency-Key within 24 hours; send a new key with a new request",
  },
  validation_failed: { status: 422, retryable: false, sentence: () => "The request does not fit its schema" },
  unstorable: { status: 422, retryable: false, sentence: () => "The database refused this content" },
  too_many_signals: {
    status: 429,
    retryable: true,
    sentence: () => "1,000 signals, or 8 MiB of them, wait in this run to be taken; send more when it has taken some",
  },
  /** nginx alone answers so, where RATE_LIMIT is set. */
  rate_limited: { status: 429, retryable: true, sentence: () => "Too many requests from one address; try again later" },
  overloaded: { status: 503, retryable: true, sentence: () => "Too much work is waiting; try again later" },
  storage_unavailable: {
    status: 503,
    retryable: true,
    sentence: () => "The database does not answer or takes no writes right now; try again later",
  },
  too_many_streams: {
    status: 503,
    retryable: true,
    sentence: () => "This process has 1,000 streams of events, the most that it has; try again later",
  },
  too_many_waiting: {
    status: 503,
    retryable: true,
    sentence: () =>
      "As many requests as may wait for their runs; nothing was started, try again later or without ?wait",
  },
  not_ready: {
    status: 503,
    retryable: true,
    sentence: (parts: string) => `Out of reach: ${parts}; nothing can be stored until it is back`,
  },
  shutting_down: { status: 503, retryable: true, sentence: () => "This server is shutting down; try again" },
  internal: { status: 500, retryable: false, sentence: () => "Something went wrong on our side; the log names it" },
} as const;

/** As long as the longest id, so that one that exists is said whole. */
const MAX_SUBJECT = 255;

export type ErrorCode = keyof typeof ERRORS;

/** Whether a code, as it was stored, is one of this version's. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(ERRORS, code);
}

/** An error that may be shown to a client: its message comes from the table and leaks nothing. */
export class PlatformError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly retryable: boolean;
  /** Seconds after which a retry makes sense; set where retryable. */
  readonly retryAfter: number | null;
  /** What the sentence names; empty where it names nothing. */
  readonly subject: string;

  constructor(code: ErrorCode, subject = "", options: { cause?: unknown; retryAfter?: number } = {}) {
    const entry = ERRORS[code];
    const named = shortened(subject, MAX_SUBJECT);
    super(entry.sentence(named), options.cause === undefined ? {} : { cause: options.cause });
    this.name = "PlatformError";
    this.code = code;
    this.subject = named;
    this.status = entry.status;
    this.retryable = entry.retryable;
    this.retryAfter = entry.retryable ? (options.retryAfter ?? 1) : null;
  }
}

/** A reason not to start that its user can mend: printed as one sentence, exit code 1, no stack trace. */
export class StartError extends Error {}

/** One fault of a request, as FastAPI writes it: `loc` is the path to it, `type` a stable word. */
export interface RequestFault {
  loc: (string | number)[];
  msg: string;
  type: string;
  /** Of an expression: the part that is meant, in UTF-16 units. */
  ctx?: { offset: number; length: number };
}

/** A request that does not fit its schema: answered with 422 and every fault. */
export class ValidationFailed extends Error {
  readonly faults: RequestFault[];
  constructor(faults: RequestFault[]) {
    super("validation failed");
    this.faults = faults;
  }
}

/** The beginning of a text from outside, so that a message that repeats it is short. */
export function shortened(text: string, characters: number): string {
  return text.length <= characters ? text : `${text.slice(0, characters).replace(/[\ud800-\udbff]$/, "")}…`;
}

/** The message of a thrown value, for a log line. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The code of an error of the system, a library or PostgreSQL (ENOENT, CONNECTION_CLOSED, 40001, …); "" without one. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}
