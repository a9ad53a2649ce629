import type { ReadonlySignal } from "@preact/signals";
import type { StoredDefinition } from "../../../client/definitions.ts";
import type { RunEvent } from "../../../schemas/runs/run-event.ts";
import type { Problem } from "../../data/problem.ts";
import type { ShownOutline } from "../../data/runs/outline.ts";

/** What every part of the view is given. */
export interface ShownRun {
  run: ShownOutline;
  /** The version that it runs under; null until it is read. */
  definition: StoredDefinition | null;
  /** Whether its workflow was deleted, as far as is known. */
  isDeleted: boolean;
  /** Why it could not be read. */
  noDefinition: Problem | null;
  /** Reads it again. */
  readDefinition(): void;
  /** What happened since the view is open. */
  told: ReadonlySignal<readonly RunEvent[]>;
  /** Reads the run again. */
  again(): void;
}

/** What its workflow is called. */
export function workflowName({ run, definition }: Pick<ShownRun, "run" | "definition">): string {
  return definition?.name ?? `workflow ${run.workflow_id.slice(0, 8)}`;
}
