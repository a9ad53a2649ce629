import type { Collector } from "../metrics/readings.ts";
import type { BreakerState } from "../resilience/breaker.ts";
import type { CompletedEvent, TriggerEvent, Triggered } from "../schemas/runs/event.ts";
import type { RunKey } from "../schemas/runs/run.ts";
import type { ClaimedRun, ClaimMark, InsertedRun, NewRun, ProgressBeforeInsert, Unnamed } from "../storage/port.ts";

/** What a worker is told of one run that is about to be stored, or woken; with room for it that claims it, and it needs no message. */
export interface Reservation {
  /** Marks the run as claimed for the worker; null without room: it can be executed before its insert, and no more. */
  claim: ClaimMark | null;
  /** It is stored, as it was executed before or else (null) to be executed, claimed or not. The worker learns which version its workflow has. */
  stored(run: Unnamed<NewRun>, inserted: InsertedRun, ended: ProgressBeforeInsert | null): void;
  /** It was claimed so as it was woken. The room is kept until `release`. */
  woken(run: ClaimedRun): void;
  /** It was not stored, or not for this worker. */
  release(): void;
}

/**
 * Executes those of the runs that have a reservation here and pure steps alone, before their insert: they are written once then. Gives
 * the progress of each, null for those that go the usual way; null at once where all of them do.
 */
export type ExecuteBeforeInsert = (runs: Unnamed<NewRun>[]) => Promise<(ProgressBeforeInsert | null)[]> | null;

/** Who executes runs in this process. */
export interface TriggerConsumer {
  /** How many more runs may be claimed now; at 0 a broker holds its messages back. */
  room(): number;
  /**
   * Claims those of the runs that are new, whoever triggered them, or ends them at once; the others are left as they are.
   * At most `room()` of them, each once. Resolves with those that do not exist at all.
   *
   * @throws what the storage throws while it is out: then none of them was claimed as far as anyone knows, and asking
   * again is right.
   */
  claim(triggered: Triggered[]): Promise<{ unknown: RunKey[] }>;
  /** Something came into the inboxes of these runs, which were begun. */
  wake(runs: RunKey[]): void;
  /** Runs that were triggered in this process: claimed as soon as there is room, or else left to the sweeper. */
  onMessages(runs: RunKey[]): void;
  /** For a run that is about to be stored; null where that is not to hear of it. */
  reserve(): Reservation | null;
  executeBeforeInsert: ExecuteBeforeInsert;
}

/**
 * The messaging port: the fast road from a trigger to a worker. The database is the truth: a message that is lost or
 * comes twice changes nothing but the time.
 */
export interface Messaging {
  /** In a worker of this very process; null where runs go through a broker, and where it takes none. */
  reserve(): Reservation | null;
  /** As its consumer does; null without one. */
  executeBeforeInsert: ExecuteBeforeInsert;
  /**
   * Resolves when the broker has the events, or has none to lose, with the ids of the runs whose events it takes in no form.
   * Rejects when it takes none: then some may be there all the same.
   */
  publishTriggers(events: TriggerEvent[]): Promise<ReadonlySet<string>>;
  /** The same for runs that ended; what was not taken is published again later. */
  publishCompleted(events: CompletedEvent[]): Promise<ReadonlySet<string>>;
  /** Names the one consumer of this process and starts bringing it messages. */
  consumeTriggers(consumer: TriggerConsumer): void;
  /** Whether the broker answered last; for the readiness of the process. */
  isUp(): boolean;
  /** Whether it does a part of its work badly while it is up, such as messages that can't be read; for the same. */
  isDegraded(): boolean;
  /** Messages that no worker could take, ever put aside; null without a broker, and until it was asked. */
  deadLetters(): number | null;
  /** Read the figures of the broker, for the metrics. */
  readonly collectors: readonly Collector[];
  /** closed while it is up; else open, or half open while it is asked whether it is back. */
  breaker(): BreakerState;
  /** Brings no more messages to the consumer, and resolves when those under way are claimed or given up. */
  stopConsuming(): Promise<void>;
  /** Publishes what is still on its way, then closes. */
  close(): Promise<void>;
}
