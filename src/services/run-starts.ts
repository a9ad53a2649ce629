import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import { messageOf, PlatformError, type RequestFault, ValidationFailed } from "../errors.ts";
import { failpoint } from "../failpoints.ts";
import type { Asked } from "../language/preparation/preparation.ts";
import type { Messaging, Reservation } from "../messaging/port.ts";
import { triggers } from "../metrics/table.ts";
import type { RunRepository, StoredRun } from "../repositories/runs.ts";
import { MAX_DEPTH_OF_RUNS } from "../schemas/runs/depth.ts";
import type { RunKey } from "../schemas/runs/run.ts";
import { type Timing, type TriggerInput, timingOf } from "../schemas/runs/trigger.ts";
import type { InsertedRun, NewRun, RequestKey, Unnamed } from "../storage/port.ts";
import { type TraceContext, traceparentOf } from "../tracing/context.ts";
import { NAMESPACE } from "./namespace.ts";
import type { TriggerEvents } from "./trigger-events.ts";

const countStored = triggers.of({ outcome: "stored" });
const countEnded = triggers.of({ outcome: "ended" });

/** Sweepers look for runs that are due at least as often. */
const SWEPT_MILLISECONDS = 2000;

/** A run that is about to be stored. */
export interface ComingRun {
  /** All of it but what depends on the options of its workflow. */
  common: Omit<Unnamed<NewRun>, "payload">;
  asked: Asked;
  /** Null where it asks for no time and no priority: only such runs take shortcuts, and messages. */
  timing: Timing | null;
  reservation: Reservation | null;
}

export interface RunStartOptions {
  runs: RunRepository;
  events: TriggerEvents;
  messaging: Messaging;
  /** How long a message has to bring a run to a worker before the sweeper looks for it. */
  graceMilliseconds: number;
  clock: Clock;
  log: Logger;
}

/** What happens to a triggered run right before and after it is stored. */
export class RunStarts {
  readonly #options: RunStartOptions;

  constructor(options: RunStartOptions) {
    this.#options = options;
  }

  /** Of all runs that are triggered. */
  get namespace(): string {
    return NAMESPACE;
  }

  /** When a run begins, and before which others, or what is wrong with that; null where its trigger says nothing of it. */
  timingOf(input: TriggerInput, loc: RequestFault["loc"]): Timing | { faults: RequestFault[] } | null {
    if (input.delay === undefined && input.start_at === undefined && input.priority === undefined) return null;
    return timingOf(input, this.#options.clock.now(), loc);
  }

  /**
   * @param timing of `timingOf`
   * @param depth workflows that triggered one another up to it
   * @param trace the place of its request in a trace; null where that has none
   * @param key of its request, stored with the run; null where that may not be repeated
   * @throws PlatformError depth_exceeded
   */
  coming(
    { workflow_id, payload = {}, tags }: TriggerInput,
    timing: Timing | null,
    depth: number,
    trace: TraceContext | null,
    key: RequestKey | null,
  ): ComingRun {
    if (depth > MAX_DEPTH_OF_RUNS) throw counted(new PlatformError("depth_exceeded"));
    const { messaging, graceMilliseconds } = this.#options;
    const reservation = timing === null ? messaging.reserve() : null;
    const common: ComingRun["common"] = {
      uuid: null,
      namespace: NAMESPACE,
      workflow: workflow_id,
      depth,
      traceparent: trace === null ? null : traceparentOf(trace),
      graceMilliseconds,
      claim: reservation?.claim ?? null,
      mayEndBefore: reservation !== null,
      progress: null,
    };
    if (key !== null) common.requestKey = key;
    // The sweepers begin such runs, by their times and priorities: no message has to come first.
    if (timing !== null) Object.assign(common, timing, { graceMilliseconds: 0 });
    return { common, asked: tags === undefined ? { payload } : { payload, tags }, timing, reservation };
  }

  /**
   * Has a run that is stored begin: a worker of this process with room gets it as claimed, else the workers are told. Gives its id; null
   * where another request had its key first.
   */
  stored({ timing, reservation }: ComingRun, run: Unnamed<NewRun>, { inserted, ended }: StoredRun): string | null {
    if (inserted.isTaken) {
      reservation?.release();
      return null;
    }
    (ended === null ? countStored : countEnded).add();
    failpoint("trigger_committed");
    if (inserted.cancel !== undefined) this.#cancel(inserted.cancel, { ...inserted, namespace: run.namespace });
    reservation?.stored(run, inserted, ended);
    if (reservation !== null && (inserted.claimed || ended !== null)) return inserted.uuid;
    // Whoever lets it begin later finds it due, and sweepers find it by themselves.
    if (inserted.waits || this.#isLater(timing)) return inserted.uuid;
    const { uuid: run_id, workflowUuid: workflow_id, workflowVersion: workflow_version } = inserted;
    const { namespace, traceparent } = run;
    const isWake = timing !== null;
    const payload = isWake ? "null" : run.payload;
    this.#options.events.publish({ namespace, run_id, workflow_id, workflow_version, payload, traceparent, isWake });
    return run_id;
  }

  /** A run is not stored, for this reason; gives the reason back. */
  refused({ reservation }: ComingRun, error: unknown): unknown {
    reservation?.release();
    return counted(error);
  }

  /** Whether a run begins so late that every sweeper has looked for the next one by then. */
  #isLater(timing: Timing | null): boolean {
    return timing?.startAt !== undefined && timing.startAt - this.#options.clock.now() > SWEPT_MILLISECONDS;
  }

  /** Makes room for a run that waits, and may begin then; workers ask for it as well, again and again. */
  #cancel(runs: RunKey[], waiting: InsertedRun & { namespace: string }): void {
    const { runs: repository, events } = this.#options;
    repository
      .cancel(runs)
      .then(() => events.wake(waiting))
      .catch((error: unknown) => this.#options.log.warn({ error: messageOf(error) }, "runs not cancelled yet"));
  }
}

/** A run of a workflow without options to read. */
export function unprepared({ payload, tags }: Asked): Pick<NewRun, "payload" | "tags"> {
  const text = JSON.stringify(payload);
  return tags === undefined || tags.length === 0
    ? { payload: text }
    : { payload: text, tags: JSON.stringify([...new Set(tags)]) };
}

/** Counts a trigger that is refused; gives the error back. */
export function counted(error: unknown): unknown {
  const other = error instanceof ValidationFailed ? "validation_failed" : "internal";
  triggers.of({ outcome: error instanceof PlatformError ? error.code : other }).add();
  return error;
}
