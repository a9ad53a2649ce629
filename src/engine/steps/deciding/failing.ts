import { describeFailure } from "../../../step-failures.ts";
import type { FailedOutcome } from "../../entries.ts";
import type { BlockState } from "../../state/state.ts";
import type { Decision } from "./decision.ts";

/** The outcome of an attempt that took longer than it may, in milliseconds. */
export function timedOut(timeout: number): FailedOutcome {
  return { ...describeFailure("step_timeout", { seconds: timeout / 1000 }), output: null };
}

/** The decision that fails an attempt. */
export function failed(
  block: BlockState,
  failure: Pick<FailedOutcome, "code" | "error">,
): Decision & { kind: "settle" } {
  return { kind: "settle", block, outcome: { ...failure, output: null } };
}
