import { isoTime } from "../clock.ts";
import { RUN, type RunFacts } from "../language/definition/facts.ts";
import type { OnFailure } from "../language/definition/options.ts";
import { findJsonFaults, type Json, type JsonObject } from "../schemas/json/json.ts";
import type { Interruption } from "../schemas/log/interrupted.ts";
import { type ChildOfStep, ON_FAILURE } from "../schemas/runs/child.ts";
import type { ErrorDetails } from "../schemas/runs/run.ts";
import { resultOf } from "./result.ts";
import { type Meter, Scope } from "./state/scope.ts";
import type { RunState } from "./state/state.ts";
import type { Ending } from "./steps/deciding/decision.ts";

/** The run that is started because one fails. */
export function runOnFailure(
  { plan, root, facts, meter }: RunState,
  end: Ending,
  now: number,
): ChildOfStep | undefined {
  const { onFailure } = plan;
  if (onFailure === null || facts === null || end.status !== "failed") return undefined;
  const error = end.details ?? plainError("failed", end.error ?? "", now);
  return started(onFailure, { facts, payload: root.scope.bound?.payload ?? null, error }, meter);
}

/** The same for a run that ended without its engine, for this reason. `payload`: JSON text. */
export function runOnInterruption(
  onFailure: OnFailure,
  facts: RunFacts,
  payload: string,
  reason: Interruption,
  now: number,
): ChildOfStep {
  const error = plainError(reason.code, reason.error, now);
  return started(onFailure, { facts, payload: JSON.parse(payload), error }, { units: 0 });
}

/** What is known of a run that failed. */
interface Failed {
  facts: RunFacts;
  payload: Json;
  error: ErrorDetails;
}

/** Where its payload can't be made as the definition says, it has the usual one. */
function started({ workflow_id: workflow, payload }: OnFailure, failed: Failed, meter: Meter): ChildOfStep {
  const text = (payload === undefined ? null : madePayload(payload, failed, meter)) ?? usualPayload(failed);
  return { path: ON_FAILURE, workflow, version: null, payload: text, isAwaited: false, isCancelled: false };
}

/** JSON text of the payload that a definition says; null where that can't be made. */
function madePayload(template: JsonObject, { facts, payload, error }: Failed, meter: Meter): string | null {
  const made = resultOf(template, new Scope({ payload, [RUN]: facts, error: { ...error } }, null), meter);
  if ("error" in made) return null;
  const text = JSON.stringify(made.output);
  // Not every store keeps what expressions can make.
  return findJsonFaults(text).every(({ kind }) => kind === "number") ? text : null;
}

function usualPayload({ facts, payload, error }: Failed): string {
  const { id: run_id, workflow_id, workflow_version } = facts;
  return JSON.stringify({ run_id, workflow_id, workflow_version, payload, error });
}

function plainError(code: string, message: string, now: number): ErrorDetails {
  const place = { step: "", path: "", attempts: 1, at: isoTime(now) };
  return { code, message, ...place, details: null, cause: null };
}
