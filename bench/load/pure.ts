import type { Target } from "../platform/target.ts";
import type { Session } from "../scenario.ts";
import { createWorkflow, EMPTY_DELAYS, knows, PURE_STEPS } from "./api.ts";

/** A workflow of three steps that cost next to nothing, and what has to be said of it. */
export interface Pure {
  workflow: string;
  notes: string[];
}

/** Three transforms, or three delays of 0 s where a platform does not know transforms, as the original. */
export async function pureWorkflow(session: Session, target: Target): Promise<Pure> {
  if (session.mode !== "url" || (await knows(target, PURE_STEPS))) {
    return { workflow: await createWorkflow(target, PURE_STEPS), notes: [] };
  }
  if (!(await knows(target, EMPTY_DELAYS))) throw new Error("neither transform nor delay steps of 0 s succeed there");
  return {
    workflow: await createWorkflow(target, EMPTY_DELAYS),
    notes: ["the platform knows no transform: three delays of 0 s in its place"],
  };
}
