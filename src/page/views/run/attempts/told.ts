/** What a row tells of a step: all that it came to, or what one of its attempts did. */
import type { KnownStep } from "../step-rows.ts";
import type { AttemptChoice } from "./choice.ts";
import type { ReadAttempts } from "./failed-attempts.ts";

export interface Told {
  /** Null of an attempt that there was not, or that was not read. */
  status: string | null;
  started_at: string | null;
  completed_at: string | null;
  error: string | null;
  /** How many there were, or which of them this is; null where it has not begun, and of one that there was not. */
  attempts: string | null;
  /** Which one it is, where one is chosen. */
  number: number | null;
}

/** @param read what attempts came to that another one followed, as far as it was asked for */
export function toldOf(
  step: KnownStep,
  read: Pick<ReadAttempts, "value" | "problem"> | undefined,
  choice: AttemptChoice,
): Told {
  const { status, started_at, completed_at, error, attempts: count = 1 } = step;
  if (choice === null || started_at === null)
    return {
      ...{ status, started_at, completed_at, error, number: null },
      attempts: started_at === null ? null : String(count),
    };
  const number = choice === "last" ? count : choice;
  const which = { attempts: `${number} of ${count}`, number };
  if (number > count) return NONE;
  const failed = read?.value ?? [];
  const before = failed[number - 2];
  const one = failed[number - 1];
  if (one !== undefined) {
    const began = one.started_at ?? (number === 1 ? started_at : (before?.next_at ?? null));
    const ended = one.error_details?.at ?? began;
    return { status: "failed", started_at: began, completed_at: ended, error: one.error, ...which };
  }
  if (number < count) return { ...NONE, attempts: read?.problem ? "not read" : "reading…" };
  const began = number === 1 ? started_at : (step.tried_at ?? before?.next_at ?? null);
  return { status, started_at: began, completed_at, error, ...which };
}

const NONE = { status: null, started_at: null, completed_at: null, error: null, attempts: null, number: null };
