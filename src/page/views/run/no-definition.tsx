import { Failed, LoadingRows } from "../../shared/states/states.tsx";
import type { ShownRun } from "./shown-run.ts";

/** In place of what only the definition says: it is being read, or could not be. */
export function NoDefinition({ noDefinition: problem, readDefinition }: ShownRun) {
  if (problem === null) return <LoadingRows rows={4} label="Reading the definition" />;
  return <Failed problem={problem} again={readDefinition} />;
}
