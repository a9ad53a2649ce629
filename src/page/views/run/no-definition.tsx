import { Failed, LoadingRows } from "../../shared/states/states.tsx";
import type { ShownRun } from "./shown-run.ts";

/** In place of what only the definition says: it is being read, could not be, or is gone with its workflow. */
export function NoDefinition({ noDefinition: problem, readDefinition }: ShownRun) {
  if (problem === null) return <LoadingRows rows={4} label="Reading the definition" />;
  if (problem.code === "workflow_not_found")
    return <p class="soft no-definition">Its workflow was deleted, and the definition with it.</p>;
  return <Failed problem={problem} again={readDefinition} />;
}
