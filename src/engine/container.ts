/** How steps that hold others begin, go on and end: `block`, and `parallel` with its joins. */
import type { JsonObject } from "../schemas/json.ts";
import type { LogEntry } from "../schemas/log.ts";
import type { ErrorDetails } from "../schemas/run.ts";
import { describeFailure } from "../step-failures.ts";
import type { FailedOutcome, StepOutcome } from "./entries.ts";
import { detailsOf, skippedEntry } from "./outcome.ts";
import type { ContainerNode } from "./plan.ts";
import type { BlockState, StepError } from "./state.ts";

/** How a container ended. */
export interface Verdict {
  outcome: StepOutcome;
  /** The error as the step within it had it; null where it is the container's own. */
  inner: ErrorDetails | null;
  /** Null where all branches are over. */
  decidedBy: DecidedBy | null;
}

/** The branch that ended a container before the others were over, and how. */
interface DecidedBy {
  branch: string;
  how: "failed" | "succeeded";
}

/** How the branches of a container end it; null while they do not. */
export function verdictOf(node: ContainerNode, branches: readonly BlockState[], now: number): Verdict | null {
  if (node.join === null) return blockVerdict(branches[0]);
  const failed = branches.filter(hasFailed);
  const succeeded = branches.filter((branch) => branch.result !== null && !hasFailed(branch));
  const areOver = failed.length + succeeded.length === branches.length;
  const [firstFailed] = failed;
  const [winner] = succeeded;
  if (node.join === "all" && firstFailed !== undefined) {
    return { ...failureOf(firstFailed), decidedBy: { branch: firstFailed.name, how: "failed" } };
  }
  if (node.join === "any" && winner !== undefined) {
    const outcome = { output: outputsOf([winner]), details: { winner: winner.name } };
    return { outcome, inner: null, decidedBy: { branch: winner.name, how: "succeeded" } };
  }
  if (!areOver) return null;
  const details = failed.length > 0 ? { details: { failed: errorsOf(failed, node, now) } } : {};
  if (node.join === "any") {
    const outcome = { ...describeFailure("all_failed", { count: branches.length }), output: null, ...details };
    return { outcome, inner: null, decidedBy: null };
  }
  return { outcome: { output: outputsOf(succeeded), ...details }, inner: null, decidedBy: null };
}

/** The branches that may go on: the first that are not over, as many as may be under way at once. */
export function branchesUnderWay({ concurrency }: ContainerNode, branches: readonly BlockState[]): BlockState[] {
  const open: BlockState[] = [];
  for (const branch of branches) {
    if (open.length === concurrency) break;
    if (branch.result === null && branch.error === null) open.push(branch);
  }
  return open;
}

/** The entry that skips the innermost step of a branch that has begun; null where none has. */
export function cancelEntry(branch: BlockState, decidedBy: DecidedBy, now: number): LogEntry | null {
  if (branch.current === null) return null;
  for (const body of branch.current.bodies) {
    const entry = cancelEntry(body, decidedBy, now);
    if (entry !== null) return entry;
  }
  const { branch: name, how } = decidedBy;
  const failure = describeFailure("cancelled", { branch: JSON.stringify(name), how });
  return skippedEntry(branch, now, { ...failure, output: null });
}

/** The sentence about a step that failed. */
export function sentenceOf(error: StepError | null): string {
  const { step = "", message = "" } = error ?? {};
  return `Step "${step}" failed: ${message}`;
}

function blockVerdict(body: BlockState | undefined): Verdict | null {
  if (body?.error) return { ...failureOf(body), decidedBy: null };
  return body?.result ? { outcome: body.result, inner: null, decidedBy: null } : null;
}

function hasFailed({ error, result }: BlockState): boolean {
  return error !== null || (result !== null && "error" in result);
}

function failureOf({ error, result }: BlockState): { outcome: FailedOutcome; inner: ErrorDetails | null } {
  if (error === null && result !== null && "error" in result) return { outcome: result, inner: null };
  const details = error?.details ?? null;
  return { outcome: { code: details?.code ?? "failed", error: sentenceOf(error), output: null }, inner: details };
}

function outputsOf(branches: readonly BlockState[]): JsonObject {
  return Object.fromEntries(branches.map(({ name, result }) => [name, result?.output ?? null]));
}

function errorsOf(branches: readonly BlockState[], node: ContainerNode, now: number): JsonObject {
  return Object.fromEntries(
    branches.map((branch) => {
      const { outcome, inner } = failureOf(branch);
      return [branch.name, { ...(inner ?? detailsOf(node, branch.path, 1, now, outcome)) }];
    }),
  );
}
