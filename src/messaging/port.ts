import type { TriggerEvent } from "../schemas/event.ts";

/**
 * The messaging port: the fast road from a trigger to a worker. The database is the truth: a message that is lost or
 * comes twice changes nothing but the time.
 */
export interface Messaging {
  /** Resolves when the broker has the events, or has none to lose. */
  publishTriggers(events: TriggerEvent[]): Promise<void>;
  /** Hands the ids of triggered runs to the one consumer of this process. */
  consumeTriggers(consumer: (runIds: string[]) => void): void;
  close(): Promise<void>;
}
