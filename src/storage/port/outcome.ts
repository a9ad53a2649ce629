/** What became of each item of a batch. */
import type { ErrorCode } from "../../errors.ts";

/** `lost`: the fence did not hold, since another worker claimed the run; nothing was written. */
export type Outcome<T> = { kind: "ok"; value: T } | { kind: "lost" } | Refusal;

/** The item can't be done; the code's row in the error table says why, the subject names the row or value that it is about. */
export interface Refusal {
  kind: "error";
  code: ErrorCode;
  subject: string;
}
