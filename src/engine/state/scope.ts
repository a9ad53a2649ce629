import { VARS } from "../../language/definition/variables.ts";
import type { ExpressionScope } from "../../language/expressions/scope.ts";
import type { Json, JsonObject } from "../../schemas/json/json.ts";
import type { StepResult } from "../../schemas/runs/run.ts";

/** Counts what expressions cost. */
export interface Meter {
  units: number;
}

/** Values that are no steps, by their names: the payload, the error in a handler, what an iteration is for. */
export type Bound = Readonly<Record<string, Json>>;

/** What a step can reach by name: the steps before it in its list and in the lists around that, and what these lists are given. */
export class Scope implements ExpressionScope {
  /** The results of the steps of its list that are over. */
  readonly steps = new Map<string, StepResult>();
  /** Null for none. */
  readonly bound: Bound | null;
  readonly outer: Scope | null;
  /** The variables that its list declares; null for none. */
  vars: Map<string, Json> | null = null;

  constructor(bound: Bound | null, outer: Scope | null) {
    this.bound = bound;
    this.outer = outer;
  }

  /** The value of a name, the innermost first; a step of a name comes before a value that is bound to it. */
  get(name: string): Json | undefined {
    const result = resultOf(this, name);
    if (result !== undefined) return outputOf(result);
    for (let scope: Scope | null = this; scope !== null; scope = scope.outer) {
      if (scope.bound !== null && Object.hasOwn(scope.bound, name)) return scope.bound[name];
    }
    return name === VARS ? this.#variables() : undefined;
  }

  /** Gives the innermost variable of a name another value. */
  assign(name: string, value: Json): void {
    for (let scope: Scope | null = this; scope !== null; scope = scope.outer) {
      if (scope.vars?.has(name)) {
        scope.vars.set(name, value);
        return;
      }
    }
  }

  /** The variables of its list and of those around it, the innermost of each name; undefined where there are none. */
  #variables(): JsonObject | undefined {
    const variables = new Map<string, Json>();
    for (let scope: Scope | null = this; scope !== null; scope = scope.outer) {
      for (const [name, value] of scope.vars ?? []) if (!variables.has(name)) variables.set(name, value);
    }
    return variables.size === 0 ? undefined : Object.fromEntries(variables);
  }

  /** The same scope, with its variables as they are now. */
  frozen(): Scope {
    const vars = this.#variables();
    return vars === undefined ? this : new Scope({ [VARS]: vars }, this);
  }

  /** What is known of a step that is over, for `steps["name"]`; undefined where none of that name can be reached. */
  step(name: string): JsonObject | undefined {
    const result = resultOf(this, name);
    if (result === undefined) return undefined;
    const { status, error_details = null, started_at, completed_at, attempts = 1, details = {} } = result;
    const output = outputOf(result);
    return {
      status,
      ...(output !== undefined && { output }),
      error: error_details && { ...error_details },
      started_at,
      completed_at,
      attempts,
      details,
    };
  }

  /** The outputs of the steps of its list, by their names. */
  outputs(): JsonObject {
    const outputs: [string, Json][] = [];
    for (const [name, result] of this.steps) {
      const output = outputOf(result);
      if (output !== undefined) outputs.push([name, output]);
    }
    return Object.fromEntries(outputs);
  }
}

function resultOf(from: Scope, name: string): StepResult | undefined {
  for (let scope: Scope | null = from; scope !== null; scope = scope.outer) {
    const result = scope.steps.get(name);
    if (result !== undefined) return result;
  }
  return undefined;
}

/** What others reach of a step that is over; undefined for nothing. A step that succeeded may have given null. */
function outputOf({ status, output, handled }: StepResult): Json | undefined {
  if (status === "success") return output;
  return handled === true && output !== null ? output : undefined;
}
