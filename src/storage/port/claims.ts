/** Who holds which run. */
import type { RunKey } from "../../schemas/run.ts";

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

export interface Claim extends ClaimMark {
  /** Room for payloads and logs; the first run is taken whatever its size. */
  maxBytes: number;
}

/** Claims runs that a message named: only those that were never claimed. */
export interface MessageClaim extends Claim {
  runs: RunKey[];
}

/** Claims runs that are due, in the order in which they fell due. Those of workers whose lease is over fall due with it. */
export interface DueClaim extends Claim {
  limit: number;
  /** Runs that were never begun are left to their messages for so long once they are due. */
  patienceMilliseconds: number;
}

/** A run as its claim gives it to a worker. */
export interface ClaimedRun extends RunKey {
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

/** A run under one claim. */
export interface Held extends RunKey {
  token: number;
}
