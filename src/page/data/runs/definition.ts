import type { StoredDefinition } from "../../../client/definitions.ts";
import { ApiError } from "../../../client/errors.ts";
import { platform } from "../platform.ts";

interface OfRun {
  run: string;
  /** Its uuid. */
  workflow: string;
  version: number;
}

export interface RunDefinition {
  definition: StoredDefinition;
  /** Whether its workflow was deleted: then its names are not known. */
  isDeleted: boolean;
}

/** The version of its workflow that a run runs under. */
export async function definitionOf({ run, workflow, version }: OfRun, signal: AbortSignal): Promise<RunDefinition> {
  try {
    return { definition: await platform.workflows.get(workflow, { version, signal }), isDeleted: false };
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== "workflow_not_found") throw error;
    const kept = await platform.runs.handle(run).definition({ signal });
    const names = { uuid: workflow, name: `workflow ${workflow.slice(0, 8)}`, created_at: "", updated_at: "" };
    return { definition: { ...kept, ...names, version }, isDeleted: true };
  }
}
