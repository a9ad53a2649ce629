import type { Json } from "../schemas/json/json.ts";
import type { FailedOutcome, StepOutcome } from "./entries.ts";
import { PlaceholderError, resolvePlaceholders } from "./placeholders.ts";
import type { Meter, Scope } from "./state/scope.ts";

/** Characters of the output of a step, as JSON. */
export const MAX_OUTPUT = 1024 * 1024;

/** The result of a list of steps that succeeded: its output, or the outputs of its steps by name. */
export function resultOf(output: Json | undefined, scope: Scope, meter: Meter): StepOutcome {
  if (output === undefined) return { output: scope.outputs() };
  try {
    return { output: resolvePlaceholders(output, scope, undefined, meter) };
  } catch (error) {
    return placeholderFailure(error);
  }
}

/** @throws any error but a PlaceholderError */
export function placeholderFailure(error: unknown): FailedOutcome {
  if (error instanceof PlaceholderError) return { code: error.code, error: error.message, output: null };
  throw error;
}
