/** The conditions of simulated workflows, and whether they hold. */
import type { StepResult } from "../../../src/schemas/runs/run.ts";

/** What the innermost map and the innermost loop around a step are at. */
export interface Around {
  /** Null outside of maps. */
  item: number | null;
  /** Null outside of loops. */
  iteration: number | null;
}

/** What conditions look at: the payload's `n`, the item, the iteration, and the results of the steps before by their names. */
export interface Facts {
  n: number;
  around: Around;
  result(name: string): StepResult | undefined;
}

/** Null where a condition can't be told: it reads what is not there. */
export type Truth = boolean | null;

interface Kind {
  pattern: RegExp;
  /** The ways in which it may come out. */
  may: readonly Truth[];
  holds(word: string, facts: Facts): Truth;
}

const KINDS: readonly Kind[] = [
  { pattern: /^payload\.n % (\d+) == 0$/, may: [true, false], holds: (word, { n }) => n % Number(word) === 0 },
  { pattern: /^payload\.n < (\d+)$/, may: [true, false], holds: (word, { n }) => n < Number(word) },
  { pattern: /^item == (\d+)$/, may: [true, false], holds: (word, { around }) => around.item === Number(word) },
  {
    pattern: /^iteration\.index == (\d+)$/,
    may: [true, false],
    holds: (word, { around }) => around.iteration === Number(word),
  },
  { pattern: /^(true)$/, may: [true], holds: () => true },
  { pattern: /^(false)$/, may: [false], holds: () => false },
  { pattern: /^payload\.(gone) == 1$/, may: [null], holds: () => null },
  {
    pattern: /^steps\.(\w+)\.status == "failed"$/,
    may: [true, false],
    holds: (word, { result }) => result(word)?.status === "failed",
  },
  {
    pattern: /^has\(steps\.(\w+)\.output\)$/,
    may: [true, false],
    holds: (word, { result }) => hasOutput(result(word)),
  },
];

/** A step that was skipped gave nothing, and so did one that was handled without an output. */
function hasOutput(result: StepResult | undefined): boolean {
  return result?.status !== "skipped" && !(result?.handled === true && result.output === null);
}

/** The ways in which a condition may come out; without one a step runs. */
export function mayBe(condition: string | undefined): readonly Truth[] {
  return condition === undefined ? [true] : kindOf(condition).may;
}

export function truthOf(condition: string | undefined, facts: Facts): Truth {
  if (condition === undefined) return true;
  const { pattern, holds } = kindOf(condition);
  return holds(pattern.exec(condition)?.[1] ?? "", facts);
}

function kindOf(condition: string): Kind {
  const kind = KINDS.find(({ pattern }) => pattern.test(condition));
  if (kind === undefined) throw new Error(`the reference does not know the condition ${condition}`);
  return kind;
}
