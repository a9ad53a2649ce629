/** Which attempt of its steps a run is shown by: one choice for all of them, and for the step that is open. */
import { address } from "../../../address/address.ts";
import type { KnownStep } from "../step-rows.ts";

/** The number of one, from 1; the last one of each step; null for all. */
export type AttemptChoice = number | "last" | null;

/** The one that the address has. */
export function chosenAttempt(): AttemptChoice {
  const text = address.value.query.get("attempt") ?? "";
  if (text === "last") return text;
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null;
}

/** The same, of what can be chosen from: all, where no step had that one. @param most see mostAttempts */
export function offeredAttempt(most: number): AttemptChoice {
  const choice = chosenAttempt();
  return most < 2 || (typeof choice === "number" && choice > most) ? null : choice;
}

/** How many attempts the step had that had most; 1 where none was tried again. */
export function mostAttempts(steps: readonly KnownStep[]): number {
  return steps.reduce((most, { attempts = 1 }) => Math.max(most, attempts), 1);
}
