/** Outcomes of the items of a batch. */
import type { ErrorCode } from "../../errors.ts";

/** `lost`: the fence did not hold, since another worker claimed the run; nothing was written. */
export type Outcome<T> = { kind: "ok"; value: T } | { kind: "lost" } | Refusal;

/** The item was refused. The code's row in the error table says why; the subject names the row or value. */
export interface Refusal {
  kind: "error";
  code: ErrorCode;
  subject: string;
  /** What the database said, for the log alone. */
  reason?: string;
}
