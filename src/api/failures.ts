import type { Logger } from "pino";
import { systemClock } from "../clock.ts";
import { type ErrorCode, PlatformError, type RequestFault, ValidationFailed } from "../errors.ts";
import { RareWarning } from "../rare-warning.ts";
import { shownFaults } from "../schemas/json/shown-faults.ts";
import { traceOf } from "./request/watching/traces.ts";

const REQUEST_ID = /^[\w.:-]{1,128}$/;

/** What errors say in a header of theirs. */
const OWN_HEADERS: Partial<Record<ErrorCode, Record<string, string>>> = {
  unsupported_encoding: { "accept-encoding": "gzip" },
  // The rest of the body may still come.
  request_timeout: { connection: "close" },
};

/**
 * Makes a function that turns the error of a request into its answer. An unexpected error is logged, and not shown in the
 * answer.
 */
export function failureReplies(log: Logger): (error: unknown, request: Request) => Response {
  const refusals = new RareWarning(log, systemClock, "requests refused");

  return (error, request) => {
    const requestId = requestIdOf(request);
    if (error instanceof ValidationFailed) return validationReply(error.faults, requestId);
    if (error instanceof PlatformError) {
      const { code, cause } = error;
      if (error.retryable) refusals.say({ ...idsOf(requestId, request), code, cause: String(cause ?? "") });
      else if (error.status >= 500) log.error({ ...idsOf(requestId, request), code }, "request failed");
      return errorReply(error, requestId);
    }
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    log.error({ ...idsOf(requestId, request), error: text }, "request failed");
    return errorReply(new PlatformError("internal"), requestId);
  };
}

/** The ids of a request for a log line, and of its trace where it is in one. */
function idsOf(request_id: string, request: Request): object {
  const trace = traceOf(request);
  return trace === null ? { request_id } : { request_id, trace_id: trace.traceId };
}

/** The answer for an error of the table. */
export function errorReply(error: PlatformError, requestId: string, headers: Record<string, string> = {}): Response {
  const retry: Record<string, string> = error.retryAfter === null ? {} : { "retry-after": String(error.retryAfter) };
  const own = OWN_HEADERS[error.code] ?? {};
  return reply(
    error.status,
    { detail: error.message, code: error.code, request_id: requestId },
    { ...retry, ...own, ...headers },
  );
}

/** While processes are replaced, a page of one version asks another for its assets: a cache must not keep that answer. */
export function noAsset(request: Request): Response {
  return errorReply(new PlatformError("not_found"), requestIdOf(request), { "cache-control": "no-store" });
}

/** The request's own id where it has one that is safe to log, else a new one. */
export function requestIdOf(request: Request): string {
  const given = request.headers.get("x-request-id");
  return given !== null && REQUEST_ID.test(given) ? given : crypto.randomUUID();
}

interface ErrorBody {
  detail: string | RequestFault[];
  code: string;
  request_id: string;
}

function validationReply(faults: RequestFault[], requestId: string): Response {
  return reply(422, { detail: shownFaults(faults), code: "validation_failed", request_id: requestId }, {});
}

function reply(status: number, body: ErrorBody, headers: Record<string, string>): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json", "x-request-id": body.request_id, ...headers },
  });
}
