import { isoTime } from "../clock.ts";
import { shortened } from "../errors.ts";
import type { Json, JsonObject } from "../schemas/json.ts";
import type { LogEntry } from "../schemas/log.ts";
import type { ErrorDetails, StepResult } from "../schemas/run.ts";
import type { FailureCode } from "../step-failures.ts";
import type { BlockPlan, Node, Plan } from "./plan.ts";
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
  /** Blocks below the root that are under way, by what the paths of their steps begin with. */
  blocks: Map<string, BlockState>;
}

/** How far the steps of a block have come. */
export interface BlockState {
  plan: BlockPlan;
  /** What the paths of its steps begin with. */
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
  /** What it holds, where it holds steps and an attempt is under way. */
  body: BlockState | null;
}

/** The error that ended a block, as the step that had it says. */
export interface StepError {
  step: string;
  message: string;
  details: ErrorDetails | null;
}

/** Folds a run's log into its state. */
export function foldLog(plan: Plan, payload: Json, log: Iterable<LogEntry>): RunState {
  const root = blockState(plan.root, "", new Scope(new Map([["payload", payload]]), null));
  const state: RunState = { plan, steps: new Map(), root, blocks: new Map() };
  for (const entry of log) record(state, entry);
  return state;
}

/** Takes one more entry into the state. */
export function record(state: RunState, entry: LogEntry): void {
  const [path, result, wakeAt] = entry;
  const slash = path.lastIndexOf("/");
  const block = slash < 0 ? state.root : state.blocks.get(path.slice(0, slash + 1));
  const node = block?.plan.nodes[block.position];
  state.steps.set(path, entry);
  // An entry of a step that is over says nothing new.
  if (block === undefined || node === undefined || path !== block.path) return;
  if (result.status === "running") begin(state, block, node, result, wakeAt);
  else end(state, block, node, result);
}

/** What of a failed attempt decides about the next. */
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
    body: null,
  };
  const { current } = block;
  current.wakeAt = wakeAt;
  current.isRetrying = result.error !== null;
  if (current.isRetrying) {
    close(state, current);
    const index = retryFor(node.retries, current.counts, retryableOf(result));
    current.counts[index] = (current.counts[index] ?? 0) + 1;
    current.failures++;
  } else if (node.kind === "block" && current.body === null) {
    const attempt = current.failures === 0 ? "" : `~${current.failures + 1}`;
    const body = blockState(node.body, `${block.path}${attempt}/0/`, new Scope(new Map(), block.scope));
    current.body = body;
    state.blocks.set(body.prefix, body);
  }
}

function end(state: RunState, block: BlockState, node: Node, result: StepResult): void {
  if (block.current !== null) close(state, block.current);
  block.current = null;
  if (result.status === "success") {
    block.scope.names.set(node.name, result.output);
    block.position++;
    block.path = `${block.prefix}${block.position}`;
  } else {
    const details = result.error_details ?? null;
    block.error = {
      step: details?.step ?? node.address,
      message: details?.message ?? result.error ?? "",
      details,
    };
  }
}

/** Forgets what a container held. */
function close(state: RunState, step: StepState): void {
  if (step.body === null) return;
  if (step.body.current !== null) close(state, step.body.current);
  state.blocks.delete(step.body.prefix);
  step.body = null;
}

function blockState(plan: BlockPlan, prefix: string, scope: Scope): BlockState {
  return { plan, prefix, scope, position: 0, path: `${prefix}0`, current: null, error: null };
}

/** Characters of a step's error, which the run and its event repeat. */
export const MAX_ERROR = 4096;

/** How a step's attempt ended. A failure has a code, by which a retry can tell it from others. */
export type StepOutcome = { output: Json } | FailedOutcome;

export interface FailedOutcome {
  code: FailureCode;
  error: string;
  /** What the attempt left all the same; null for nothing. */
  output: JsonObject | null;
  details?: JsonObject;
}

/** Fields of a result that only some steps have. */
export type ResultExtras = Pick<StepResult, "type" | "path" | "attempts" | "error_details">;

/** The entry for a step that begins now, or sleeps until a time (milliseconds). */
export function startedEntry(
  path: string,
  name: string,
  now: number,
  wakeAt: number | null,
  extras?: ResultExtras,
): LogEntry {
  const result: StepResult = {
    step_name: name,
    status: "running",
    started_at: isoTime(now),
    completed_at: null,
    output: null,
    error: null,
  };
  return [path, extras === undefined ? result : Object.assign(result, extras), wakeAt];
}

/** The entry for a step that ended. */
export function endedEntry(
  path: string,
  name: string,
  startedAt: string,
  now: number,
  outcome: StepOutcome,
  extras?: ResultExtras,
): LogEntry {
  const error = "error" in outcome ? outcome.error : null;
  const result: StepResult = {
    step_name: name,
    status: error === null ? "success" : "failed",
    started_at: startedAt,
    completed_at: isoTime(now),
    output: outcome.output,
    error: error === null ? null : shortened(error, MAX_ERROR),
  };
  return [path, extras === undefined ? result : Object.assign(result, extras), null];
}
