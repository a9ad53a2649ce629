import { SET, SUCCEED, WORKFLOW } from "../../../language/definition/control.ts";
import { RUN, type RunFacts } from "../../../language/definition/facts.ts";
import { hasPassed } from "../../../language/retrying/results.ts";
import type { Cancel } from "../../../schemas/control/control.ts";
import { isObject, type Json } from "../../../schemas/json/json.ts";
import type { InboxRow } from "../../../schemas/log/inbox.ts";
import { keptOf } from "../../../schemas/log/kept.ts";
import type { LogEntry } from "../../../schemas/log/log.ts";
import { pauseOf } from "../../../schemas/log/pauses.ts";
import type { StepResult } from "../../../schemas/runs/run.ts";
import { describeFailure } from "../../../step-failures.ts";
import { hasFailed } from "../../constructs/bodies.ts";
import { hasInbox, type Node, type Plan } from "../../plan/plan.ts";
import { resultOf } from "../../result.ts";
import { Children } from "../../state/children.ts";
import { Inbox } from "../../state/inbox.ts";
import { Scope } from "../../state/scope.ts";
import { addressOf, type BlockState, blockOf, blockState, matchableOf, type RunState } from "../../state/state.ts";
import { declare } from "../../state/variables.ts";
import { forbidsUndoing, isOfCancel } from "../deciding/cancel.ts";
import { attemptPath, cancelsChild } from "../deciding/child.ts";
import { catchFor } from "../deciding/handling.ts";
import { retryFor } from "../deciding/retry.ts";
import { awaitedSignals } from "../deciding/wait.ts";
import { resultOfRun } from "./ending.ts";
import { afterIteration, close, leave, nextIteration, openAttempt, openHandler } from "./opening.ts";
import { shiftTimes } from "./pausing.ts";
import { register, undoNext } from "./undoing.ts";

/** What there is of a run beside its payload and its log. */
export interface Surrounding {
  /** What came for it, where the log does not say that it was taken. */
  inbox?: readonly InboxRow[];
  /** What is known of it; null where its plan needs nothing of that. */
  facts?: RunFacts | null;
  /** It is asked to be cancelled; absent for most. */
  cancel?: Cancel | undefined;
}

/** Folds a run's log into its state. */
export function foldLog(plan: Plan, payload: Json, log: Iterable<LogEntry>, more: Surrounding = {}): RunState {
  const { inbox = [], facts = null, cancel } = more;
  const scope = new Scope({ payload }, facts === null ? null : new Scope({ [RUN]: facts }, null));
  const root = blockState(plan.root, { name: "", prefix: "", above: null, iteration: null, trail: null, scope });
  const deadline = facts === null || plan.timeout === null ? null : Date.parse(facts.started_at) + plan.timeout;
  const own = { plan, root, facts, deadline, cancel: cancel ?? null, succeeded: null };
  const state: RunState = {
    ...own,
    steps: new Map(),
    kept: new Map(),
    blocks: new Map(),
    inbox: new Inbox(inbox),
    children: new Children(),
    executed: 0,
    dropped: [],
    omitted: new Map(),
    halted: null,
    undoable: [],
    undoing: null,
    undone: new Map(),
    meter: { units: 0 },
  };
  root.result = declare(plan.root.vars, scope, state.meter);
  for (const entry of log) record(state, entry);
  // What is in the log was told.
  state.children.takeLeft();
  return state;
}

/** Takes one more entry into the state. */
export function record(state: RunState, entry: LogEntry): void {
  const [path, result, , taken] = entry;
  const kept = keptOf(entry);
  for (const one of kept ?? []) state.kept.set(one.at(-1)?.[0] ?? "", one);
  if (kept !== null) return;
  const paused = pauseOf(entry);
  if (paused !== null) return void shiftTimes(state, paused);
  if (taken !== undefined) state.inbox.take(taken);
  const block = blockOf(state, path);
  const node = block?.plan.nodes[block.position];
  if (!state.steps.has(path)) {
    state.executed++;
    block?.trail?.push(path);
  }
  state.steps.set(path, entry);
  // An entry of a step that is over says nothing new.
  if (block === undefined || node === undefined || path !== block.path) return;
  if (result.status === "running") begin(state, block, node, entry);
  else end(state, block, node, entry);
}

function begin(state: RunState, block: BlockState, node: Node, [, result, wakeAt, taken]: LogEntry): void {
  block.current ??= {
    startedAt: result.started_at ?? "",
    failures: 0,
    counts: node.retries.map(() => 0),
    wakeAt: null,
    deadline: null,
    isRetrying: false,
    triedAt: null,
    details: null,
    bodies: null,
    loop: null,
    map: null,
    omitted: 0,
    handler: null,
  };
  const { current } = block;
  const hasFailed = result.error !== null;
  current.isRetrying = hasFailed && wakeAt !== null;
  current.triedAt = result.tried_at ?? null;
  const isAttempt = node.kind === "container" && !hasFailed && current.bodies === null;
  if (isAttempt) current.deadline = wakeAt;
  current.wakeAt = isAttempt ? null : wakeAt;
  if (hasInbox(node)) {
    if (hasFailed) leave(state, block.path, taken !== undefined);
    else if (node.type === WORKFLOW) beginChild(state, block.path, attemptPath(block.path, current), result);
    else state.inbox.wait(block.path, awaitedSignals(result));
  }
  if (current.isRetrying) {
    close(state, block, current);
    // What had been dropped of this attempt is not missed.
    current.omitted = 0;
    const index = retryFor(node.retries, current.counts, matchableOf(result));
    current.counts[index] = (current.counts[index] ?? 0) + 1;
    current.failures++;
  } else if (hasFailed) {
    close(state, block, current);
    const index = catchFor(node.catches, matchableOf(result));
    const handler = node.catches[index];
    if (handler !== undefined) openHandler(state, block, current, { index, failure: result }, handler.plan);
  } else if (node.kind === "container") {
    if (isAttempt) openAttempt(state, block, current, node, result.details ?? null);
    else nextIteration(state, block, current, node, result.details ?? null);
  }
}

function end(state: RunState, block: BlockState, node: Node, [, result, , taken]: LogEntry): void {
  const { current } = block;
  if (node.type === WORKFLOW && isOfCancel(result)) state.children.cancel(block.path);
  if (hasInbox(node)) leave(state, block.path, taken !== undefined);
  if (current !== null) {
    close(state, block, current);
    if (block !== state.root) block.omitted += current.omitted;
    else if (current.omitted > 0) state.omitted.set(block.path, current.omitted);
  }
  block.current = null;
  if (node.type === SUCCEED && result.status === "success") {
    state.succeeded = { output: isObject(result.output) ? (result.output.output ?? null) : null };
  }
  if (hasPassed(result)) {
    block.scope.steps.set(node.name, result);
    if (node.type === SET) assign(block.scope, result);
    register(state, block, node, result);
    block.position++;
    block.path = `${block.prefix}${block.position}`;
    const isOver = block.position === block.plan.nodes.length;
    if (isOver)
      block.result = block === state.root ? resultOfRun(state) : resultOf(block.plan.output, block.scope, state.meter);
  } else if (result.status === "failed") {
    const details = result.error_details ?? null;
    block.error = {
      step: details?.step ?? addressOf(block, node),
      message: details?.message ?? result.error ?? "",
      details,
    };
  } else if (block === state.root) {
    state.halted = haltOf(state, result);
  }
  if (forbidsUndoing(result)) state.undoable = [];
  const isOver = block === state.root ? hasFailed(block) || state.halted !== null : block === state.undoing;
  if (isOver) undoNext(state);
  if (block.iteration !== null && (block.result !== null || block.error !== null)) afterIteration(state, block);
}

function beginChild({ children }: RunState, path: string, attempt: string, { details }: StepResult): void {
  children.begin(path, { attempt, isCancelled: cancelsChild(details) });
}

/** How a run ends whose step at the top was called off. */
function haltOf({ plan }: RunState, { error, error_details: details }: StepResult): RunState["halted"] {
  if (error === describeFailure("cancelled_by_run", {}).error) {
    return describeFailure("run_timeout", { seconds: (plan.timeout ?? 0) / 1000 });
  }
  return { code: details?.code ?? "failed", error: error ?? "" };
}

/** What a step of type `set` gave are the values that it gives to variables. */
function assign(scope: Scope, { status, output }: StepResult): void {
  if (status !== "success" || !isObject(output)) return;
  for (const [name, value] of Object.entries(output)) scope.assign(name, value);
}
