import type { RunFacts } from "../../language/definition/facts.ts";
import type { Matchable } from "../../language/definition/matchers.ts";
import type { Cancel } from "../../schemas/control/control.ts";
import { isObject, type Json, type JsonObject } from "../../schemas/json/json.ts";
import type { LogEntry } from "../../schemas/log/log.ts";
import type { ErrorDetails, StepResult } from "../../schemas/runs/run.ts";
import type { FailedOutcome, StepOutcome } from "../entries.ts";
import type { BlockPlan, Node, Plan } from "../plan/plan.ts";
import type { Children } from "./children.ts";
import type { Inbox } from "./inbox.ts";
import type { Meter, Scope } from "./scope.ts";
import type { Undoable } from "./undoable.ts";

/**
 * Where a run stands, folded from its payload and its log: everything that is needed to go on. Only `record` changes
 * it, in step with the log, so that folding the log again gives the same state.
 */
export interface RunState {
  plan: Plan;
  /** The last entry of every step that began, by path, in order; those of iterations that are long over are dropped. */
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
  /** Steps that began, in all iterations and attempts. */
  executed: number;
  /** Entries of the run that it tries again, for steps that keep them, by path: those within each, then its own; none for most. */
  kept: Map<string, LogEntry[]>;
  /** It is asked to be cancelled, and its log may not say so yet; null where it is not. */
  cancel: Cancel | null;
  /** How the run ends, which was stopped in the middle of its steps; null where it was not. */
  halted: { code: string; error: string } | null;
  /** Steps that succeeded and can be undone, in the order of the log. */
  undoable: Undoable[];
  /** The step that undoes another, alone in its list, while the run is being compensated; null else. */
  undoing: BlockState | null;
  /** How often a compensation of a step began, by the address of that. */
  undone: Map<string, number>;
  /** The paths of entries that were dropped since somebody took them from here. */
  dropped: string[];
  /** How many steps within each step at the top were dropped, by its path. */
  omitted: Map<string, number>;
  /** Counts what the expressions cost that lists begin and end with. */
  meter: Meter;
}

/** How far a list of steps has come. */
export interface BlockState {
  plan: BlockPlan;
  /** Its name as a branch of a parallel; empty for other blocks. */
  name: string;
  /** The common prefix of the paths of its steps. */
  prefix: string;
  /** The common prefix of their addresses; null where no iteration is around it, and they are those of the plan. */
  above: string | null;
  /** Which iteration it is of the step that holds it; null for other blocks. */
  iteration: number | null;
  /** The paths of the steps that began in the innermost iteration around it, in order; null outside of all. */
  trail: string[] | null;
  /** Steps within those that are over which were dropped. */
  omitted: number;
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
  /** When a delay or a pause ends, milliseconds since the epoch; null for never. */
  wakeAt: number | null;
  /** When the time of a container's attempt is over, likewise. */
  deadline: number | null;
  isRetrying: boolean;
  /** When the last attempt began that has an entry, where it was not the first; null for none, and where the entry does not say. */
  triedAt: string | null;
  /** What the entry for the begin of its attempt, or of the last iteration of that, says besides; null for nothing. */
  details: JsonObject | null;
  /** The lists of steps that its attempt or its handler has under way; null while there is none. */
  bodies: BlockState[] | null;
  /** Of a loop's attempt; null for others. */
  loop: LoopState | null;
  /** Of a map's attempt; null for others, and where its items can't be told any more. */
  map: MapState | null;
  /** Steps within its attempt that were dropped. */
  omitted: number;
  /** It has failed for good, and its handler is under way; null before. */
  handler: Handler | null;
}

/** What a loop knows besides its iteration under way, which is its only body. */
export interface LoopState {
  /** What its iterations see of what is around them: its variables, if it has some. */
  scope: Scope;
  /** What the iteration before gave; null in the first. */
  last: Json;
  /** The trails of the iterations before that are still shown, the oldest first. */
  trails: string[][];
}

/** What a map knows besides its iterations under way, which are its bodies. */
export interface MapState {
  /** What each iteration is for. */
  items: readonly Json[];
  concurrency: number;
  /** The next iteration that begins. */
  next: number;
  /** What each gave; null while it has given nothing, and where it failed. */
  outputs: Json[];
  /** Characters of these, as JSON. */
  size: number;
  failed: number;
  /** The first that failed. */
  failures: FailedIteration[];
  /** Why no further iteration begins; null while nothing speaks against it. */
  stoppedBy: { index: number; how: "failed" | "made the output too large" } | null;
  /** The trails of iterations that are over and still shown, how many steps are in them, and which of older ones failed. */
  trails: string[][];
  shown: number;
  failedPaths: string[];
}

/** An iteration of a map that failed. */
export interface FailedIteration {
  index: number;
  /** Of the step that it stopped at. */
  path: string;
  outcome: FailedOutcome;
  inner: ErrorDetails | null;
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

/** Where a list of steps stands. */
export type BlockPlace = Pick<BlockState, "name" | "prefix" | "above" | "iteration" | "trail" | "scope">;

/** A list of steps at its beginning. */
export function blockState(plan: BlockPlan, place: BlockPlace): BlockState {
  const path = `${place.prefix}0`;
  return { plan, ...place, omitted: 0, position: 0, path, current: null, error: null, result: null };
}

/** The step that a block is at. @throws Error when it is at its end: then nothing of it can begin or end */
export function nodeOf({ plan, position }: BlockState): Node {
  const node = plan.nodes[position];
  if (node === undefined) throw new Error("A block at its end has no step");
  return node;
}

/** The address of a step that stands in a list. */
export function addressOf({ above }: BlockState, { name, address }: Node): string {
  return above === null ? address : `${above}${name}`;
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
