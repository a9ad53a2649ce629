/** Refusals that both storages give. */
import { type ErrorCode, messageOf } from "../errors.ts";
import type { Refusal } from "./port.ts";

/** The outcome for an item that the database refuses. */
export const UNSTORABLE: Refusal = { kind: "error", code: "unstorable", subject: "" };

/** The same, with what the database said. */
export function unstorable(error: unknown): Refusal {
  return { ...UNSTORABLE, reason: messageOf(error) };
}

/** The outcome for an item that is refused for what it names. */
export function refused(code: ErrorCode, subject: string): Refusal {
  return { kind: "error", code, subject };
}

/** The outcome for a workflow that does not exist, or was deleted. */
export function notFound(reference: string): Refusal {
  return refused("workflow_not_found", reference);
}
