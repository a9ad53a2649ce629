import type { Logger } from "pino";
import { messageOf, PlatformError, ValidationFailed } from "../errors.ts";
import { failpoint } from "../failpoints.ts";
import type { Messaging } from "../messaging/port.ts";
import { triggers } from "../metrics/table.ts";
import type { RunRepository, StoredRun } from "../repositories/runs.ts";
import { MAX_DEPTH_OF_RUNS } from "../schemas/depth.ts";
import type { JsonObject } from "../schemas/json.ts";
import type { RunKey, TriggerInput } from "../schemas/run.ts";
import type { NewRun, Unnamed } from "../storage/port.ts";
import { type TraceContext, traceparentOf } from "../tracing/context.ts";
import { NAMESPACE } from "./namespace.ts";
import type { Preparing } from "./preparing.ts";
import type { TriggerEvents } from "./trigger-events.ts";

const stored = triggers.of({ outcome: "stored" });
const ended = triggers.of({ outcome: "ended" });

/** Attempts for a run whose workflow gets one version after the other meanwhile. */
const ATTEMPTS = 5;

/** Starts runs. */
export class TriggerService {
  readonly #runs: RunRepository;
  readonly #preparing: Preparing;
  readonly #messaging: Messaging;
  readonly #events: TriggerEvents;
  readonly #graceMilliseconds: number;
  readonly #log: Logger;

  /** `graceMilliseconds`: how long a message has to bring a run to a worker before the sweeper looks for it. */
  constructor(
    { runs, preparing, events }: { runs: RunRepository; preparing: Preparing; events: TriggerEvents },
    messaging: Messaging,
    graceMilliseconds: number,
    log: Logger,
  ) {
    this.#graceMilliseconds = graceMilliseconds;
    this.#runs = runs;
    this.#preparing = preparing;
    this.#messaging = messaging;
    this.#events = events;
    this.#log = log;
  }

  /**
   * Stores a run and returns its id. A worker of this process with room gets it as claimed; else the workers are told.
   * The row is what counts: a message that is lost only makes the run start when its grace is over.
   *
   * @param depth workflows that triggered one another up to it
   * @param trace the place of its request in a trace; null where that has none
   * @throws PlatformError workflow_not_found, depth_exceeded, overloaded, storage_unavailable
   * @throws ValidationFailed where the payload is not what the workflow's input says
   */
  async trigger(
    { workflow_id, payload = {} }: TriggerInput,
    depth = 0,
    trace: TraceContext | null = null,
  ): Promise<string> {
    if (depth > MAX_DEPTH_OF_RUNS) throw counted(new PlatformError("depth_exceeded"));
    const reservation = this.#messaging.reserve();
    const common = {
      uuid: null,
      namespace: NAMESPACE,
      workflow: workflow_id,
      depth,
      traceparent: trace === null ? null : traceparentOf(trace),
      graceMilliseconds: this.#graceMilliseconds,
      claim: reservation?.claim ?? null,
      progress: null,
    };
    try {
      const { run, inserted, end } = await this.#store(common, payload);
      (end === null ? stored : ended).add();
      failpoint("trigger_committed");
      if (inserted.cancel !== undefined) this.#cancel(inserted.cancel);
      if (reservation !== null && (inserted.claimed || end !== null)) reservation.stored(run, inserted, end);
      else {
        reservation?.release();
        // Whoever lets it begin later finds it due.
        if (inserted.waits) return inserted.uuid;
        const { uuid: run_id, workflowUuid: workflow_id, workflowVersion: workflow_version } = inserted;
        const { namespace, payload, traceparent } = run;
        const event = { namespace, run_id, workflow_id, workflow_version, payload, traceparent, isWake: false };
        this.#events.publish(event);
      }
      return inserted.uuid;
    } catch (error) {
      reservation?.release();
      throw counted(error);
    }
  }

  /** Stores a run, made by the options of its workflow where there are some. */
  async #store(
    common: Omit<Unnamed<NewRun>, "payload">,
    payload: JsonObject,
  ): Promise<{ run: Unnamed<NewRun> } & StoredRun> {
    const { namespace, workflow } = common;
    let version = this.#preparing.preparations.likelyVersion(namespace, workflow);
    // What the last one found may be old: then it is not what refuses a payload.
    let isNewest = false;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const made =
        version === undefined
          ? { payload: JSON.stringify(payload) }
          : await this.#preparing.prepare(version, { payload });
      if ("faults" in made) {
        if (isNewest) throw new ValidationFailed(made.faults);
        version = await this.#preparing.newestVersion(namespace, workflow);
        isNewest = true;
        continue;
      }
      const run = { ...common, ...made };
      const { inserted, end } = await this.#runs.insert(run);
      if (inserted.unprepared === undefined) return { run, inserted, end };
      version = { namespace, workflowUuid: inserted.workflowUuid, version: inserted.workflowVersion };
      isNewest = true;
      this.#preparing.preparations.learn(workflow, version);
    }
    throw new PlatformError("overloaded");
  }

  /** Makes room for a run that waits; workers ask for it as well, again and again. */
  #cancel(runs: RunKey[]): void {
    this.#runs
      .cancel(runs)
      .catch((error: unknown) => this.#log.warn({ error: messageOf(error) }, "runs not cancelled yet"));
  }
}

/** Counts a trigger that is refused; gives the error back. */
function counted(error: unknown): unknown {
  const other = error instanceof ValidationFailed ? "validation_failed" : "internal";
  triggers.of({ outcome: error instanceof PlatformError ? error.code : other }).add();
  return error;
}
