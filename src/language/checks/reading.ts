import type { Expressions } from "./expressions.ts";
import type { References } from "./references.ts";

/** What the checks of one definition share. */
export interface Reading {
  expressions: Expressions;
  references: References;
}
