import { Type } from "@sinclair/typebox";
import { isUuid } from "../../ids.ts";
import { checkOf } from "../json/check.ts";
import { inJsonbOrder, type JsonObject } from "../json/json.ts";
import type { EndedStatus, RunKey } from "./run.ts";

/** Of all that comes from other programs, and so far of everything. */
export const DEFAULT_NAMESPACE = "default";

/** On `workflow.trigger`, keyed by run id: a pending run wants to be claimed. */
export interface TriggerEvent {
  /** Of the run: a header of the message, no part of its value. */
  namespace: string;
  run_id: string;
  workflow_id: string;
  /** The version that the run was stored with: a header of the message, no part of its value. */
  workflow_version: number;
  /** JSON text of an object, as the run was stored. */
  payload: string;
  /** Of the run; null without a trace. A header of the message, no part of its value. */
  traceparent: string | null;
  /** The run was begun, and something came into its inbox; then it has no payload ("null"). A header of the message. */
  isWake: boolean;
}

/** On `workflow.completed`, keyed by run id, at least once per run. */
export interface CompletedEvent {
  /** Of the run: a header of the message, no part of its value. */
  namespace: string;
  run_id: string;
  workflow_id: string;
  status: EndedStatus;
  error: string | null;
}

/** The event of the end of a run. */
export function completedEvent(
  { namespace, uuid, workflowUuid }: RunKey & { workflowUuid: string },
  { status, error }: { status: EndedStatus; error: string | null },
): CompletedEvent {
  return { namespace, run_id: uuid, workflow_id: workflowUuid, status, error };
}

/** A trigger event as any program may write it: with more fields than ours, and without a payload. */
const foreignTrigger = checkOf(
  Type.Object({
    run_id: Type.String(),
    workflow_id: Type.String(),
    payload: Type.Optional(
      Type.Union([Type.Unsafe<JsonObject>(Type.Record(Type.String(), Type.Unknown())), Type.Null()]),
    ),
  }),
);

/** The content of a trigger event, which any program may have written. */
export interface Triggered extends RunKey {
  /** The workflow that the message names; the row of the run decides. */
  workflowId: string;
  /** What the run was stored with, as the message says; null where it does not say, or is too long. */
  stored: StoredWith | null;
  /** See TriggerEvent. */
  isWake: boolean;
}

/** What a run was stored with. */
export interface StoredWith {
  version: number;
  /** JSON text, its keys in the order in which the row would give them. */
  payload: string;
  /** Null where it has no trace. */
  traceparent: string | null;
}

/** Why a message is no trigger event: it is no JSON, or JSON of another shape. */
export interface NoTrigger {
  fault: string;
  kind: "unreadable" | "invalid";
}

/** The run of a longer message is not executed before its row is read: its payload would go back to the database. */
const MAX_TOLD_CHARACTERS = 4096;

/** What came with a message beside its value; null for what did not. */
export interface TriggerHeaders {
  namespace: string | null;
  version: string | null;
  traceparent: string | null;
  wake: string | null;
}

/** Reads a trigger event that any program may have written. One without a namespace is of the default one. */
export function readTrigger(
  text: string,
  { namespace, version, traceparent, wake }: TriggerHeaders,
): Triggered | NoTrigger {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { fault: "broken JSON", kind: "unreadable" };
  }
  if (foreignTrigger.Check(value)) {
    const { run_id, workflow_id, payload } = value;
    if (!isUuid(run_id)) return { fault: "run_id is no uuid", kind: "invalid" };
    const isTold = version !== null && /^[1-9]\d{0,8}$/.test(version) && text.length <= MAX_TOLD_CHARACTERS;
    const stored =
      isTold && payload
        ? { version: Number(version), payload: JSON.stringify(inJsonbOrder(payload)), traceparent }
        : null;
    const key = { namespace: namespace ?? DEFAULT_NAMESPACE, uuid: run_id.toLowerCase() };
    return { ...key, workflowId: workflow_id, stored, isWake: wake !== null };
  }
  const error = foreignTrigger.Errors(value).First();
  const fault = `wrong types: ${error?.path || "the event"}: ${error?.message ?? "not a trigger event"}`;
  return { fault, kind: "invalid" };
}
