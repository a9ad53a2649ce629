import type { Json } from "../schemas/json.ts";

/** What the placeholders of a step can reach by name: what ran before it in its list and in the lists around that. */
export interface Scope {
  names: Map<string, Json>;
  outer: Scope | null;
}

/** Finds names in a scope, the innermost first. */
export function contextOf(scope: Scope): { get(name: string): Json | undefined } {
  return {
    get(name) {
      for (let at: Scope | null = scope; at !== null; at = at.outer) {
        const value = at.names.get(name);
        if (value !== undefined) return value;
      }
      return undefined;
    },
  };
}
