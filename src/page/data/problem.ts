/** What went wrong, for whoever looks at the page. */
import { ApiError, ConnectionError } from "../../client/errors.ts";

export interface Problem {
  /** One sentence. */
  text: string;
  code: string;
  /** For whoever reads the server's log; null where it is the request that is wrong. */
  requestId: string | null;
  /** Seconds until another try makes sense; null where none does. */
  retryAfter: number | null;
  /** Whether it is the platform that can't answer now, and not this request that is wrong. */
  isOutage: boolean;
}

const USUAL_SECONDS = 3;

/** What an error says. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ApiError) {
    const { message: text, code, status } = error;
    const requestId = status >= 500 ? error.requestId : null;
    const isOutage = status === 503 || status === 502 || status === 504 || status === 429;
    return { text, code, requestId, isOutage, retryAfter: error.retryAfter ?? (isOutage ? USUAL_SECONDS : null) };
  }
  const isConnection = error instanceof ConnectionError;
  const text = isConnection ? "The platform does not answer" : error instanceof Error ? error.message : String(error);
  const retryAfter = isConnection ? USUAL_SECONDS : null;
  return { text, code: isConnection ? "no_answer" : "page", requestId: null, retryAfter, isOutage: isConnection };
}
