import type { ErrorDetails } from "../../schemas/run.ts";
import type { FailedOutcome, StepOutcome } from "../entries.ts";
import type { ContainerNode } from "../plan/plan.ts";
import type { BlockState } from "../state/state.ts";

/** How a step that holds others goes on and ends, by its type. Pure: `record` alone changes the state. */
export interface Construct {
  /** The bodies that may go on. */
  next(node: ContainerNode, bodies: readonly BlockState[]): readonly BlockState[];
  /** How the bodies end it; null while they do not. */
  verdict(node: ContainerNode, bodies: readonly BlockState[], now: number): Verdict | null;
}

/** How an attempt of a container ended. */
export interface Verdict {
  outcome: StepOutcome;
  /** The error as the step within it had it; null where it is the container's own. */
  inner: ErrorDetails | null;
  /** Why the bodies that are not over are called off; null where all are. */
  callsOff: Pick<FailedOutcome, "code" | "error"> | null;
}
