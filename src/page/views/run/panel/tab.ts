import type { RunStepDetail } from "../../../../schemas/lists/step-query.ts";
import type { Attempt } from "../attempts/attempts-of.ts";
import type { ShownRun } from "../shown-run.ts";

/** What a tab of the step that is open is given. */
export interface PanelTabProps extends ShownRun {
  /** As the attempt that is chosen left it. */
  step: RunStepDetail;
  attempts: readonly Attempt[];
  /** Null where the step is shown as a whole. */
  chosen: Attempt | null;
}
