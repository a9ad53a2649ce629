/** The attempts of a step by themselves, and the step as one of them left it. */
import type { RunStepDetail } from "../../../../schemas/lists/step-query.ts";
import type { AttemptChoice } from "./choice.ts";

/** Its times are null where they are not known. */
export interface Attempt extends Pick<RunStepDetail, "status" | "started_at" | "completed_at" | "error"> {
  number: number;
  error_details: RunStepDetail["error_details"] | undefined;
  /** The status of its reply. */
  answered: number | undefined;
  /** When the next one began, or will. */
  next_at: string | undefined;
}

/** In order; none of a step that has not begun. @param now milliseconds since the epoch */
export function attemptsOf(step: RunStepDetail, now: number): Attempt[] {
  const { failed_attempts: failed = [], last_attempt: last, status, started_at, completed_at, error } = step;
  if (started_at === null) return [];
  const all: Attempt[] = failed.map((one, index) => ({
    ...{ number: index + 1, status: "failed", answered: one.status, error: one.error, next_at: one.next_at },
    ...{ started_at: one.started_at ?? null, completed_at: one.error_details?.at ?? null },
    error_details: one.error_details,
  }));
  const due = failed.at(-1)?.next_at;
  if (last !== undefined) {
    const { number, status: answered, started_at: began = null } = last;
    const { error_details } = step;
    all.push({ number, status, answered, error, error_details, started_at: began, completed_at, next_at: undefined });
  } else if (status === "running" && due !== undefined && Date.parse(due) <= now) {
    // When it began is kept once it has ended.
    const unknown = { answered: undefined, error: null, error_details: undefined, next_at: undefined };
    all.push({ number: failed.length + 1, status, started_at: null, completed_at: null, ...unknown });
  }
  return all;
}

/** The one that is chosen; null where all are, or there was none of that number. */
export function chosenOf(attempts: readonly Attempt[], choice: AttemptChoice): Attempt | null {
  if (choice === null) return null;
  return (choice === "last" ? attempts.at(-1) : attempts.find(({ number }) => number === choice)) ?? null;
}

/** Whether it is over and was not the end of the step: what it gave is not kept. */
export function isPast({ failed_attempts: failed = [] }: RunStepDetail, { number }: Attempt): boolean {
  return number <= failed.length;
}

/** The step as if this attempt were all that it came to. */
export function asOf(step: RunStepDetail, attempt: Attempt): RunStepDetail {
  const { number, answered, status, started_at, completed_at, error, error_details } = attempt;
  if (!isPast(step, attempt)) return { ...step, started_at: started_at ?? step.started_at };
  const { handled: _, error_details: __, ...kept } = step;
  return {
    ...{ ...kept, status, started_at, completed_at, error, output: null, output_bytes: 0 },
    ...(error_details !== undefined && { error_details }),
    last_attempt: {
      ...{ number, ...(started_at !== null && { started_at }) },
      ...(answered !== undefined && { status: answered }),
    },
  };
}
