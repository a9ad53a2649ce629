import type { TriggerEvent } from "../schemas/event.ts";
import type { ClaimedRun, Lease } from "../storage/port.ts";

/** A worker's room for one run that is about to be stored: it is stored as claimed, and needs no message. */
export interface Reservation {
  lease: Lease;
  /** The run is stored under this lease. */
  accept(run: ClaimedRun): void;
  /** It was not stored. */
  release(): void;
}

/** Who executes runs in this process. */
export interface TriggerConsumer {
  /** Runs that were triggered, anywhere. */
  onMessages(runIds: string[]): void;
  /** Null without room. */
  reserve(): Reservation | null;
}

/**
 * The messaging port: the fast road from a trigger to a worker. The database is the truth: a message that is lost or
 * comes twice changes nothing but the time.
 */
export interface Messaging {
  /** Room in a worker of this very process; null where runs go through a broker, or there is no room. */
  reserve(): Reservation | null;
  /** Resolves when the broker has the events, or has none to lose. */
  publishTriggers(events: TriggerEvent[]): Promise<void>;
  /** Names the one consumer of this process. */
  consumeTriggers(consumer: TriggerConsumer): void;
  close(): Promise<void>;
}
