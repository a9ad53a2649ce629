/** Refusals that both storages give. */
import type { Refusal } from "./port.ts";

/** The outcome for an item that the database refuses. */
export const UNSTORABLE: Refusal = { kind: "error", code: "unstorable", subject: "" };

/** The outcome for a workflow that does not exist, or was deleted. */
export function notFound(reference: string): Refusal {
  return { kind: "error", code: "workflow_not_found", subject: reference };
}
