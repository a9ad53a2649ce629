/** The inbox of a run: what came for it from outside and waits to be taken by a step. */
import type { RunKey } from "../../../schemas/runs/run.ts";
import type { ClaimedRun, ClaimMark } from "./claims.ts";
import type { RequestKey } from "./request-keys.ts";

/** Signals of a run that are kept, and their bodies together, in characters. */
export const MAX_KEPT_SIGNALS = 1000;
/** As much as the outputs of a run may hold: more could never be taken. */
export const MAX_KEPT_SIZE = 8 * 1024 * 1024;

/** A signal for a run. */
export interface NewSignal extends RunKey {
  /** A UUID. */
  id: string;
  /** Absent for one that its sender does not repeat. */
  requestKey?: RequestKey;
  name: string;
  /** When each step that waits for one of its name gives up, as far as its sender knows: milliseconds since the epoch, null for never. */
  waiting: (number | null)[];
  /** JSON text. */
  body: string;
  /**
   * Claims the run for a worker of the sender's process, if nobody holds it and nothing else is asked of it; absent for none. A
   * storage may leave it to those who look for due runs.
   */
  claim?: ClaimMark;
}

/** How a signal was stored. */
export interface StoredSignal {
  workflowUuid: string;
  /** What the answer is made of, as it is kept with the key of the request. */
  sent: SentSignal;
  /** Nothing was stored: another request had its key first. Absent for a signal that is stored. */
  isTaken?: true;
  /** The run, where the signal claimed it. */
  claimed?: ClaimedRun;
}

/** What is told of a signal. */
export interface SentSignal {
  id: string;
  /** Whether a step waits for it: more do than signals of its name were kept before it and not taken yet. */
  isDelivered: boolean;
}

/** The runs of which more is asked than what is known. */
export interface InboxLookup {
  uuid: string;
  /** The last `seq` that is known; 0 for none. */
  after: number;
}
