import type { Json } from "../schemas/json.ts";
import type { LogEntry } from "../schemas/log.ts";
import type { ErrorDetails, StepResult } from "../schemas/run.ts";
import type { StepOutcome } from "./entries.ts";
import type { BlockPlan, Node, Plan } from "./plan.ts";
import { resultOf } from "./result.ts";
import { retryFor } from "./retry.ts";
import { Scope } from "./scope.ts";

/**
 * Where a run stands, folded from its payload and its log: everything that is needed to go on. Only `record` changes
 * it, in step with the log, so that folding the log again gives the same state.
 */
export interface RunState {
  plan: Plan;
  /** The last entry of every step that began, by path, in order. */
  steps: Map<string, LogEntry>;
  root: BlockState;
  /** Blocks below the root that are under way, by the common prefix of the paths of their steps. */
  blocks: Map<string, BlockState>;
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
  /** Until when nothing happens: the end of a delay, or the next attempt; milliseconds since the epoch. */
  wakeAt: number | null;
  isRetrying: boolean;
  /** The lists of steps that it holds, while an attempt is under way; none else. */
  bodies: readonly BlockState[];
}

/** The error that ended a block, as the step that had it says. */
export interface StepError {
  step: string;
  message: string;
  details: ErrorDetails | null;
}

/** Folds a run's log into its state. */
export function foldLog(plan: Plan, payload: Json, log: Iterable<LogEntry>): RunState {
  const root = blockState(plan.root, "", "", new Scope(new Map([["payload", payload]]), null));
  const state: RunState = { plan, steps: new Map(), root, blocks: new Map() };
  for (const entry of log) record(state, entry);
  return state;
}

/** Takes one more entry into the state. */
export function record(state: RunState, entry: LogEntry): void {
  const [path, result, wakeAt] = entry;
  const block = blockOf(state, path);
  const node = block?.plan.nodes[block.position];
  state.steps.set(path, entry);
  // An entry of a step that is over says nothing new.
  if (block === undefined || node === undefined || path !== block.path) return;
  if (result.status === "running") begin(state, block, node, result, wakeAt);
  else end(state, block, node, result);
}

/** The block under way that has the step at a path; undefined where none has. */
export function blockOf(state: RunState, path: string): BlockState | undefined {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? state.root : state.blocks.get(path.slice(0, slash + 1));
}

/** The part of a failed attempt that decides about the next. */
export function retryableOf({ error_details: details }: StepResult): { code: string; status: number | null } {
  const status = details?.details?.status;
  return { code: details?.code ?? "failed", status: typeof status === "number" ? status : null };
}

function begin(state: RunState, block: BlockState, node: Node, result: StepResult, wakeAt: number | null): void {
  block.current ??= {
    startedAt: result.started_at ?? "",
    failures: 0,
    counts: node.retries.map(() => 0),
    wakeAt: null,
    isRetrying: false,
    bodies: [],
  };
  const { current } = block;
  current.wakeAt = wakeAt;
  current.isRetrying = result.error !== null;
  if (current.isRetrying) {
    close(state, current);
    const index = retryFor(node.retries, current.counts, retryableOf(result));
    current.counts[index] = (current.counts[index] ?? 0) + 1;
    current.failures++;
  } else if (node.kind === "container" && current.bodies.length === 0) {
    const attempt = current.failures === 0 ? "" : `~${current.failures + 1}`;
    const above = `${block.path}${attempt}`;
    current.bodies = node.branches.map(({ name, plan }, index) =>
      blockState(plan, name, `${above}/${index}/`, new Scope(new Map(), block.scope)),
    );
    for (const body of current.bodies) state.blocks.set(body.prefix, body);
  }
}

function end(state: RunState, block: BlockState, node: Node, result: StepResult): void {
  if (block.current !== null) close(state, block.current);
  block.current = null;
  if (result.status === "success") {
    block.scope.names.set(node.name, result.output);
    block.position++;
    block.path = `${block.prefix}${block.position}`;
    const isOver = block.position === block.plan.nodes.length;
    if (isOver && block !== state.root) block.result = resultOf(block.plan.output, block.scope);
  } else if (result.status === "failed") {
    const details = result.error_details ?? null;
    block.error = {
      step: details?.step ?? node.address,
      message: details?.message ?? result.error ?? "",
      details,
    };
  }
}

/** Forgets the state of a container. */
function close(state: RunState, step: StepState): void {
  for (const body of step.bodies) {
    if (body.current !== null) close(state, body.current);
    state.blocks.delete(body.prefix);
  }
  step.bodies = [];
}

function blockState(plan: BlockPlan, name: string, prefix: string, scope: Scope): BlockState {
  return { plan, name, prefix, scope, position: 0, path: `${prefix}0`, current: null, error: null, result: null };
}
