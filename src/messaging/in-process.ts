import type { TriggerEvent } from "../schemas/runs/event.ts";
import type { RunKey } from "../schemas/runs/run.ts";
import type { Messaging, TriggerConsumer } from "./port.ts";

const NONE: ReadonlySet<string> = new Set();

function keyOf({ namespace, run_id: uuid }: TriggerEvent): RunKey {
  return { namespace, uuid };
}

/** Messages within one process. Without a consumer they are dropped: the sweeper finds their runs. */
export function openInProcessMessaging(): Messaging {
  let consumer: TriggerConsumer | null = null;
  return {
    reserve: () => consumer?.reserve() ?? null,
    executeBeforeInsert: (runs) => consumer?.executeBeforeInsert(runs) ?? null,
    async publishTriggers(events: TriggerEvent[]) {
      const [woken, triggered] = [events.filter(({ isWake }) => isWake), events.filter(({ isWake }) => !isWake)];
      if (woken.length > 0) consumer?.wake(woken.map(keyOf));
      if (triggered.length > 0) consumer?.onMessages(triggered.map(keyOf));
      return NONE;
    },
    // Nobody outside listens.
    publishCompleted: async () => NONE,
    consumeTriggers(given) {
      consumer = given;
    },
    isUp: () => true,
    isDegraded: () => false,
    deadLetters: () => null,
    breaker: () => "closed",
    collectors: [],
    async stopConsuming() {
      consumer = null;
    },
    async close() {},
  };
}
