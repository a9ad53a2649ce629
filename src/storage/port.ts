/** The storage port. Everything takes and returns arrays, in the same order: each item of a batch has its own outcome. */

import type { ErrorCode } from "../errors.ts";
import type { BreakerState } from "../resilience/breaker.ts";
import type { ControlKind, ControlRequest, ControlResult } from "../schemas/control.ts";
import type { CompletedEvent } from "../schemas/event.ts";
import type { PageRequest } from "../schemas/page.ts";
import type { EndedStatus, RunKey, RunStatus } from "../schemas/run.ts";

/** `lost`: the fence did not hold, somebody else has the run now, nothing was written. */
export type Outcome<T> = { kind: "ok"; value: T } | { kind: "lost" } | Refusal;

/** What the item asked for cannot be; the code's row in the error table says why, the subject names it. */
export interface Refusal {
  kind: "error";
  code: ErrorCode;
  subject: string;
}

export interface NewWorkflow {
  uuid: string;
  namespace: string;
  id: string | null;
  name: string;
  description: string | null;
  /** JSON text of the steps. */
  steps: string;
}

/**
 * A new row that its storage names, so late that no reader of an ascending list has passed it. A row that comes with a uuid
 * is stored under that one, wherever readers are.
 */
export type Unnamed<Row extends { uuid: string }> = Omit<Row, "uuid"> & { uuid: string | null };

export interface WorkflowChange {
  namespace: string;
  /** uuid or author's id. */
  reference: string;
  /** Undefined keeps the id that it has. */
  id: string | undefined;
  name: string;
  description: string | null;
  steps: string;
}

export interface WorkflowKey {
  namespace: string;
  /** uuid or author's id. */
  reference: string;
}

export interface WorkflowLookup extends WorkflowKey {
  /** Null for the newest. */
  version: number | null;
}

export interface WorkflowRecord {
  uuid: string;
  id: string | null;
  name: string;
  description: string | null;
  steps: string;
  version: number;
  createdAt: number;
  updatedAt: number;
}

export interface VersionKey {
  workflowUuid: string;
  version: number;
}

export interface NewRun {
  uuid: string;
  namespace: string;
  /** uuid or author's id of the workflow; resolved by the insert itself, so that no stale cache can start an old one. */
  workflow: string;
  /** JSON text. */
  payload: string;
  /** Workflows that triggered one another up to it. */
  depth: number;
  /** Milliseconds that a message has to bring the run to a worker before the sweeper may take it. */
  graceMilliseconds: number;
  /** Stores it as claimed already, with token 1, for a worker that has room, if its lease lasts; null leaves it pending. */
  claim: ClaimMark | null;
  /** How it ended, where it was executed before its insert: stored so if its workflow still has the version that was executed. */
  progress: ProgressBeforeInsert | null;
}

/** How a claim marks the runs that it takes. It takes none once the lease of its worker is over. */
export interface ClaimMark {
  claimId: string;
  /** The worker that holds them from then on, for as long as its lease lasts. */
  worker: string;
}

/** The lease of a worker, which is that of every run it holds. */
export interface WorkerLease {
  /** A UUID that no worker had before. */
  worker: string;
  leaseMilliseconds: number;
}

export interface InsertedRun {
  uuid: string;
  workflowUuid: string;
  workflowVersion: number;
  /** Whether it is held under the claim that the insert named. */
  claimed: boolean;
  /** Whether it is stored as ended. */
  ended: boolean;
}

export interface RunRecord {
  uuid: string;
  id: string;
  workflowUuid: string;
  workflowVersion: number;
  status: RunStatus;
  payload: string;
  createdAt: number;
  startedAt: number | null;
  completedAt: number | null;
  error: string | null;
  /** JSON text of the object of step results once the run ended; null before, and where nobody held it: then the log has them. */
  stepResults: string | null;
  /** JSON array text of every log entry so far; "[]" once there are step results. */
  log: string;
}

export interface Claim extends ClaimMark {
  /** Room for payloads and logs; the first run is taken whatever its size. */
  maxBytes: number;
}

/** Claims runs that a message named: only ones that nobody ever claimed. */
export interface MessageClaim extends Claim {
  uuids: string[];
}

/** Claims runs that are due, in the order in which they fell due. Those of workers whose lease is over fall due with it. */
export interface DueClaim extends Claim {
  limit: number;
  /** Runs that nobody has begun are left to their messages for so long once they are due. */
  patienceMilliseconds: number;
}

/** A run that nobody ever claimed. */
export interface UnclaimedRun extends VersionKey {
  uuid: string;
  /** JSON text. */
  payload: string;
}

/** Runs by whether anybody ever claimed them; those that are not stored are in neither list. */
export interface FoundRuns {
  /** Only as many as there is room for. */
  unclaimed: UnclaimedRun[];
  /** Somebody claimed them, or they ended. */
  taken: string[];
}

export interface ClaimedRun {
  uuid: string;
  workflowUuid: string;
  workflowVersion: number;
  payload: string;
  /** JSON array text of every log entry so far. */
  log: string;
  logLength: number;
  token: number;
  crashes: number;
  /** Workflows that triggered one another up to it. */
  depth: number;
}

export interface Held {
  uuid: string;
  token: number;
}

/**
 * How far a run came, written at once, and only while the fence holds: the run's token is this one, and where that is 0, which
 * says that nobody ever claimed the run, its log is as long as its writer knows. Repeating it is harmless.
 */
export interface Progress extends Held {
  /** Rows of the log that the writer knows: the place of `entries`. 0 with token 0 is a run that nobody began. */
  seq: number;
  /** JSON array text to append to the log; null appends nothing. */
  entries: string | null;
  crashes: number;
  /** When a run that nobody claimed was begun, milliseconds since the epoch; a claim writes it itself. */
  startedAt?: number;
  /** Executed with this, unread: it is written only if the row says the same. */
  told?: Told;
  next: Next;
}

/** What is next for a run. */
export type Next =
  /** Its worker goes on with it. */
  | { kind: "hold" }
  /** Nobody holds it, and it may be claimed from then on, milliseconds since the epoch. */
  | { kind: "due"; dueAt: number }
  | RunEnd;

/** How a run ended. */
export interface RunEnd {
  kind: "end";
  status: EndedStatus;
  error: string | null;
  /** JSON text. */
  stepResults: string;
}

/** A version of a workflow, and the payload (JSON text) where that is not sure either. */
export interface Told extends VersionKey {
  payload?: string;
}

/** The progress of a run that was executed before its insert, with token 0 from seq 0 to its end: all its steps were pure. */
export interface ProgressBeforeInsert extends Required<Pick<Progress, "startedAt" | "told">> {
  next: RunEnd;
}

/** Completed events that a broker is owed. */
export interface OwedEvents {
  /** Those that are overdue, oldest first; they fall due again later, should they not be sent now. */
  take(limit: number): Promise<CompletedEvent[]>;
  /** The broker has them. */
  sent(runIds: string[]): Promise<void>;
}

export interface Storage {
  /** Null where no broker is owed anything. */
  readonly owedEvents: OwedEvents | null;
  /** The breaker before it; null where there is nothing to be out of reach. */
  readonly breaker: (() => BreakerState) | null;
  /** Batches of one kind that are worth having under way at once; 1 where fewer and larger ones are better. */
  readonly batchesAtOnce: number;
  /** The uuid of each; one that was there already stays as it is. */
  insertWorkflows(items: Unnamed<NewWorkflow>[]): Promise<Outcome<string>[]>;
  /** Makes a new version of each. Error workflow_not_found. */
  updateWorkflows(items: WorkflowChange[]): Promise<Outcome<{ uuid: string; version: number }>[]>;
  /** Error workflow_not_found. */
  deleteWorkflows(items: WorkflowKey[]): Promise<Outcome<{ uuid: string }>[]>;
  findWorkflows(items: WorkflowLookup[]): Promise<(WorkflowRecord | null)[]>;
  /**
   * Up to `limit` rows, fewer once they hold MAX_PAGE_BYTES; none only when there are no more. Ascending it ends before the
   * last two seconds, and before whatever may still be stored under a smaller uuid than those it has shown.
   */
  listWorkflows(page: PageRequest): Promise<WorkflowRecord[]>;
  /** JSON text of the steps of each version, deleted workflows included. */
  findVersions(keys: VersionKey[]): Promise<(string | null)[]>;

  /** Error workflow_not_found, or unstorable. The same uuid twice is stored once. */
  insertRuns(items: Unnamed<NewRun>[]): Promise<Outcome<InsertedRun>[]>;
  findRuns(keys: RunKey[]): Promise<(RunRecord | null)[]>;
  /** Those of the runs that there are. */
  storedRuns(uuids: string[]): Promise<string[]>;
  /** Like listWorkflows. */
  listRuns(page: PageRequest): Promise<RunRecord[]>;

  /** Tells apart which runs nobody ever claimed; gives these until their payloads come to so many characters, one whatever its size. */
  findUnclaimed(uuids: string[], maxBytes: number): Promise<FoundRuns>;
  claimByMessage(claim: MessageClaim): Promise<ClaimedRun[]>;
  /** Fewer than the limit with patience, though there are more; none only when there are no more. */
  claimDue(claim: DueClaim): Promise<ClaimedRun[]>;
  /** When a claim with this patience finds the next run, milliseconds since the epoch, if no lease is renewed; null when none will. */
  nextDue(patienceMilliseconds: number): Promise<number | null>;
  /** `lost` where somebody else claimed the run, or it is another than told. */
  saveProgress(items: Progress[]): Promise<Outcome<null>[]>;
  /** The lease of a new worker begins. Repeating it is harmless. */
  startLease(lease: WorkerLease): Promise<void>;
  /** Lost once it was over: its runs are anybody's, and the worker goes on under another id. */
  renewLease(lease: WorkerLease): Promise<Outcome<null>>;
  /** What a worker holds, whether or not it was told so. */
  heldBy(worker: string): Promise<(Held & Pick<Progress, "crashes">)[]>;
  /** Cancels runs: at once where no worker holds them, else through their holder. Error run_not_found. Repeating it is harmless. */
  requestControl(items: ControlRequest[]): Promise<Outcome<ControlResult>[]>;
  /** Which runs that a worker holds it is asked to do something with, by one look that costs next to nothing where there are none. */
  controlOf(worker: string): Promise<(Held & { kind: ControlKind })[]>;
  /**
   * A small part of the upkeep: makes room for runs to come, and drops some that were over at `before` (milliseconds since the epoch;
   * null for none) and triggered earlier, on PostgreSQL in a month that was over; never one whose event is owed. True if there is more to do.
   */
  maintain(before: number | null): Promise<boolean>;
  /** Rejects while the storage is out. */
  check(): Promise<void>;
  /** Writes a health_status row and drops those older than a day. */
  recordHealth(status: string): Promise<void>;
  close(): Promise<void>;
}
