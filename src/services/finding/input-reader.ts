import { isoTime } from "../../clock.ts";
import type { KnownRun, StepInputs } from "../../engine/port.ts";
import type { RunRepository } from "../../repositories/runs.ts";
import type { Json } from "../../schemas/json/json.ts";
import { type LogEntry, parseLog } from "../../schemas/log/log.ts";
import { nameOfVersion } from "../../schemas/runs/run.ts";
import type { StepInput } from "../../schemas/runs/step-input.ts";
import type { RunRecord } from "../../storage/port.ts";
import { NAMESPACE } from "../namespace.ts";

/** Runs that tried one another again, of which the one is looked for that did a step. */
const MOST_RUNS = 10;

/** A run as it is read for one step. */
export interface ReadRun {
  run: RunRecord;
  /** All that are kept: they are parsed once, since there may be 100,000. */
  log: LogEntry[];
  /** JSON text of its version, null where that is gone, and the steps of it. */
  definition: string | null;
  steps: Json[];
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
    const { steps }: { steps: Json[] } = JSON.parse(definition ?? '{"steps":[]}');
    return { run, log: parseLog(log), definition, steps };
  }

  /**
   * What a step was given. Of a result that was kept the run tells that did the step.
   *
   * @param pathIn its path in such a run, whose version may be another; null where that has no such step
   */
  async of(read: ReadRun, path: string, pathIn: (before: ReadRun) => string | null): Promise<StepInput> {
    const input = this.#inputOf(read, path);
    if (input !== null) return input;
    let { retryOf } = read.run;
    for (let count = 0; retryOf !== null; count++) {
      if (count === MOST_RUNS) return nothing(`The run that did it lies more than ${MOST_RUNS} retries back`);
      const before = await this.#runs.find({ namespace: NAMESPACE, uuid: retryOf });
      if (before === null) break;
      const found = await this.read(before);
      const own = pathIn(found);
      if (own === null) break;
      const known = this.#inputOf(found, own);
      if (known !== null) return { ...known, run_id: retryOf };
      ({ retryOf } = before);
    }
    return nothing("Its result is kept of another run, of which the step is not stored any more");
  }

  /** Null of a result that the run has kept of another. */
  #inputOf({ run, log, definition }: ReadRun, path: string): StepInput | null {
    if (definition === null) return nothing("The version of the workflow is deleted");
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
      log,
      results: Object.values(JSON.parse(run.stepResults ?? "{}")),
    };
    return this.#inputs.of(known, path);
  }
}

/** An input of which nothing is kept. */
function nothing(message: string): StepInput {
  return { bytes: 0, unknown: [{ path: [], code: "not_kept", message }] };
}
