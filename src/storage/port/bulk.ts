/** Actions upon many runs, as they are stored. Times are milliseconds since the epoch. */
import type { BulkKind, BulkSettings, BulkState } from "../../schemas/bulk.ts";
import type { ControlRequest, ControlResult } from "../../schemas/control.ts";
import type { Outcome } from "./outcome.ts";
import type { RequestKey } from "./request-keys.ts";
import type { InsertedRun, NewRetry } from "./runs.ts";
import type { Unnamed } from "./workflows.ts";

export interface BulkKey {
  namespace: string;
  uuid: string;
}

export interface NewBulk extends BulkKey {
  action: BulkKind;
  settings: BulkSettings;
  /** Absent for one that its sender does not repeat. Its answer is the uuid of the action. */
  requestKey?: RequestKey;
}

export interface BulkRecord extends Omit<NewBulk, "requestKey"> {
  status: BulkState;
  /** The last run that was counted, or acted upon; null before the first. */
  after: string | null;
  total: number;
  done: number;
  failed: number;
  /** Raised by each write. */
  revision: number;
}

/** A step of an action, as all of it or nothing. */
export interface BulkMove {
  /** Its uuid. */
  bulk: string;
  /** That it is decided by. */
  revision: number;
  /** Where it goes. */
  to: Pick<BulkRecord, "status" | "after">;
  /** How long until its next step; null once it is over. */
  restMilliseconds: number | null;
  /** Runs that were counted, and that fit but can't be acted upon. */
  counted: number;
  refused: number;
  /** What is done to the runs of this step. */
  retries: Unnamed<NewRetry>[];
  requests: ControlRequest[];
}

/** What came of a step: of each of its retries, and of each of its requests, where null is a run that is gone or in the way. */
export interface BulkMoved {
  retried: Outcome<InsertedRun>[];
  asked: (ControlResult | null)[];
}

export interface BulkActions {
  /** False where another request had its key first: then nothing is stored. */
  insert(bulk: NewBulk): Promise<boolean>;
  find(key: BulkKey): Promise<BulkRecord | null>;
  /** Ends one that goes on; of one that is over nothing changes. Error bulk_not_found. */
  stop(key: BulkKey): Promise<Outcome<BulkRecord>>;
  /** When the next is to be carried on; null for never. */
  nextDue(): Promise<number | null>;
  /** The one that is due first; nobody else gets it within so many milliseconds, unless it is moved. */
  claimDue(holdMilliseconds: number): Promise<BulkRecord | null>;
  /**
   * Does a step, together with what it does to runs, so that each is acted upon once whoever does it, and whenever he dies. `lost` where
   * the revision is another. What was done is counted, and what was refused.
   */
  move(move: BulkMove): Promise<Outcome<BulkMoved>>;
}

/** How a request counts: false where the run was not in a state for it. */
export function isDone(result: ControlResult | null): boolean {
  return result !== null && result !== "refused" && result !== "over";
}

/** Actions that one step of the upkeep removes. */
export const MOST_BULK_REMOVED = 1000;
