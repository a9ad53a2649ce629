import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import { Coalescer } from "../coalescer.ts";
import { newId } from "../ids.ts";
import type { Messaging } from "../messaging/port.ts";
import type { RunRepository } from "../repositories/runs.ts";
import type { TriggerEvent } from "../schemas/event.ts";
import type { TriggerInput } from "../schemas/run.ts";
import { NAMESPACE } from "./namespace.ts";

/** How long a message has to bring a run to a worker before the sweeper looks for it. */
const GRACE_MILLISECONDS = 2000;

/** Starts runs. */
export class TriggerService {
  readonly #runs: RunRepository;
  readonly #clock: Clock;
  readonly #events: Coalescer<TriggerEvent, true>;
  readonly #log: Logger;

  constructor(runs: RunRepository, messaging: Messaging, clock: Clock, log: Logger) {
    this.#runs = runs;
    this.#clock = clock;
    this.#log = log;
    this.#events = new Coalescer({
      clock,
      sizeOf: () => 200,
      flush: async (events) => {
        await messaging.publishTriggers(events);
        return events.map(() => true);
      },
    });
  }

  /**
   * Stores a run, tells the workers, and returns its id. The row is what counts: a message that is lost only makes the
   * run start when its grace is over.
   *
   * @throws PlatformError workflow_not_found, overloaded, storage_unavailable
   */
  async trigger({ workflow_id, payload = {} }: TriggerInput): Promise<string> {
    const uuid = newId(this.#clock.now());
    const { workflowUuid } = await this.#runs.insert({
      uuid,
      namespace: NAMESPACE,
      workflow: workflow_id,
      payload: JSON.stringify(payload),
      graceMilliseconds: GRACE_MILLISECONDS,
    });
    this.#events.add({ run_id: uuid, workflow_id: workflowUuid, payload }).catch((error: unknown) => {
      this.#log.warn({ run_id: uuid, error: String(error) }, "trigger not published; the sweeper takes it");
    });
    return uuid;
  }
}
