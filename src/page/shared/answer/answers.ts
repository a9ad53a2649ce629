/** How a step can be answered: the name of a signal, or a field of what is sent, may say yes or no. */
import type { Field } from "../form/fields.ts";

export type Meaning = "approve" | "reject" | "send";

export interface Answer {
  signal: string;
  meaning: Meaning;
  /** What its button says. */
  label: string;
  /** What is sent beside what the form has: the field that says yes or no. */
  with: Record<string, boolean>;
}

const YES = /^(approv|accept|allow|confirm|grant)|^(yes|ok)$/i;
const NO = /^(reject|den(y|ied)|declin|refus|disapprov|forbid)|^no$/i;
/** A field that is the answer itself. */
const DECISION = /^(is_?)?(approved?|accepted?|allowed|confirmed|granted|ok)$/i;

/** The field of a form that says yes or no; null where none does. */
export function decisionIn({ kind, fields }: Field): string | null {
  if (kind !== "object") return null;
  return fields.find(([name, { kind: one }]) => one === "yes-or-no" && DECISION.test(name))?.[0] ?? null;
}

/** The answers of a step that waits for these signals. @param decision the field that says yes or no */
export function answersOf(signals: readonly string[], decision: string | null): Answer[] {
  if (decision !== null) return signals.flatMap((signal) => bothOf(signal, decision, signals.length > 1));
  const answers = signals.map((signal): Answer => ({ signal, meaning: meaningOf(signal), label: "", with: {} }));
  return answers.map((answer) => ({ ...answer, label: labelOf(answer, answers) }));
}

function bothOf(signal: string, decision: string, isOneOfMany: boolean): Answer[] {
  const named = isOneOfMany ? `: ${signal}` : "";
  return [
    { signal, meaning: "approve", label: `Approve${named}`, with: { [decision]: true } },
    { signal, meaning: "reject", label: `Reject${named}`, with: { [decision]: false } },
  ];
}

function meaningOf(signal: string): Meaning {
  if (YES.test(signal)) return "approve";
  return NO.test(signal) ? "reject" : "send";
}

/** One yes is called so; of several each has its signal's name. */
function labelOf({ signal, meaning }: Answer, all: readonly Answer[]): string {
  const isOnly = all.filter((one) => one.meaning === meaning).length === 1;
  if (meaning === "send" || !isOnly) return `Send ${signal}`;
  return meaning === "approve" ? "Approve" : "Reject";
}
