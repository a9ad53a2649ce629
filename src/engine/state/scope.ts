import type { ExpressionScope } from "../../language/expressions/scope.ts";
import type { Json, JsonObject } from "../../schemas/json.ts";
import type { StepResult } from "../../schemas/run.ts";

/** Counts what expressions cost. */
export interface Meter {
  units: number;
}

interface Given {
  name: "payload" | "error" | "run";
  value: Json;
}

/** What a step can reach by name: the steps before it in its list and in the lists around that, and what these lists are given. */
export class Scope implements ExpressionScope {
  /** The results of the steps of its list that are over. */
  readonly steps = new Map<string, StepResult>();
  /** A value that is no step: the payload at the top, the error in a handler; null for none. */
  readonly given: Given | null;
  readonly outer: Scope | null;

  constructor(given: Given | null, outer: Scope | null) {
    this.given = given;
    this.outer = outer;
  }

  /** The value of a name, the innermost first; a step of a name comes before a value that is given. */
  get(name: string): Json | undefined {
    const result = resultOf(this, name);
    if (result !== undefined) return outputOf(result);
    for (let scope: Scope | null = this; scope !== null; scope = scope.outer) {
      if (scope.given?.name === name) return scope.given.value;
    }
    return undefined;
  }

  /** What is known of a step that is over, for `steps["name"]`; undefined where none of that name can be reached. */
  step(name: string): JsonObject | undefined {
    const result = resultOf(this, name);
    if (result === undefined) return undefined;
    const { status, output, error_details = null, started_at, completed_at, attempts = 1, details = {} } = result;
    const given = status === "skipped" ? {} : { output };
    return {
      status,
      ...given,
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
