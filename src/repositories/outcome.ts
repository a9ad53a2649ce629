import { PlatformError } from "../errors.ts";
import type { Outcome } from "../storage/port.ts";

/** The value of an outcome. @throws PlatformError for every other kind. */
export function unwrap<Value>(outcome: Outcome<Value> | undefined): Value {
  if (outcome?.kind === "ok") return outcome.value;
  throw outcome?.kind === "error" ? new PlatformError(outcome.code, outcome.subject) : new PlatformError("internal");
}
