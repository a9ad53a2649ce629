import { ApiError, ConnectionError } from "../client/index.ts";

/** What the command ends with. */
export const EXIT = { ok: 0, failed: 1, usage: 2, unreachable: 3, differs: 4, interrupted: 130 } as const;

/** Ends the command with one sentence, which says what to do. */
export class Failure extends Error {
  readonly exitCode: number;
  /** Lines below the sentence. */
  readonly lines: readonly string[];

  constructor(message: string, exitCode: number = EXIT.failed, lines: readonly string[] = []) {
    super(message);
    this.exitCode = exitCode;
    this.lines = lines;
  }
}

/** The command was called in a way that it does not know. */
export class UsageError extends Failure {
  constructor(message: string) {
    super(message, EXIT.usage);
  }
}

/** Statuses of an answer that the platform, or what stands before it, gives while it can't be reached. */
const OUT = new Set([502, 503, 504]);

/**
 * What an error of a command means to who called it; null where it is one of this program's own.
 *
 * @param subject what was asked for, to be told where the platform does not have it
 */
export function failureOf(error: unknown, url: string, subject = ""): Failure | null {
  if (error instanceof Failure) return error;
  if (error instanceof ConnectionError) {
    return new Failure(
      `No platform answers at ${url}; start one with \`wf dev\`, or say where it is with --url or WF_URL`,
      EXIT.unreachable,
    );
  }
  if (!(error instanceof ApiError)) return null;
  if (OUT.has(error.status)) {
    return new Failure(`${url} can't answer now: ${error.message}`, EXIT.unreachable);
  }
  if (error.faults.length === 0) {
    const isUnknown = error.status === 404 && subject !== "" && !error.message.includes(subject);
    return new Failure(isUnknown ? `${error.message}: ${subject}` : error.message);
  }
  return new Failure(
    "The platform refused it:",
    EXIT.failed,
    error.faults.map(({ loc, msg }) => `  ${loc.join(".")}: ${msg}`),
  );
}
