import { isoTime } from "../../../clock.ts";
import { CANCELLED } from "../../../schemas/log/interrupted.ts";
import { describeFailure } from "../../../step-failures.ts";
import { sentenceOf } from "../../constructs/bodies.ts";
import type { FailedOutcome, StepOutcome } from "../../entries.ts";
import { resultOf } from "../../result.ts";
import type { BlockState, RunState } from "../../state/state.ts";
import { haltEntry } from "../deciding/cancel.ts";
import type { Decision, Ending } from "../deciding/decision.ts";

/** Those of all iterations and attempts together (docs/language.md). */
const MAX_STEPS_OF_A_RUN = 100_000;

/** What there is to do about the end of a run; null while it goes on. */
export function decideEnd(state: RunState, now: number): Decision | null {
  const { root, halted, succeeded, deadline } = state;
  if (halted !== null && halted.code === CANCELLED.code)
    return { kind: "end", status: "cancelled", error: halted.error };
  if (halted !== null) return failedEnd(halted.error, halted.code, now);
  if (root.error !== null) {
    const { details } = root.error;
    const end: Ending = { kind: "end", status: "failed", error: sentenceOf(root.error) };
    return details === null ? end : { ...end, details };
  }
  if (succeeded !== null) return decideSuccess(root, succeeded.output);
  if (root.result !== null && "error" in root.result) return failedEnd(root.result.error, root.result.code, now);
  if (root.position === root.plan.nodes.length) return successOf(root);
  if (state.executed > MAX_STEPS_OF_A_RUN) {
    return { kind: "record", entry: haltEntry(root, describeFailure("too_many_steps", {}), now) };
  }
  return deadline !== null && now >= deadline ? decideTimeout(state, now) : null;
}

/** Ends what is around the step that ended the run, the innermost first; none of it is called off. */
function decideSuccess(root: BlockState, output: Ending["output"]): Decision {
  const block = innermostOf(root);
  if (block === null) return { kind: "end", status: "success", error: null, output: output ?? null };
  const { handler = null, details = null } = block.current ?? {};
  const outcome = { output: handler?.failure.output ?? null, ...(details !== null && { details }) };
  return { kind: "settle", block, outcome };
}

/** The innermost list that is at a step; null where none is. */
function innermostOf(block: BlockState): BlockState | null {
  if (block.current === null) return null;
  for (const body of block.current.bodies ?? []) {
    const inner = innermostOf(body);
    if (inner !== null) return inner;
  }
  return block;
}

/**
 * What a run gives whose last step is over; null where its definition does not say, or a step has said it. Known before its end is
 * decided: where it can't be told, what succeeded is undone first.
 */
export function resultOfRun({ root, succeeded, meter }: RunState): StepOutcome | null {
  if (root.plan.output === undefined || succeeded !== null) return null;
  const outcome = resultOf(root.plan.output, root.scope, meter);
  return "error" in outcome ? { ...outcome, error: outputSentence(outcome) } : outcome;
}

/** The end of a run whose steps are all over. */
function successOf({ result }: BlockState): Ending {
  const success: Ending = { kind: "end", status: "success", error: null };
  return result === null ? success : { ...success, output: result.output };
}

function outputSentence({ error }: Pick<FailedOutcome, "error">): string {
  return describeFailure("run_output", { error }).error;
}

/** The end of a run that can't give what its definition says. */
export function outputFailure({ code, error }: Pick<FailedOutcome, "code" | "error">, now: number): Ending {
  return failedEnd(outputSentence({ error }), code, now);
}

/** The end of a run that failed while no step of it is to blame. */
function failedEnd(error: string, code: string, now: number): Ending {
  const where = { step: "", path: "", attempts: 1, at: isoTime(now) };
  return {
    kind: "end",
    status: "failed",
    error,
    details: { code, message: error, ...where, details: null, cause: null },
  };
}

/** Calls off what is under way, at last the step at the top, which says that the time was over: then the run is halted. */
function decideTimeout({ root, undoable, plan }: RunState, now: number): Decision {
  const isAtRest = root.current === null && undoable.length === 0;
  if (!isAtRest) return { kind: "record", entry: haltEntry(root, describeFailure("cancelled_by_run", {}), now) };
  const { code, error } = describeFailure("run_timeout", { seconds: (plan.timeout ?? 0) / 1000 });
  return failedEnd(error, code, now);
}
