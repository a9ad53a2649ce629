import type { Json } from "../../schemas/json/json.ts";

/** What an expression can see. */
export interface ExpressionScope {
  /** The value of a name: `payload`, the output of a step, a variable; undefined where there is none. */
  get(name: string): Json | undefined;
  /**
   * What `steps["name"]` gives of a step that ended; undefined where no such step is visible. It is asked only where no
   * step is itself named `steps`.
   */
  step(name: string): Json | undefined;
}

/** The value of `steps`: its fields are made when they are read. */
export class Steps {
  readonly #scope: ExpressionScope;
  constructor(scope: ExpressionScope) {
    this.#scope = scope;
  }

  get(name: string): Json | undefined {
    return this.#scope.step(name);
  }
}

/** A scope of the fields of an object. */
export function scopeOf(context: { readonly [name: string]: Json }): ExpressionScope {
  return {
    get: (name) => (Object.hasOwn(context, name) ? context[name] : undefined),
    step: () => undefined,
  };
}
