/** The storage port. Methods take and return arrays in the same order; each item of a batch has its own outcome. */

import type { Collector } from "../metrics/readings.ts";
import type { BreakerState } from "../resilience/breaker.ts";
import type { ControlRequest, ControlResult, ControlStanding, HolderNews } from "../schemas/control/control.ts";
import type { InboxRow } from "../schemas/log/inbox.ts";
import type { CompletedEvent } from "../schemas/runs/event.ts";
import type { RunKey } from "../schemas/runs/run.ts";
import type { BulkActions } from "./port/bulk.ts";
import type { CountsAsked, CountsFound } from "./port/finding/counts.ts";
import type { DurationCount, DurationsAsked, DurationsFound } from "./port/finding/durations.ts";
import type { Figures } from "./port/finding/figures.ts";
import type { HistoryLookup, HistoryRows } from "./port/finding/history.ts";
import type { Reads } from "./port/finding/reads.ts";
import type { Hooks } from "./port/hooks.ts";
import type { Outcome } from "./port/outcome.ts";
import type { ClaimedRun, DueClaim, Held, MessageClaim, ProcessRecord, WorkerLease } from "./port/runs/claims.ts";
import type { InboxLookup, NewSignal, StoredSignal } from "./port/runs/inbox.ts";
import type { Progress, Saved } from "./port/runs/progress.ts";
import type { KeptRequest, RequestKey } from "./port/runs/request-keys.ts";
import type { AwaitedRun, FoundRuns, InsertedRun, NewRetry, NewRun, StoredFacts } from "./port/runs/runs.ts";
import type { TurnsTaken } from "./port/runs/turns.ts";
import type { Schedules } from "./port/schedules.ts";
import type {
  ChangedWorkflow,
  DeletedWorkflow,
  NewWorkflow,
  Unnamed,
  VersionKey,
  WorkflowChange,
  WorkflowKey,
} from "./port/workflows.ts";

export type * from "./port/bulk.ts";
export type * from "./port/finding/counts.ts";
export type * from "./port/finding/durations.ts";
export type * from "./port/finding/figures.ts";
export type * from "./port/finding/history.ts";
export type * from "./port/finding/looks.ts";
export type * from "./port/finding/reads.ts";
export type * from "./port/hooks.ts";
export type * from "./port/outcome.ts";
export type * from "./port/runs/claims.ts";
export type * from "./port/runs/inbox.ts";
export type * from "./port/runs/made-run.ts";
export type * from "./port/runs/progress.ts";
export type * from "./port/runs/request-keys.ts";
export type * from "./port/runs/runs.ts";
export type * from "./port/runs/turns.ts";
export type * from "./port/schedules.ts";
export type * from "./port/workflows.ts";

/** Completed events that a broker is owed. */
export interface OwedEvents {
  /** Events that are overdue, oldest first. Those that are not sent now fall due again later. */
  take(limit: number): Promise<CompletedEvent[]>;
  /** Notes that the broker has the events of these runs. */
  sent(runIds: string[]): Promise<void>;
}

export interface Storage extends Reads {
  readonly schedules: Schedules;
  readonly hooks: Hooks;
  readonly bulk: BulkActions;
  /** Null where no broker is owed anything. */
  readonly owedEvents: OwedEvents | null;
  /** The state of its circuit breaker; null where it has none. */
  readonly breaker: (() => BreakerState) | null;
  /** Read its pools or its disk, for the metrics. */
  readonly collectors: readonly Collector[];
  /** How many batches of one kind should be under way at once; 1 where fewer and larger batches are faster. */
  readonly batchesAtOnce: number;
  /** Gives the uuid of each. A workflow that is stored already is not changed. Error unstorable where another namespace has the uuid. */
  insertWorkflows(items: Unnamed<NewWorkflow>[]): Promise<Outcome<string>[]>;
  /** Makes a new version of each that is changed. Error workflow_not_found, version_conflict. */
  updateWorkflows(items: WorkflowChange[]): Promise<Outcome<ChangedWorkflow>[]>;
  /** Error workflow_not_found. */
  deleteWorkflows(items: WorkflowKey[]): Promise<Outcome<{ uuid: string }>[]>;
  /** Has deleted workflows back: by uuid, or the newest with the id that is there or else was deleted. Error workflow_not_found. */
  undeleteWorkflows(items: DeletedWorkflow[]): Promise<Outcome<{ uuid: string; version: number }>[]>;
  /** JSON text of each version, steps and options, in the language of now (`definitionText`), deleted workflows included. */
  findVersions(keys: VersionKey[]): Promise<(string | null)[]>;

  /** Error workflow_not_found, unstorable, or concurrency_limit. The same uuid twice is stored once; unstorable where another namespace has it. */
  insertRuns(items: Unnamed<NewRun>[]): Promise<Outcome<InsertedRun>[]>;
  /** Stores runs that try others again, with what they keep of these. Error version_not_found, or concurrency_limit. */
  insertRetries(items: Unnamed<NewRetry>[]): Promise<Outcome<InsertedRun>[]>;
  /**
   * Lets runs begin whose turn it is: those that wait behind runs that ended just now, and any others, which a look that died
   * may have left. Where none waits this is one look into an empty index.
   */
  takeTurns(ended: RunKey[]): Promise<TurnsTaken>;
  /** How far runs have come, with what their logs have behind the rows that the reader knows; null for those that are not stored. */
  findHistory(items: HistoryLookup[]): Promise<(HistoryRows | null)[]>;
  /** What is known of runs that have begun; null for those that are not stored. */
  findFacts(keys: RunKey[]): Promise<(StoredFacts | null)[]>;
  /** The runs among these that have ended. */
  endedRuns(keys: RunKey[]): Promise<RunKey[]>;
  /** The runs among these that are stored. */
  storedRuns(keys: RunKey[]): Promise<RunKey[]>;

  /** What came of requests with these keys; null for those of which nothing is stored, or was more than KEY_MILLISECONDS ago. */
  findRequestKeys(keys: RequestKey[]): Promise<(KeptRequest | null)[]>;

  /** Tells runs that were never claimed from the others. Payloads are given up to `maxBytes` characters, but always one. */
  findUnclaimed(keys: RunKey[], maxBytes: number): Promise<FoundRuns>;
  claimByMessage(claim: MessageClaim): Promise<ClaimedRun[]>;
  /** With patience it may give fewer than the limit although more are due; it gives none only when none is due. */
  claimDue(claim: DueClaim): Promise<ClaimedRun[]>;
  /** When a claim with this patience can take the next run if no lease is renewed, milliseconds since the epoch; null for never. */
  nextDue(patienceMilliseconds: number): Promise<number | null>;
  /** `lost` where another worker claimed the run, or its row differs from `told`. */
  saveProgress(items: Progress[]): Promise<Saved[]>;
  /** Begins the lease of a new worker. Repeating it changes nothing. */
  startLease(lease: WorkerLease): Promise<void>;
  /** `lost` once the lease is over: any worker may claim its runs, and this one goes on under another id. */
  renewLease(lease: WorkerLease): Promise<Outcome<null>>;
  /** The processes whose leases last, the oldest first: MOST_PROCESSES of each kind. What is under way was told with the last renewal. */
  listProcesses(): Promise<ProcessRecord[]>;
  /** The runs that a worker holds, including those whose claim was never answered. */
  heldBy(worker: string): Promise<(Held & Pick<Progress, "crashes">)[]>;
  /** Cancels runs: at once where no worker holds them, else through their holder. Error run_not_found. Repeating it changes nothing. */
  requestControl(items: ControlRequest[]): Promise<Outcome<ControlResult>[]>;
  /** How runs are for requests to them; null for those that are not stored. */
  findStandings(keys: RunKey[]): Promise<(ControlStanding | null)[]>;
  /** The requests to runs that a worker holds, and what came for them. Where there is nothing this is a look into empty indexes. */
  controlOf(worker: string): Promise<(Held & HolderNews)[]>;
  /**
   * Puts signals into the inboxes of runs; a run that sleeps is due at once. Error run_not_found, run_ended, or too_many_signals
   * above MAX_KEPT_SIGNALS or MAX_KEPT_SIZE.
   */
  putSignals(items: NewSignal[]): Promise<Outcome<StoredSignal>[]>;
  /** The runs that steps of each of the runs started and wait for, those that wait for their turn included. */
  findAwaited(uuids: string[]): Promise<AwaitedRun[][]>;
  /** What came for each of the runs behind what is known, and was not taken; in the order of arrival. */
  findInbox(items: InboxLookup[]): Promise<InboxRow[][]>;
  /**
   * Does a small part of the upkeep: makes partitions ahead, and drops some runs that had ended by `before` (milliseconds since the epoch;
   * null drops none), on PostgreSQL those of months that were over by then, and some whose workflow keeps its runs for fewer days, counted
   * back from `now` (null drops none of these). A run whose event is owed is never dropped. Turns and keys of requests that count for
   * nothing any more are forgotten, and numbers of runs, and how long they took, by minute are put together by hour. True if there is more to do.
   */
  maintain(before: number | null, now?: number | null): Promise<boolean>;
  /** How many runs were made, and ended, from a time on: counted with the commits that did so. A replica is not asked. */
  findCounts(asked: CountsAsked): Promise<CountsFound>;
  /** Adds to how long runs took. Repeating it counts them twice. */
  addDurations(items: DurationCount[]): Promise<void>;
  /** How long runs took, in no order. A replica is not asked. */
  findDurations(asked: DurationsAsked): Promise<DurationsFound[]>;
  /** What it holds, some seconds old. */
  figures(): Promise<Figures>;
  /** Rejects while the storage can't be reached. */
  check(): Promise<void>;
  /** Writes a health_status row and drops those older than a day. */
  recordHealth(status: string): Promise<void>;
  close(): Promise<void>;
}
