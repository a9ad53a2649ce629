import { SUCCEED, WORKFLOW } from "../../language/definition/control.ts";
import type { InboxRow } from "../../schemas/inbox.ts";
import { isObject, type Json } from "../../schemas/json.ts";
import type { LogEntry } from "../../schemas/log.ts";
import type { StepResult } from "../../schemas/run.ts";
import { CONSTRUCTS } from "../constructs/index.ts";
import { hasInbox, type Node, type Plan } from "../plan/plan.ts";
import { RUN } from "../plan/reads-run.ts";
import { resultOf } from "../result.ts";
import { Children } from "../state/children.ts";
import type { RunFacts } from "../state/facts.ts";
import { Inbox } from "../state/inbox.ts";
import { Scope } from "../state/scope.ts";
import { type BlockState, blockOf, blockState, matchableOf, type RunState, type StepState } from "../state/state.ts";
import { attemptPath } from "./child.ts";
import { catchFor } from "./handling.ts";
import { retryFor } from "./retry.ts";

/** What there is of a run beside its payload and its log. */
export interface Surrounding {
  /** What came for it, where the log does not say that it was taken. */
  inbox?: readonly InboxRow[];
  /** What is known of it; null where its plan needs nothing of that. */
  facts?: RunFacts | null;
}

/** Folds a run's log into its state. */
export function foldLog(plan: Plan, payload: Json, log: Iterable<LogEntry>, more: Surrounding = {}): RunState {
  const { inbox = [], facts = null } = more;
  const outer = facts === null ? null : new Scope({ name: RUN, value: facts }, null);
  const root = blockState(plan.root, "", "", new Scope({ name: "payload", value: payload }, outer));
  const deadline = facts === null || plan.timeout === null ? null : Date.parse(facts.started_at) + plan.timeout;
  const own = { plan, root, facts, deadline, succeeded: null };
  const state: RunState = {
    ...own,
    steps: new Map(),
    blocks: new Map(),
    inbox: new Inbox(inbox),
    children: new Children(),
  };
  for (const entry of log) record(state, entry);
  // What is in the log was told.
  state.children.takeLeft();
  return state;
}

/** Takes one more entry into the state. */
export function record(state: RunState, entry: LogEntry): void {
  const [path, result, , taken] = entry;
  if (taken !== undefined) state.inbox.take(taken);
  const block = blockOf(state, path);
  const node = block?.plan.nodes[block.position];
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
    isRetrying: false,
    details: null,
    bodies: null,
    handler: null,
  };
  const { current } = block;
  current.wakeAt = wakeAt;
  if (hasInbox(node)) {
    if (result.error !== null) leave(state, block.path, taken !== undefined);
    else if (node.type === WORKFLOW) state.children.begin(block.path, attemptPath(block.path, current));
    else state.inbox.wait(block.path, signalsOf(result));
  }
  current.isRetrying = result.error !== null && wakeAt !== null;
  if (current.isRetrying) {
    close(state, current);
    const index = retryFor(node.retries, current.counts, matchableOf(result));
    current.counts[index] = (current.counts[index] ?? 0) + 1;
    current.failures++;
  } else if (result.error !== null) handle(state, block, current, node, result);
  else if (node.kind === "container" && current.bodies === null) {
    current.details = result.details ?? null;
    const attempt = current.failures === 0 ? "" : `~${current.failures + 1}`;
    const above = `${block.path}${attempt}`;
    open(
      state,
      current,
      CONSTRUCTS[node.type]
        .bodies(node, current.details)
        .map(({ name, plan, segment }) => blockState(plan, name, `${above}/${segment}/`, new Scope(null, block.scope))),
    );
  }
}

/** Begins with what is to be done about the failure of a step. */
function handle(state: RunState, block: BlockState, current: StepState, node: Node, failure: StepResult): void {
  close(state, current);
  const index = catchFor(node.catches, matchableOf(failure));
  const plan = node.catches[index]?.plan;
  if (plan === undefined) return;
  current.handler = { index, failure };
  const given = { name: "error", value: { ...failure.error_details } } as const;
  open(state, current, [blockState(plan, "", `${block.path}/c${index}/`, new Scope(given, block.scope))]);
}

function end(state: RunState, block: BlockState, node: Node, [, result, , taken]: LogEntry): void {
  if (hasInbox(node)) leave(state, block.path, taken !== undefined);
  if (block.current !== null) close(state, block.current);
  block.current = null;
  if (node.type === SUCCEED && result.status === "success") {
    state.succeeded = { output: isObject(result.output) ? (result.output.output ?? null) : null };
  }
  if (hasPassed(result)) {
    block.scope.steps.set(node.name, result);
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

/** Whether the list goes on behind a step that ended so. What is called off has an error; what its condition skipped has none. */
function hasPassed({ status, handled, error }: StepResult): boolean {
  return status === "success" || handled === true || (status === "skipped" && error === null);
}

/** A step waits no more. `isTaken`: since it took what it waited for. */
function leave(state: RunState, path: string, isTaken: boolean): void {
  state.inbox.leave(path);
  state.children.over(path, isTaken);
}

/** The names of the signals that an attempt of a step waits for. */
function signalsOf({ details }: StepResult): string[] {
  const signals = details?.signals;
  return Array.isArray(signals) ? signals.filter((name) => typeof name === "string") : [];
}

/** Puts lists of steps under way. */
function open(state: RunState, step: StepState, bodies: readonly BlockState[]): void {
  step.bodies = bodies;
  for (const body of bodies) state.blocks.set(body.prefix, body);
}

/** Forgets the lists that a step has under way. */
function close(state: RunState, step: StepState): void {
  for (const body of step.bodies ?? []) {
    if (body.current !== null) close(state, body.current);
    leave(state, body.path, false);
    state.blocks.delete(body.prefix);
  }
  step.bodies = null;
}
