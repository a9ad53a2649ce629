import { isoTime } from "../../clock.ts";
import type { KnownRun, StepInputs } from "../../engine/port.ts";
import type { RunRepository } from "../../repositories/runs.ts";
import { parseLog } from "../../schemas/log/log.ts";
import { nameOfVersion } from "../../schemas/runs/run.ts";
import type { StepInput } from "../../schemas/runs/step-input.ts";
import type { RunRecord } from "../../storage/port.ts";
import { NAMESPACE } from "../namespace.ts";

/** Runs that tried one another again, of which the one is looked for that did a step. */
const MOST_RUNS = 10;

/** A run as it is read for one step. */
export interface ReadRun {
  run: RunRecord;
  /** JSON array text of all entries. */
  log: string;
  /** JSON text of its version; null where that is gone. */
  definition: string | null;
}

/** Tells what steps were given. */
export class InputReader {
  readonly #runs: Pick<RunRepository, "definitionsOf" | "logOf" | "find">;
  readonly #inputs: StepInputs;

  constructor(runs: Pick<RunRepository, "definitionsOf" | "logOf" | "find">, inputs: StepInputs) {
    this.#runs = runs;
    this.#inputs = inputs;
  }

  async read(run: RunRecord): Promise<ReadRun> {
    const version = { namespace: NAMESPACE, workflowUuid: run.workflowUuid, version: run.workflowVersion };
    const [log, [definition = null]] = await Promise.all([
      run.stepResults === null ? run.log : this.#runs.logOf({ namespace: NAMESPACE, uuid: run.uuid }),
      this.#runs.definitionsOf([version]),
    ]);
    return { run, log, definition };
  }

  /**
   * What a step was given. Of a result that was kept the run tells that did the step.
   *
   * @param pathIn its path in each of these runs, whose versions may differ; null where it has no such step
   */
  async of(read: ReadRun, pathIn: (read: ReadRun) => string | null): Promise<StepInput> {
    let at = read;
    for (let count = 0; count < MOST_RUNS; count++) {
      const path = pathIn(at);
      if (at.definition === null) return nothing("The version of the workflow is deleted");
      const input =
        path === null ? nothing("The run that did the step has no such step") : this.#inputOf(at, at.definition, path);
      if (input !== null) return count === 0 ? input : { ...input, run_id: at.run.uuid };
      const before =
        at.run.retryOf === null ? null : await this.#runs.find({ namespace: NAMESPACE, uuid: at.run.retryOf });
      if (before === null) break;
      at = await this.read(before);
    }
    return nothing("Its result is kept of another run, which is not stored any more");
  }

  #inputOf({ run, log }: ReadRun, definition: string, path: string): StepInput | null {
    const { uuid, workflowUuid, workflowVersion: version, createdAt, startedAt, parentRunId, rootRunId, tags } = run;
    const known: KnownRun = {
      version: nameOfVersion({ namespace: NAMESPACE, workflowUuid, version }),
      definition,
      payload: run.payload,
      facts: {
        id: uuid,
        workflow_id: workflowUuid,
        workflow_version: version,
        created_at: isoTime(createdAt),
        started_at: startedAt === null ? null : isoTime(startedAt),
        parent_run_id: parentRunId,
        root_run_id: rootRunId,
        tags: tags === null ? [] : JSON.parse(tags),
      },
      isOver: run.completedAt !== null,
      log: parseLog(log),
      results: Object.values(JSON.parse(run.stepResults ?? "{}")),
    };
    return this.#inputs.of(known, path);
  }
}

/** An input of which nothing is kept. */
function nothing(message: string): StepInput {
  return { bytes: 0, unknown: [{ path: [], code: "not_kept", message }] };
}
