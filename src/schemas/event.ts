import { Type } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { isUuid } from "../ids.ts";
import type { JsonObject } from "./json.ts";
import type { EndedStatus } from "./run.ts";

/** On `workflow.trigger`, keyed by run id: a pending run wants to be claimed. */
export interface TriggerEvent {
  run_id: string;
  workflow_id: string;
  /** Null where the event would be too big; workers read the row anyway. */
  payload: JsonObject | null;
}

/** On `workflow.completed`, keyed by run id, at least once per run. */
export interface CompletedEvent {
  run_id: string;
  workflow_id: string;
  status: EndedStatus;
  error: string | null;
}

/** A trigger event as any program may write it: with more fields than ours, and without a payload. */
const foreignTrigger = TypeCompiler.Compile(
  Type.Object({
    run_id: Type.String(),
    workflow_id: Type.String(),
    payload: Type.Optional(Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()])),
  }),
);

/** What a trigger event says, whoever wrote it. */
export interface Triggered {
  runId: string;
  /** The workflow as the message names it: the row knows better. */
  workflowId: string;
}

/** What a trigger event says, or what is wrong with it. */
export type ReadTrigger = Triggered | { fault: string };

/** Reads the text of a trigger event that any program may have written. */
export function readTrigger(text: string): ReadTrigger {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { fault: "broken JSON" };
  }
  if (foreignTrigger.Check(value)) {
    const { run_id, workflow_id } = value;
    return isUuid(run_id) ? { runId: run_id.toLowerCase(), workflowId: workflow_id } : { fault: "run_id is no uuid" };
  }
  const error = foreignTrigger.Errors(value).First();
  return { fault: `wrong types: ${error?.path || "the event"}: ${error?.message ?? "not a trigger event"}` };
}
