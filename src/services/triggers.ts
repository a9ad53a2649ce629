import { PlatformError, ValidationFailed } from "../errors.ts";
import type { RunRepository, StoredRun } from "../repositories/runs.ts";
import type { TriggerInput } from "../schemas/runs/trigger.ts";
import type { NewRun, RequestKey, Unnamed } from "../storage/port.ts";
import type { TraceContext } from "../tracing/context.ts";
import type { Preparing } from "./preparing.ts";
import { type ComingRun, counted, type RunStarts, unprepared } from "./run-starts.ts";

/** Attempts for a run whose workflow gets one version after the other meanwhile. */
export const ATTEMPTS = 5;

const BODY = ["body"];

/** Starts runs. */
export class TriggerService {
  readonly #runs: RunRepository;
  readonly #preparing: Preparing;
  readonly #starts: RunStarts;

  constructor(runs: RunRepository, preparing: Preparing, starts: RunStarts) {
    this.#runs = runs;
    this.#preparing = preparing;
    this.#starts = starts;
  }

  /**
   * Stores a run and returns its id. A worker of this process with room gets it as claimed; else the workers are told.
   * The row is what counts: a message that is lost only makes the run start when its grace is over.
   *
   * @param depth, trace, key see RunStarts
   * @returns null where another request had the key first: then nothing is stored
   * @throws PlatformError workflow_not_found, depth_exceeded, concurrency_limit, overloaded, storage_unavailable
   * @throws ValidationFailed where the payload is not what the workflow's input says, or there are too many tags
   */
  async trigger(
    input: TriggerInput,
    depth = 0,
    trace: TraceContext | null = null,
    key: RequestKey | null = null,
  ): Promise<string | null> {
    const timing = this.#starts.timingOf(input, BODY);
    if (timing !== null && "faults" in timing) throw counted(new ValidationFailed(timing.faults));
    const coming = this.#starts.coming(input, timing, depth, trace, key);
    try {
      const { run, stored } = await this.#store(coming);
      return this.#starts.stored(coming, run, stored);
    } catch (error) {
      throw this.#starts.refused(coming, error);
    }
  }

  /** Stores a run, made by the options of its workflow where there are some. */
  async #store({ common, asked }: ComingRun): Promise<{ run: Unnamed<NewRun>; stored: StoredRun }> {
    const { namespace, workflow } = common;
    let version = this.#preparing.preparations.likelyVersion(namespace, workflow);
    // What the last one found may be old: then it is not what refuses a payload.
    let isNewest = false;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const made = version === undefined ? unprepared(asked) : await this.#preparing.prepare(version, asked);
      if ("faults" in made) {
        if (isNewest) throw new ValidationFailed(made.faults);
        version = await this.#preparing.newestVersion(namespace, workflow);
        isNewest = true;
        continue;
      }
      const run = { ...common, ...made };
      const stored = await this.#runs.insert(run);
      const { inserted } = stored;
      if (inserted.unprepared === undefined) return { run, stored };
      version = { namespace, workflowUuid: inserted.workflowUuid, version: inserted.workflowVersion };
      isNewest = true;
      this.#preparing.preparations.learn(workflow, version);
    }
    throw new PlatformError("overloaded");
  }
}
