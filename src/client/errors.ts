import type { Run } from "../schemas/runs/run.ts";

/** A place of a request that is wrong, and why. */
export interface Fault {
  loc: (string | number)[];
  msg: string;
  type: string;
  /** The part of the text at that place which is meant, where that is in an expression. */
  ctx?: { offset: number; length: number };
}

/** What the platform answered in place of what was asked for. `code` is a stable word. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly code: string;
  /** The places that are wrong, of a 422; else none. */
  readonly faults: readonly Fault[];
  /** For the operator: the log has it. */
  readonly requestId: string | null;
  /** Seconds after which another try makes sense; null where none does. */
  readonly retryAfter: number | null;

  constructor(answer: Pick<ApiError, "status" | "code" | "message" | "faults" | "requestId" | "retryAfter">) {
    super(answer.message);
    this.status = answer.status;
    this.code = answer.code;
    this.faults = answer.faults;
    this.requestId = answer.requestId;
    this.retryAfter = answer.retryAfter;
  }
}

/** No answer came, after all tries. Whether the request took effect is not known, unless it may be repeated. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
}

/** The time that the caller gave was over. The run goes on. */
export class WaitTimeout extends Error {
  override readonly name = "WaitTimeout";
}

/** A run that was waited for ended as failed or cancelled. */
export class RunFailed extends Error {
  override readonly name = "RunFailed";
  readonly run: Run;

  constructor(run: Run) {
    super(`Run ${run.uuid} ended as ${run.status}${run.error === null ? "" : `: ${run.error}`}`);
    this.run = run;
  }
}
