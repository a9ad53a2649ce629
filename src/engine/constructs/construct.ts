import type { JsonObject } from "../../schemas/json/json.ts";
import type { ErrorDetails } from "../../schemas/runs/run.ts";
import type { FailedOutcome, StepOutcome } from "../entries.ts";
import type { BodyPlan, ContainerNode } from "../plan/plan.ts";
import type { Meter, Scope } from "../state/scope.ts";
import type { BlockState, StepState } from "../state/state.ts";

/** How a step that holds others begins, goes on and ends, by its type. Pure: `record` alone changes the state. */
export interface Construct {
  /** What the entry for the begin of an attempt says, so that the attempt has the same bodies again after a crash. */
  begin(node: ContainerNode, scope: Scope, meter: Meter): Begun | FailedOutcome;
  /** The bodies of an attempt that began so. */
  bodies(node: ContainerNode, details: JsonObject | null): readonly BodyPlan[];
  /** The bodies that may go on. */
  next(node: ContainerNode, bodies: readonly BlockState[]): readonly BlockState[];
  /** How the bodies end it, or the next iteration that they lead to; null while they do neither. */
  verdict(node: ContainerNode, bodies: readonly BlockState[], at: Point): Verdict | NextIteration | null;
}

/** Where a container stands that is asked for its verdict. */
export interface Point {
  block: BlockState;
  step: StepState;
  now: number;
  meter: Meter;
}

/** Another iteration of a loop. */
export interface NextIteration {
  kind: "next";
  /** What its entry says. */
  details: JsonObject;
  /** When it begins, milliseconds since the epoch; null for now. */
  wakeAt: number | null;
}

/** An attempt of a container that may begin. */
export interface Begun {
  details: JsonObject | null;
}

/** How an attempt of a container ended. */
export interface Verdict {
  kind: "end";
  outcome: StepOutcome;
  /** The error as the step within it had it; null where it is the container's own. */
  inner: ErrorDetails | null;
  /** Why the bodies that are not over are called off; null where all are. */
  callsOff: Pick<FailedOutcome, "code" | "error"> | null;
}
