import { isoTime } from "../clock.ts";
import type { OnFailure } from "../language/definition/options.ts";
import { type ChildOfStep, ON_FAILURE } from "../schemas/child.ts";
import { findJsonFaults, type Json, type JsonObject } from "../schemas/json.ts";
import type { ErrorDetails } from "../schemas/run.ts";
import { resultOf } from "./result.ts";
import type { RunFacts } from "./state/facts.ts";
import { Scope } from "./state/scope.ts";
import type { RunState } from "./state/state.ts";
import type { Ending } from "./steps/decision.ts";

/** The run that is started because one fails. Where its payload can't be made as the definition says, it has the usual one. */
export function runOnFailure(
  { plan, root, facts, meter }: RunState,
  end: Ending,
  now: number,
): ChildOfStep | undefined {
  const { onFailure } = plan;
  if (onFailure === null || facts === null || end.status !== "failed") return undefined;
  const error = end.details ?? plainError(end.error ?? "", now);
  const scope = new Scope({ error: { ...error } }, root.scope);
  const made = onFailure.payload === undefined ? null : resultOf(onFailure.payload, scope, meter);
  const usual = usualPayload(facts, root.scope.get("payload") ?? null, error);
  const payload = made === null || "error" in made ? usual : made.output;
  const text = JSON.stringify(payload);
  // Not every store keeps what expressions can make.
  const isStorable = findJsonFaults(text).every(({ kind }) => kind === "number");
  return started(onFailure, isStorable ? text : JSON.stringify(usual));
}

/** The same for a run that ended without its engine, since threads were lost under it. `payload`: JSON text. */
export function runOnCrash(
  onFailure: OnFailure,
  facts: Told,
  payload: string,
  error: string,
  now: number,
): ChildOfStep {
  const given: Json = JSON.parse(payload);
  return started(onFailure, JSON.stringify(usualPayload(facts, given, { ...plainError(error, now), code: "crashed" })));
}

/** What names a run. */
type Told = Pick<RunFacts, "id" | "workflow_id" | "workflow_version">;

function usualPayload(
  { id: run_id, workflow_id, workflow_version }: Told,
  payload: Json,
  error: ErrorDetails,
): JsonObject {
  return { run_id, workflow_id, workflow_version, payload, error: { ...error } };
}

function plainError(message: string, now: number): ErrorDetails {
  const place = { step: "", path: "", attempts: 1, at: isoTime(now) };
  return { code: "failed", message, ...place, details: null, cause: null };
}

function started({ workflow_id: workflow }: OnFailure, payload: string): ChildOfStep {
  return { path: ON_FAILURE, workflow, version: null, payload, isAwaited: false, isCancelled: false };
}
