import type { BlockPlan } from "../plan/plan.ts";
import type { Scope } from "./scope.ts";

/** A step that succeeded and can be undone. */
export interface Undoable {
  path: string;
  address: string;
  plan: BlockPlan;
  /** What the step saw, and what it gave. */
  scope: Scope;
}
