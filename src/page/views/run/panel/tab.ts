import type { RunStepDetail } from "../../../../schemas/lists/step-query.ts";
import type { ShownRun } from "../shown-run.ts";

/** What a tab of the step that is open is given. */
export interface PanelTabProps extends ShownRun {
  step: RunStepDetail;
}
