import type { Logger } from "pino";
import { Coalescer } from "../batching/coalescer.ts";
import type { Clock } from "../clock.ts";
import type { Messaging } from "../messaging/port.ts";
import { triggerEvents } from "../metrics/table.ts";
import { RareWarning } from "../rare-warning.ts";
import type { TriggerEvent } from "../schemas/runs/event.ts";
import type { RunKey } from "../schemas/runs/run.ts";
import type { InsertedRun } from "../storage/port.ts";
import { parseTraceparent } from "../tracing/context.ts";

const sent = triggerEvents.of({ outcome: "sent" });
const refusedByBroker = triggerEvents.of({ outcome: "refused" });
const failed = triggerEvents.of({ outcome: "failed" });

/** Tells workers of runs that are new, or have something in their inboxes. One that is lost only makes its run wait for the sweeper. */
export class TriggerEvents {
  readonly #messaging: Messaging;
  readonly #unpublished: RareWarning;
  readonly #events: Coalescer<TriggerEvent, boolean>;

  constructor(messaging: Messaging, clock: Clock, log: Logger) {
    this.#messaging = messaging;
    this.#unpublished = new RareWarning(log, clock, "triggers not published; the sweeper takes their runs");
    this.#events = new Coalescer({
      name: "trigger_events",
      clock,
      sizeOf: ({ payload }) => 200 + Buffer.byteLength(payload),
      // Nobody waits for it, and a broker takes many messages for little more than one.
      flushes: 1,
      flush: (events) => this.#send(events),
    });
  }

  publish(event: TriggerEvent): void {
    const left = (error: string) => this.#unpublished.say({ ...namesOf(event), error });
    this.#events.add(event).then(
      (isTaken) => {
        if (!isTaken) left("the broker refuses its event");
      },
      (error: unknown) => left(String(error)),
    );
  }

  /** Tells them of a run that is stored and has something to do before its time: it need not wait for the next look of a worker. */
  wake({
    namespace,
    uuid,
    workflowUuid,
    workflowVersion,
  }: RunKey & Pick<InsertedRun, "workflowUuid" | "workflowVersion">): void {
    const named = { namespace, run_id: uuid, workflow_id: workflowUuid, workflow_version: workflowVersion };
    this.publish({ ...named, payload: "null", traceparent: null, isWake: true });
  }

  /** Whether the broker took each of them. */
  async #send(events: TriggerEvent[]): Promise<boolean[]> {
    try {
      const refused = await this.#messaging.publishTriggers(events);
      refusedByBroker.add(refused.size);
      sent.add(events.length - refused.size);
      return events.map(({ run_id }) => !refused.has(run_id));
    } catch (error) {
      failed.add(events.length);
      throw error;
    }
  }
}

/** What log lines call a run. */
function namesOf({ run_id, traceparent }: TriggerEvent): object {
  const trace = traceparent === null ? null : parseTraceparent(traceparent);
  return trace === null ? { run_id } : { run_id, trace_id: trace.traceId };
}
