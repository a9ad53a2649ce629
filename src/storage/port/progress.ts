/** How far runs came. */
import type { EndedStatus } from "../../schemas/run.ts";
import type { Held } from "./claims.ts";
import type { VersionKey } from "./workflows.ts";

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
