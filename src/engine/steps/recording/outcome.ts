import { isoTime } from "../../../clock.ts";
import { shortened } from "../../../errors.ts";
import { WORKFLOW } from "../../../language/definition/control.ts";
import type { JsonObject } from "../../../schemas/json/json.ts";
import type { LogEntry } from "../../../schemas/log/log.ts";
import type { ErrorDetails, StepResult } from "../../../schemas/runs/run.ts";
import {
  endedEntry,
  type FailedOutcome,
  MAX_ERROR,
  type ResultExtras,
  type StepOutcome,
  startedEntry,
} from "../../entries.ts";
import { hasInbox, type Node } from "../../plan/plan.ts";
import {
  addressOf,
  type BlockState,
  type Handler,
  matchableOf,
  nodeOf,
  type RunState,
  type StepState,
} from "../../state/state.ts";
import { catchFor } from "../deciding/handling.ts";
import { retryTime } from "../deciding/retry.ts";
import { triedAt } from "./tried.ts";

/**
 * The entry for the end of a step's attempt, or of its handler: the step's end, the wait for its next attempt, or the begin of
 * its handler.
 *
 * @param run uuid of the run, which chance is drawn from
 * @param inner the error that ended a container or a handler, as the step within it had it
 * @param from when the attempt began, if no entry says so, milliseconds since the epoch
 */
export function outcomeEntry(
  { plan }: RunState,
  block: BlockState,
  run: string,
  now: number,
  outcome: StepOutcome,
  inner: ErrorDetails | null = null,
  from: number = now,
): LogEntry {
  const node = nodeOf(block);
  const address = addressOf(block, node);
  const path = block.path;
  const { current } = block;
  const startedAt = current?.startedAt ?? isoTime(now);
  const failures = current?.failures ?? 0;
  // Most steps are plain ones at the top.
  if (plan.isPlain) return endedEntry(path, address, startedAt, now, outcome);
  if (current !== null && current.handler !== null) {
    return handledEntry(block, current, current.handler, now, outcome, inner);
  }
  const extras = { ...extrasOf(node, block), ...triedAt(current, from) };
  if (!("error" in outcome)) {
    const more = {
      ...extras,
      ...(failures > 0 && { attempts: failures + 1 }),
      ...(outcome.details !== undefined && { details: outcome.details }),
    };
    return endedEntry(path, address, startedAt, now, outcome, more);
  }
  const attempts = failures + 1;
  const failed: ResultExtras = {
    ...extras,
    ...(attempts > 1 && { attempts }),
    error_details: inner ?? detailsOf(address, path, attempts, now, outcome),
  };
  const [, begun] = beginEntry(block, now, null);
  const error = shortened(outcome.error, MAX_ERROR);
  const result: StepResult = Object.assign(begun, failed, { error });
  const at = outcome.isFinal ? null : retryTime(node, current, result, now, `${run}:${path}:${attempts}`);
  if (at !== null) return [path, Object.assign(result, { attempts }), at];
  if (catchFor(node.catches, matchableOf(result)) >= 0) {
    return [path, Object.assign(result, { output: outcome.output }), null];
  }
  const passed = node.continues ? { handled: true, details: { handled_by: "on_error" } } : {};
  return endedEntry(path, address, startedAt, now, outcome, { ...failed, ...passed });
}

/** The entry for the end of a step whose handler is over: it is handled, or has failed with the error of its handler. */
function handledEntry(
  block: BlockState,
  { startedAt, failures }: StepState,
  { index, failure }: Handler,
  now: number,
  outcome: StepOutcome,
  inner: ErrorDetails | null,
): LogEntry {
  const node = nodeOf(block);
  const address = addressOf(block, node);
  const { error_details: original, attempts, tried_at, error, output } = failure;
  const extras = {
    ...extrasOf(node, block),
    ...(attempts !== undefined && { attempts }),
    ...(tried_at !== undefined && { tried_at }),
  };
  if (!("error" in outcome)) {
    const failed = { code: original?.code ?? "failed", error: error ?? "", output: outcome.output };
    return endedEntry(block.path, address, startedAt, now, failed, {
      ...extras,
      ...(original !== undefined && { error_details: original }),
      handled: true,
      details: { handled_by: `catch[${index}]` },
    });
  }
  const details = inner ?? detailsOf(address, block.path, failures + 1, now, outcome);
  const cause = original === undefined ? null : { ...original, cause: null };
  return endedEntry(
    block.path,
    address,
    startedAt,
    now,
    { ...outcome, output },
    {
      ...extras,
      error_details: { ...details, cause },
    },
  );
}

/**
 * The entry for a step that begins, or sleeps until a time; an attempt after others keeps the time of the first.
 *
 * @param details what is to be known again of the attempt; null for nothing
 */
export function beginEntry(
  block: BlockState,
  now: number,
  wakeAt: number | null,
  details: JsonObject | null = null,
): LogEntry {
  const node = nodeOf(block);
  const entry = startedEntry(block.path, addressOf(block, node), now, wakeAt, extrasOf(node, block));
  if (details !== null) entry[1].details = details;
  const { current } = block;
  if (current === null) return entry;
  entry[1].started_at = current.startedAt;
  if (current.failures > 0) Object.assign(entry[1], { attempts: current.failures + 1 }, triedAt(current, now));
  return entry;
}

/** The entry for a step whose condition does not hold. */
export function passedEntry(block: BlockState, now: number): LogEntry {
  const node = nodeOf(block);
  const at = isoTime(now);
  const [path, result] = endedEntry(
    block.path,
    addressOf(block, node),
    at,
    now,
    { output: null },
    extrasOf(node, block),
  );
  return [path, { ...result, status: "skipped" }, null];
}

/** The entry for a step that had begun and is given up. */
export function skippedEntry(block: BlockState, now: number, outcome: FailedOutcome): LogEntry {
  const node = nodeOf(block);
  const { startedAt = isoTime(now), failures = 0 } = block.current ?? {};
  const address = addressOf(block, node);
  const details = detailsOf(address, block.path, failures + 1, now, outcome);
  const [path, result] = endedEntry(block.path, address, startedAt, now, outcome, {
    ...extrasOf(node, block),
    error_details: details,
  });
  return [path, { ...result, status: "skipped" }, null];
}

/** What nested results, and those of containers and of steps that wait for others, say besides, so that they are found again. */
function extrasOf(node: Node, block: BlockState): ResultExtras | undefined {
  // In a test a child is an effect, which its mock answers.
  const isBare = node.kind === "step" && !hasInbox(node) && node.type !== WORKFLOW;
  return block.prefix === "" && isBare ? undefined : { type: node.type, path: block.path };
}

/** An error as data. */
export function detailsOf(
  step: string,
  path: string,
  attempts: number,
  now: number,
  { code, error, details }: FailedOutcome,
): ErrorDetails {
  const message = shortened(error, MAX_ERROR);
  return { code, message, step, path, attempts, at: isoTime(now), details: details ?? null, cause: null };
}
