/** CEL over JSON. The text is parsed by a library; what it means, and what it costs, is here. */
import type { Json } from "../../schemas/json/json.ts";
import { Budget, Failure, isOverdrawn } from "./cost.ts";
import { closureOf } from "./evaluation/closures.ts";
import type { Frame, Run } from "./evaluation/frame.ts";
import { type Parsed, parse } from "./parse.ts";
import type { ExpressionScope } from "./scope.ts";
import type { Gives } from "./signature.ts";
import { type ExpressionFault, givesOf, type Place, type Reference } from "./tree.ts";
import { resultOf } from "./values/json.ts";
import { aTypeOf, type Value } from "./values/values.ts";

/** Why an expression gave no value: a sentence, and the part that failed. */
export interface ExpressionError extends Place {
  error: string;
}

/** An expression that can be evaluated, any number of times. */
export class Compiled {
  readonly text: string;
  /** The names that it takes from its scope. */
  readonly references: readonly Reference[];
  /** What it gives, as far as its text shows: `other` is surely no bool. */
  readonly gives: Gives;
  /** How many parts it has. */
  readonly size: number;
  readonly #root: Parsed["root"];
  readonly #run: Run;

  constructor(text: string, { root, references }: Parsed) {
    this.text = text;
    this.references = references;
    this.gives = givesOf(root);
    this.size = root.size;
    this.#root = root;
    this.#run = closureOf(root);
  }

  /** Its value in a scope: JSON of at most 1 MiB as text, and 64 deep. */
  evaluate(scope: ExpressionScope, budget: Budget = new Budget()): { value: Json } | ExpressionError {
    return this.#evaluated(scope, budget, resultOf);
  }

  /** Whether it holds in a scope: anything but a bool is an error. */
  test(scope: ExpressionScope, budget: Budget = new Budget()): { value: boolean } | ExpressionError {
    return this.#evaluated(scope, budget, (value) => {
      if (typeof value === "boolean") return value;
      throw new Failure(`It gives ${aTypeOf(value)}, not a bool`);
    });
  }

  #evaluated<Result>(
    scope: ExpressionScope,
    budget: Budget,
    finish: (value: Value) => Result,
  ): { value: Result } | ExpressionError {
    const frame: Frame = { slots: [], scope, known: new Map(), budget, at: this.#root };
    let isFinishing = false;
    try {
      const value = this.#run(frame);
      frame.at = this.#root;
      isFinishing = true;
      return { value: finish(value) };
    } catch (thrown) {
      const { offset, length } = frame.at;
      if (isOverdrawn(thrown)) return { error: "It costs too much", offset, length };
      if (!(thrown instanceof Failure)) throw thrown;
      const place = frame.at.kind === "call" && !isFinishing ? `${frame.at.name}: ` : "";
      return { error: `${place}${thrown.message}`, offset, length };
    }
  }
}

/** Compiles an expression; `faults` are what its text alone shows to be wrong. */
export function compileExpression(text: string): Compiled | { faults: ExpressionFault[] } {
  const parsed = parse(text);
  return "faults" in parsed ? parsed : new Compiled(text, parsed);
}
