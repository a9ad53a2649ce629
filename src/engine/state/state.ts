import type { Matchable } from "../../language/definition/matchers.ts";
import { isObject, type Json, type JsonObject } from "../../schemas/json.ts";
import type { LogEntry } from "../../schemas/log.ts";
import type { ErrorDetails, StepResult } from "../../schemas/run.ts";
import type { StepOutcome } from "../entries.ts";
import type { BlockPlan, Plan } from "../plan/plan.ts";
import type { Children } from "./children.ts";
import type { RunFacts } from "./facts.ts";
import type { Inbox } from "./inbox.ts";
import type { Scope } from "./scope.ts";

/**
 * Where a run stands, folded from its payload and its log: everything that is needed to go on. Only `record` changes
 * it, in step with the log, so that folding the log again gives the same state.
 */
export interface RunState {
  plan: Plan;
  /** The last entry of every step that began, by path, in order. */
  steps: Map<string, LogEntry>;
  root: BlockState;
  /** When its time is over, milliseconds since the epoch; null where it has none. */
  deadline: number | null;
  /** What the run gives, once a step of it has said so and ended it; null before. */
  succeeded: { output: Json } | null;
  /** Blocks below the root that are under way, by the common prefix of the paths of their steps. */
  blocks: Map<string, BlockState>;
  inbox: Inbox;
  /** What is known of the run; null where its plan needs nothing of that. */
  facts: RunFacts | null;
  children: Children;
}

/** How far a list of steps has come. */
export interface BlockState {
  plan: BlockPlan;
  /** Its name as a branch of a parallel; empty for other blocks. */
  name: string;
  /** The common prefix of the paths of its steps. */
  prefix: string;
  scope: Scope;
  /** Steps that are over. */
  position: number;
  /** The path of the step that it is at: made once, since every entry has it. */
  path: string;
  /** The step that has begun; null before it does. */
  current: StepState | null;
  /** Why a step of it failed for good; null while none has. */
  error: StepError | null;
  /** Its output, or the reason why it has none; null until its last step ended. */
  result: StepOutcome | null;
}

/** A step that has begun and is not over. */
export interface StepState {
  startedAt: string;
  /** Attempts that have failed, and how many of them each of its retries was for. */
  failures: number;
  counts: number[];
  /** When a delay or a pause ends, or the time of a container's attempt; milliseconds since the epoch. */
  wakeAt: number | null;
  isRetrying: boolean;
  /** What the entry for the begin of its attempt says besides; null for nothing. */
  details: JsonObject | null;
  /** The lists of steps that its attempt or its handler has under way; null while there is none. */
  bodies: readonly BlockState[] | null;
  /** It has failed for good, and its handler is under way; null before. */
  handler: Handler | null;
}

/** Which catch of a step runs, and the result of the step when it had failed. */
export interface Handler {
  index: number;
  failure: StepResult;
}

/** The error that ended a block, as the step that had it says. */
export interface StepError {
  step: string;
  message: string;
  details: ErrorDetails | null;
}

/** A list of steps at its beginning. */
export function blockState(plan: BlockPlan, name: string, prefix: string, scope: Scope): BlockState {
  return { plan, name, prefix, scope, position: 0, path: `${prefix}0`, current: null, error: null, result: null };
}

/** The block under way that has the step at a path; undefined where none has. */
export function blockOf(state: RunState, path: string): BlockState | undefined {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? state.root : state.blocks.get(path.slice(0, slash + 1));
}

/** The part of a failed attempt that decides about what comes next. */
export function matchableOf({ error_details: details }: StepResult): Matchable {
  const inside = details?.details;
  const status = isObject(inside) ? inside.status : null;
  return { code: details?.code ?? "failed", status: typeof status === "number" ? status : null };
}
