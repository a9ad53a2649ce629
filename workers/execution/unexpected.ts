import type { Logger } from "pino";
import type { ExecutedEffect } from "./port.ts";

/** Logs an error that a connector threw and that is no StepFailure: the result of the run does not show it. */
export function logUnexpected(log: Logger, run: { uuid: string } | undefined, result: ExecutedEffect): void {
  if (result.kind !== "advanced" || result.advanced.unexpected === undefined) return;
  log.error({ run_id: run?.uuid, error: result.advanced.unexpected }, "a step type failed unexpectedly");
}
