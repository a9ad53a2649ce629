/** Runs as they are stored and read. */
import type { ControlState } from "../../../schemas/control/control.ts";
import type { RunKey, RunStatus } from "../../../schemas/runs/run.ts";
import type { VersionKey } from "../workflows.ts";
import type { ClaimMark } from "./claims.ts";
import type { MadeRun } from "./made-run.ts";
import type { ProgressBeforeInsert } from "./progress.ts";
import type { RequestKey } from "./request-keys.ts";

export interface NewRun extends MadeRun {
  uuid: string;
  namespace: string;
  /** uuid or author's id of the workflow; resolved by the insert itself, so that no stale cache can start an old one. */
  workflow: string;
  /** JSON text. */
  payload: string;
  /** How many workflows triggered one another up to this run. */
  depth: number;
  /** W3C trace context of the request that triggered it; null without one. */
  traceparent: string | null;
  /** Absent for one that its sender does not repeat. */
  requestKey?: RequestKey;
  /** When it may begin, milliseconds since the epoch; absent for at once. */
  startAt?: number;
  /** 1 to 5, of a run whose trigger asked for one; absent counts as 3. */
  priority?: number;
  /** Milliseconds until the sweeper may claim the run, in which its message can reach a worker. */
  graceMilliseconds: number;
  /** Stores the run as claimed, with token 1, if the lease of the worker lasts; null stores it as pending. */
  claim: ClaimMark | null;
  /** Whether the worker that would be told of its end may execute it before its insert; absent for no. */
  mayEndBefore?: boolean;
  /** Its progress, if it was executed before its insert. It is stored if the workflow still has the version that was executed. */
  progress: ProgressBeforeInsert | null;
}

/** A run that tries another one again, of a version that is named. */
export interface NewRetry extends Pick<NewRun, "payload" | "depth" | "traceparent" | "tags" | "turn"> {
  uuid: string;
  namespace: string;
  workflowUuid: string;
  version: number;
  /** The run that it tries again. */
  retryOf: string;
  /** JSON text of the log that it begins with: an array with one entry, or none. */
  log: string;
  /** Absent for one that its sender does not repeat. What is stored as the answer to the key is the uuid of the run, and `more` right behind it. */
  request?: { key: RequestKey; more: string };
}

export interface InsertedRun {
  uuid: string;
  workflowUuid: string;
  workflowVersion: number;
  /** Whether it is held under the claim that the insert named. */
  claimed: boolean;
  /** Whether it is stored as ended. */
  ended: boolean;
  /** Nothing was stored: see `preparedFor`. It is to be made by this version. Absent for a run that is stored. */
  unprepared?: true;
  /** Nothing was stored: another request had its key first. Absent for a run that is stored. */
  isTaken?: true;
  /** It waits for its turn: nobody can claim it before. Absent for others. */
  waits?: true;
  /** Runs that are to be cancelled, so that it can begin; absent for none. */
  cancel?: RunKey[];
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
  /** The run whose step started it, and the first of those that started one another up to it; null for most. */
  parentRunId: string | null;
  rootRunId: string | null;
  /** JSON text of the object of step results once the run ended; null before, and if it was cancelled while no worker held it: then the log has them. */
  stepResults: string | null;
  /** JSON array text of every log entry so far; "[]" once there are step results. */
  log: string;
  /** JSON text of what the run gave; null where its definition does not say. */
  output: string | null;
  /** JSON text of the error of a run that failed; null for runs of plain steps. */
  errorDetails: string | null;
  /** JSON text of an array; null for none. */
  tags: string | null;
  /** When its trigger asked for it to begin, milliseconds since the epoch, and with which priority; null where it did not. */
  startAt: number | null;
  priority: number | null;
  /** What it was asked that is not done yet; null for most, and once it is over. */
  control: ControlState;
  /** Why it was to be cancelled, as the client said; null for most. */
  cancelReason: string | null;
  /** The run that it tries again; null for most. */
  retryOf: string | null;
}

/** What is known of a run that has begun beside what its claim gives. Times are milliseconds since the epoch. */
export interface StoredFacts {
  createdAt: number;
  startedAt: number;
  parentRunId: string | null;
  rootRunId: string | null;
  /** JSON text of an array; null for none. */
  tags: string | null;
}

/** A run that a step of another one started and waits for, and the path of the attempt that did. */
export interface AwaitedRun {
  path: string;
  uuid: string;
}

/** A run that was never claimed. */
export interface UnclaimedRun extends RunKey, VersionKey {
  /** JSON text. */
  payload: string;
  /** See NewRun. */
  traceparent: string | null;
}

/** Runs by whether they were ever claimed; those that are not stored are in neither list. */
export interface FoundRuns {
  /** Only as many as there is room for. */
  unclaimed: UnclaimedRun[];
  /** Runs that were claimed, or have ended. */
  taken: RunKey[];
}
