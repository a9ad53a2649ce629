import { PlatformError } from "../errors.ts";
import { failpoint } from "../failpoints.ts";
import type { Messaging } from "../messaging/port.ts";
import { triggers } from "../metrics/table.ts";
import type { RunRepository } from "../repositories/runs.ts";
import { MAX_DEPTH_OF_RUNS } from "../schemas/depth.ts";
import type { TriggerInput } from "../schemas/run.ts";
import type { NewRun, Unnamed } from "../storage/port.ts";
import { type TraceContext, traceparentOf } from "../tracing/context.ts";
import { NAMESPACE } from "./namespace.ts";
import type { TriggerEvents } from "./trigger-events.ts";

const stored = triggers.of({ outcome: "stored" });
const ended = triggers.of({ outcome: "ended" });

/** Starts runs. */
export class TriggerService {
  readonly #runs: RunRepository;
  readonly #messaging: Messaging;
  readonly #events: TriggerEvents;
  readonly #graceMilliseconds: number;

  /** `graceMilliseconds`: how long a message has to bring a run to a worker before the sweeper looks for it. */
  constructor(runs: RunRepository, messaging: Messaging, events: TriggerEvents, graceMilliseconds: number) {
    this.#graceMilliseconds = graceMilliseconds;
    this.#runs = runs;
    this.#messaging = messaging;
    this.#events = events;
  }

  /**
   * Stores a run and returns its id. A worker of this process with room gets it as claimed; else the workers are told.
   * The row is what counts: a message that is lost only makes the run start when its grace is over.
   *
   * @param depth workflows that triggered one another up to it
   * @param trace the place of its request in a trace; null where that has none
   * @throws PlatformError workflow_not_found, depth_exceeded, overloaded, storage_unavailable
   */
  async trigger(
    { workflow_id, payload = {} }: TriggerInput,
    depth = 0,
    trace: TraceContext | null = null,
  ): Promise<string> {
    if (depth > MAX_DEPTH_OF_RUNS) throw counted(new PlatformError("depth_exceeded"));
    const reservation = this.#messaging.reserve();
    const run: Unnamed<NewRun> = {
      uuid: null,
      namespace: NAMESPACE,
      workflow: workflow_id,
      payload: JSON.stringify(payload),
      depth,
      traceparent: trace === null ? null : traceparentOf(trace),
      graceMilliseconds: this.#graceMilliseconds,
      claim: reservation?.claim ?? null,
      progress: null,
    };
    try {
      const { inserted, end } = await this.#runs.insert(run);
      (end === null ? stored : ended).add();
      failpoint("trigger_committed");
      if (reservation !== null && (inserted.claimed || end !== null)) reservation.stored(run, inserted, end);
      else {
        reservation?.release();
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
}

/** Counts a trigger that is refused; gives the error back. */
function counted(error: unknown): unknown {
  triggers.of({ outcome: error instanceof PlatformError ? error.code : "internal" }).add();
  return error;
}
