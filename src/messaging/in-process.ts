import type { TriggerEvent } from "../schemas/event.ts";
import type { Messaging } from "./port.ts";

/** Messages within one process. Without a consumer they are dropped: the sweeper finds their runs. */
export function openInProcessMessaging(): Messaging {
  let consume: ((runIds: string[]) => void) | null = null;
  return {
    async publishTriggers(events: TriggerEvent[]) {
      consume?.(events.map(({ run_id }) => run_id));
    },
    consumeTriggers(consumer) {
      consume = consumer;
    },
    async close() {
      consume = null;
    },
  };
}
