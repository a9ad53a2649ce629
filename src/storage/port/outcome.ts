/** What became of each item of a batch. */
import type { ErrorCode } from "../../errors.ts";

/** `lost`: the fence did not hold, somebody else has the run now, nothing was written. */
export type Outcome<T> = { kind: "ok"; value: T } | { kind: "lost" } | Refusal;

/** What the item asked for cannot be; the code's row in the error table says why, the subject names it. */
export interface Refusal {
  kind: "error";
  code: ErrorCode;
  subject: string;
}
