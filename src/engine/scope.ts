import type { Json } from "../schemas/json.ts";

/** The outputs that placeholders of a step can reach by name: of steps before it in its list and in the lists around that. */
export class Scope {
  readonly names: Map<string, Json>;
  readonly outer: Scope | null;

  constructor(names: Map<string, Json>, outer: Scope | null) {
    this.names = names;
    this.outer = outer;
  }

  /** The value of a name, the innermost first. */
  get(name: string): Json | undefined {
    const value = this.names.get(name);
    // A step may have given null.
    return value === undefined ? this.outer?.get(name) : value;
  }
}
