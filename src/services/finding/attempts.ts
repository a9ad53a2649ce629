/** The attempts of a step, as its log and its result tell of them. */
import { isoTime } from "../../clock.ts";
import { isObject } from "../../schemas/json/json.ts";
import type { FailedAttempt, LastAttempt } from "../../schemas/lists/step-query.ts";
import type { LogEntry } from "../../schemas/log/log.ts";
import type { StepResult } from "../../schemas/runs/run.ts";
import type { KeptStep } from "./kept-steps.ts";

const WEBHOOK = "webhook";

/** Those that another one followed, or a handler. @param log all entries */
export function failedAttempts(log: readonly LogEntry[], { path, result: { type } }: KeptStep): FailedAttempt[] {
  return log.flatMap(([of, result, wakeAt]) => {
    const { status, error, error_details } = result;
    if (of !== path || status !== "running" || error === null) return [];
    return [
      {
        ...timesOf(result, result.attempts ?? 1),
        ...replyOf({ ...result, ...(type !== undefined && { type }) }),
        error,
        ...(error_details !== undefined && { error_details }),
        ...(wakeAt !== null && { next_at: isoTime(wakeAt) }),
      },
    ];
  });
}

/** The one that ended the step, or is under way; null where there is none but the failed ones. */
export function lastAttempt({ result }: KeptStep, failed: readonly FailedAttempt[]): LastAttempt | null {
  const { status, error, started_at, completed_at, attempts, error_details } = result;
  const before = failed.at(-1);
  if (
    started_at === null ||
    (status === "running" ? error !== null : before !== undefined && before.next_at === undefined)
  )
    return null;
  // Its condition did not hold, or it was called off before the next attempt.
  if (status === "skipped" && (error === null || (before?.next_at ?? "") > (completed_at ?? ""))) return null;
  const number = attempts ?? error_details?.attempts ?? 1;
  return { number, ...timesOf(result, number), ...replyOf(result) };
}

function timesOf({ started_at, tried_at }: StepResult, number: number): Pick<LastAttempt, "started_at"> {
  const at = number === 1 ? started_at : tried_at;
  return at == null ? {} : { started_at: at };
}

/** The status of the reply: in the error, or in what the webhook gave. */
function replyOf({ type, output, error_details }: StepResult): Pick<LastAttempt, "status"> {
  const told = error_details?.details;
  const status = (isObject(told) ? told.status : null) ?? (isObject(output) ? output.status_code : null);
  return type === WEBHOOK && typeof status === "number" ? { status } : {};
}
