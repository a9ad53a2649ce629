import type { TriggerEvent } from "../schemas/event.ts";
import type { Messaging, TriggerConsumer } from "./port.ts";

const NONE: ReadonlySet<string> = new Set();

/** Messages within one process. Without a consumer they are dropped: the sweeper finds their runs. */
export function openInProcessMessaging(): Messaging {
  let consumer: TriggerConsumer | null = null;
  return {
    reserve: () => consumer?.reserve() ?? null,
    executeBeforeInsert: (runs) => consumer?.executeBeforeInsert(runs) ?? null,
    async publishTriggers(events: TriggerEvent[]) {
      consumer?.onMessages(events.map(({ namespace, run_id: uuid }) => ({ namespace, uuid })));
      return NONE;
    },
    // Nobody outside listens.
    publishCompleted: async () => NONE,
    consumeTriggers(given) {
      consumer = given;
    },
    isUp: () => true,
    isDegraded: () => false,
    breaker: () => "closed",
    collectors: [],
    async stopConsuming() {
      consumer = null;
    },
    async close() {},
  };
}
