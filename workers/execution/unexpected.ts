import type { Logger } from "pino";
import type { ExecutedEffect, Handed } from "./port.ts";

/** Logs an error that a connector threw and that is no StepFailure: the result of the run does not show it. */
export function logUnexpected(log: Logger, run: Handed | undefined, result: ExecutedEffect): void {
  if (result.kind !== "advanced" || result.advanced.unexpected === undefined) return;
  log.error(
    { run_id: run?.uuid, trace_id: run?.traceId, error: result.advanced.unexpected },
    "a step type failed unexpectedly",
  );
}
