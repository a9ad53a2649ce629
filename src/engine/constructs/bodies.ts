import type { ErrorDetails } from "../../schemas/runs/run.ts";
import type { FailedOutcome, StepOutcome } from "../entries.ts";
import type { BlockState, StepError } from "../state/state.ts";
import type { Verdict } from "./construct.ts";

export function hasFailed({ error, result }: BlockState): boolean {
  return error !== null || (result !== null && "error" in result);
}

/** How a list of steps failed, and the error as the step within it had it; null where the list's own output is to blame. */
export function failureOf({ error, result }: BlockState): { outcome: FailedOutcome; inner: ErrorDetails | null } {
  if (error === null && result !== null && "error" in result) return { outcome: result, inner: null };
  const details = error?.details ?? null;
  return { outcome: { code: details?.code ?? "failed", error: sentenceOf(error), output: null }, inner: details };
}

/** The sentence about a step that failed. */
export function sentenceOf(error: StepError | null): string {
  const { step = "", message = "" } = error ?? {};
  return `Step "${step}" failed: ${message}`;
}

/** A container ends so, and none of its bodies is to be called off. */
export function endOf(outcome: StepOutcome): Verdict {
  return { kind: "end", outcome, inner: null, callsOff: null };
}
