/** The inbox of a run: what came for it from outside and waits to be taken by a step. */
import type { RunKey } from "../../schemas/run.ts";

/** Signals of a run that are kept, and their bodies together, in characters. */
export const MAX_KEPT_SIGNALS = 1000;
/** As much as the outputs of a run may hold: more could never be taken. */
export const MAX_KEPT_SIZE = 8 * 1024 * 1024;

/** A signal for a run. */
export interface NewSignal extends RunKey {
  /** A UUID. */
  id: string;
  /** It may be sent again: one of the same run and id is stored once. */
  isKeyed: boolean;
  name: string;
  /** JSON text. */
  body: string;
}

/** How a signal was stored. */
export interface StoredSignal {
  workflowUuid: string;
  /** Signals of its name that were kept before it and not taken yet. */
  earlier: number;
  /** It was stored before. */
  isRepeated: boolean;
}

/** The runs of which more is asked than what is known. */
export interface InboxLookup {
  uuid: string;
  /** The last `seq` that is known; 0 for none. */
  after: number;
}
