/** Claims and leases. */
import type { InboxRow } from "../../../schemas/log/inbox.ts";
import type { RunKey } from "../../../schemas/runs/run.ts";

/** The mark of a claim on its runs. A claim takes no run once the lease of its worker is over. */
export interface ClaimMark {
  claimId: string;
  /** The worker that holds them from then on, for as long as its lease lasts. */
  worker: string;
}

/** The lease of a worker, under which it holds all its runs. */
export interface WorkerLease {
  /** A UUID that no worker had before. */
  worker: string;
  leaseMilliseconds: number;
  /** What it tells of itself; absent for nothing, or nothing new. */
  about?: AboutProcess;
}

/** A process of the API has a lease as a worker does, under which it holds nothing. */
export type ProcessKind = "worker" | "api";

export interface AboutProcess {
  kind: ProcessKind;
  version: string;
  /** The name of its machine. */
  host: string;
  /** Milliseconds since the epoch. */
  startedAt: number;
  /** Runs that a worker holds, or requests that a process of the API is answering. */
  underWay: number;
  /** How late its timers were at most in the last ten seconds, whole milliseconds. */
  lateMilliseconds: number;
}

/** A process whose lease lasts; null for what it did not tell. */
export interface ProcessRecord {
  id: string;
  /** One that tells nothing is a worker. */
  kind: ProcessKind;
  version: string | null;
  host: string | null;
  startedAt: number | null;
  underWay: number | null;
  lateMilliseconds: number | null;
}

/** The most processes of a kind that are listed. */
export const MOST_PROCESSES = 100;

export interface Claim extends ClaimMark {
  /** The most characters of payloads, logs and inboxes; the first run is taken whatever its size. */
  maxBytes: number;
}

/** Claims runs that a message named: only those that were never claimed. */
export interface MessageClaim extends Claim {
  runs: RunKey[];
}

/** Claims due runs, in the order in which they fell due. The runs of a worker fall due with the end of its lease. */
export interface DueClaim extends Claim {
  limit: number;
  /** How long due runs that were never begun are left to their messages. */
  patienceMilliseconds: number;
}

/** A claimed run. */
export interface ClaimedRun extends RunKey {
  workflowUuid: string;
  workflowVersion: number;
  payload: string;
  /** JSON array text of every log entry so far. */
  log: string;
  logLength: number;
  /** What came for it and was not taken, in the order of arrival. */
  inbox: InboxRow[];
  /** The run that waits for its end; null for most. */
  parentUuid: string | null;
  /** It was started because another run failed: its own failure starts none. */
  isOnFailure: boolean;
  /** It is to be cancelled, and `compensates` says how (Cancel). */
  isCancelled: boolean;
  compensates: boolean;
  token: number;
  /** When it was begun, by this claim or one before; milliseconds since the epoch. */
  startedAt: number;
  crashes: number;
  /** Claims since it last made progress or was given back, with this one. */
  claims: number;
  /** How many workflows triggered one another up to this run. */
  depth: number;
  /** See NewRun. */
  traceparent: string | null;
}

/** A run under one claim. */
export interface Held extends RunKey {
  token: number;
}
