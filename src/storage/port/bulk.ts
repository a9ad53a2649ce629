/** Actions upon many runs, as they are stored. Times are milliseconds since the epoch. */
import type { ErrorCode } from "../../errors.ts";
import type { BulkKind, BulkSettings, BulkState } from "../../schemas/control/bulk.ts";
import type { ControlKind, ControlRequest, ControlResult, ControlStanding } from "../../schemas/control/control.ts";
import type { Outcome } from "./outcome.ts";
import type { RequestKey } from "./runs/request-keys.ts";
import type { InsertedRun, NewRetry } from "./runs/runs.ts";
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
  /** Why runs could not be acted upon, by the codes of errors. */
  errors: Record<string, BulkErrors>;
  /** Milliseconds since the epoch; null while it goes on. */
  createdAt: number;
  endedAt: number | null;
  /** Raised by each write. */
  revision: number;
}

/** Runs that could not be acted upon for the same reason. */
export interface BulkErrors {
  count: number;
  /** The first of them. */
  run: string;
  /** What the sentence of its error names; of validation_failed that is the fault's own sentence. */
  subject: string;
}

/** A run that fits and can't be acted upon. */
export interface BulkRefusal extends Pick<BulkErrors, "run" | "subject"> {
  code: ErrorCode;
}

/** A page of actions: those before `after`, newest first. */
export interface BulkPage {
  namespace: string;
  /** The uuid of the last one of the page before; null for the first page. */
  after: string | null;
  limit: number;
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
  /** Runs that were counted. */
  counted: number;
  refused: BulkRefusal[];
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
  list(page: BulkPage): Promise<BulkRecord[]>;
  /** Ends one that goes on; of one that is over nothing changes. Error bulk_not_found. */
  stop(key: BulkKey): Promise<Outcome<BulkRecord>>;
  /** When the next is to be carried on; null for never. */
  nextDue(): Promise<number | null>;
  /** The one that is due first; nobody else gets it within so many milliseconds, unless it is moved. */
  claimDue(holdMilliseconds: number): Promise<BulkRecord | null>;
  /**
   * Does a step, together with what it does to runs, so that each is acted upon once whoever does it, and whenever he dies. `lost` where
   * the revision is another. What was done is counted, and what was refused, by why.
   */
  move(move: BulkMove): Promise<Outcome<BulkMoved>>;
}

/** Why a request could not be carried out; null where it was. */
export function refusalOf(result: ControlResult | null): ErrorCode | null {
  if (result === null) return "run_not_found";
  if (result === "refused") return "run_cancelling";
  return result === "over" ? "run_ended" : null;
}

/** Why a request would not be carried out; null where it would be. */
export function foreseenRefusal(kind: ControlKind, standing: ControlStanding | null): ErrorCode | null {
  if (standing === "cancelling") return kind === "pause" ? "run_cancelling" : null;
  return refusalOf(standing === "open" ? "requested" : standing);
}

/** Actions that one step of the upkeep removes. */
export const MOST_BULK_REMOVED = 1000;

/** Why runs could not be acted upon, with some more of them: the first of each reason is kept. */
export function withRefusals(errors: BulkRecord["errors"], refusals: readonly BulkRefusal[]): BulkRecord["errors"] {
  const all = new Map(Object.entries(errors));
  for (const { code, run, subject } of refusals) {
    const known = all.get(code);
    all.set(code, known === undefined ? { count: 1, run, subject } : { ...known, count: known.count + 1 });
  }
  return Object.fromEntries(all);
}
