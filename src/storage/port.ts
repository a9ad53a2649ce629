/** The storage port. Everything takes and returns arrays, in the same order: each item of a batch has its own outcome. */

import type { BreakerState } from "../resilience/breaker.ts";
import type { ControlKind, ControlRequest, ControlResult } from "../schemas/control.ts";
import type { CompletedEvent } from "../schemas/event.ts";
import type { PageRequest } from "../schemas/page.ts";
import type { RunKey } from "../schemas/run.ts";
import type { ClaimedRun, DueClaim, Held, MessageClaim, WorkerLease } from "./port/claims.ts";
import type { Outcome } from "./port/outcome.ts";
import type { Progress } from "./port/progress.ts";
import type { FoundRuns, InsertedRun, NewRun, RunRecord } from "./port/runs.ts";
import type {
  NewWorkflow,
  Unnamed,
  VersionKey,
  WorkflowChange,
  WorkflowKey,
  WorkflowLookup,
  WorkflowRecord,
} from "./port/workflows.ts";

export type * from "./port/claims.ts";
export type * from "./port/outcome.ts";
export type * from "./port/progress.ts";
export type * from "./port/runs.ts";
export type * from "./port/workflows.ts";

/** Completed events that a broker is owed. */
export interface OwedEvents {
  /** Events that are overdue, oldest first; they fall due again later, if they are not sent now. */
  take(limit: number): Promise<CompletedEvent[]>;
  /** The broker has them. */
  sent(runIds: string[]): Promise<void>;
}

export interface Storage {
  /** Null where no broker is owed anything. */
  readonly owedEvents: OwedEvents | null;
  /** The breaker before it; null where it has none. */
  readonly breaker: (() => BreakerState) | null;
  /** Batches of one kind that are worth having under way at once; 1 where fewer and larger ones are better. */
  readonly batchesAtOnce: number;
  /** The uuid of each; a workflow that is there already is left as it is. Error unstorable where another namespace has the uuid. */
  insertWorkflows(items: Unnamed<NewWorkflow>[]): Promise<Outcome<string>[]>;
  /** Makes a new version of each. Error workflow_not_found. */
  updateWorkflows(items: WorkflowChange[]): Promise<Outcome<{ uuid: string; version: number }>[]>;
  /** Error workflow_not_found. */
  deleteWorkflows(items: WorkflowKey[]): Promise<Outcome<{ uuid: string }>[]>;
  findWorkflows(items: WorkflowLookup[]): Promise<(WorkflowRecord | null)[]>;
  /**
   * Up to `limit` rows, fewer once they hold MAX_PAGE_BYTES; none only when there are no more. Ascending it ends before the
   * last two seconds, and before the uuid of any row that may still be stored.
   */
  listWorkflows(page: PageRequest): Promise<WorkflowRecord[]>;
  /** JSON text of the steps of each version, deleted workflows included. */
  findVersions(keys: VersionKey[]): Promise<(string | null)[]>;

  /** Error workflow_not_found, or unstorable. The same uuid twice is stored once; unstorable where another namespace has it. */
  insertRuns(items: Unnamed<NewRun>[]): Promise<Outcome<InsertedRun>[]>;
  findRuns(keys: RunKey[]): Promise<(RunRecord | null)[]>;
  /** The runs among these that are stored. */
  storedRuns(keys: RunKey[]): Promise<RunKey[]>;
  /** Like listWorkflows. */
  listRuns(page: PageRequest): Promise<RunRecord[]>;

  /** Which of the runs were never claimed; these are given until their payloads come to so many characters, but always one. */
  findUnclaimed(keys: RunKey[], maxBytes: number): Promise<FoundRuns>;
  claimByMessage(claim: MessageClaim): Promise<ClaimedRun[]>;
  /** Fewer than the limit with patience, though there are more; none only when there are no more. */
  claimDue(claim: DueClaim): Promise<ClaimedRun[]>;
  /** When a claim with this patience finds the next run, milliseconds since the epoch, if no lease is renewed; null when none will. */
  nextDue(patienceMilliseconds: number): Promise<number | null>;
  /** `lost` where another worker claimed the run, or its row differs from `told`. */
  saveProgress(items: Progress[]): Promise<Outcome<null>[]>;
  /** The lease of a new worker begins. Repeating it is harmless. */
  startLease(lease: WorkerLease): Promise<void>;
  /** `lost` once it is over: any worker may claim its runs, and the worker goes on under another id. */
  renewLease(lease: WorkerLease): Promise<Outcome<null>>;
  /** The runs that a worker holds, also by claims whose answer it never got. */
  heldBy(worker: string): Promise<(Held & Pick<Progress, "crashes">)[]>;
  /** Cancels runs: at once where no worker holds them, else through their holder. Error run_not_found. Repeating it is harmless. */
  requestControl(items: ControlRequest[]): Promise<Outcome<ControlResult>[]>;
  /** The requests for runs that a worker holds. Where there are none this is one look into an empty index. */
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
