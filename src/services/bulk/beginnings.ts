import { ValidationFailed } from "../../errors.ts";
import { isPlaceIn } from "../../language/retrying/plan.ts";
import type { RunRepository } from "../../repositories/runs.ts";
import type { WorkflowRepository } from "../../repositories/workflows.ts";
import type { BulkSettings } from "../../schemas/control/bulk.ts";
import type { RunFilter } from "../../schemas/lists/run-query.ts";
import { NAMESPACE } from "../namespace.ts";

/** Of a workflow with more versions it is not said beforehand that none has a step. */
const MOST_VERSIONS = 50;

/** Where retries of the runs of one workflow begin: what none of them can is refused before any is looked at. */
export class Beginnings {
  readonly #runs: Pick<RunRepository, "stepsOf">;
  readonly #workflows: Pick<WorkflowRepository, "find" | "versions">;

  constructor(runs: Pick<RunRepository, "stepsOf">, workflows: Pick<WorkflowRepository, "find" | "versions">) {
    this.#runs = runs;
    this.#workflows = workflows;
  }

  /** Says nothing of runs of any workflow. @throws ValidationFailed where no run can be tried again so */
  async check(
    { workflowUuid, version: own }: RunFilter,
    { from, version = "same" }: Pick<BulkSettings, "from" | "version">,
  ): Promise<void> {
    if (workflowUuid === undefined || (from === undefined && version === "same")) return;
    if (typeof version === "number" && (await this.#stepsOf(workflowUuid, version)) === null) {
      throw refused("version", `There is no version ${version} of this workflow`);
    }
    if (from === undefined) return;
    const numbers = await this.#versions(workflowUuid, version === "same" ? own : version);
    for (const number of numbers ?? []) {
      const steps = await this.#stepsOf(workflowUuid, number);
      if (steps !== null && isPlaceIn(steps, from)) return;
    }
    if (numbers !== null)
      throw refused("from", "No version that these runs are tried with has a step there to begin with");
  }

  /** The versions that may be meant; null where that is not known. */
  async #versions(reference: string, asked: number | "latest" | undefined): Promise<number[] | null> {
    if (typeof asked === "number") return [asked];
    const lookup = { namespace: NAMESPACE, reference };
    if (asked === "latest") {
      const newest = await this.#workflows.find({ ...lookup, version: null });
      return newest === null ? null : [newest.version];
    }
    const found = await this.#workflows.versions({ ...lookup, before: null, limit: MOST_VERSIONS + 1 }, null);
    // Those of a workflow that was deleted are not listed.
    if (found === null || found.versions.length > MOST_VERSIONS) return null;
    return found.versions.map(({ version }) => version);
  }

  #stepsOf(workflowUuid: string, version: number) {
    return this.#runs.stepsOf({ namespace: NAMESPACE, workflowUuid, version });
  }
}

function refused(field: string, msg: string): ValidationFailed {
  return new ValidationFailed([{ loc: ["body", field], msg, type: "value_error" }]);
}
