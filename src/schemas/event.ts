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
