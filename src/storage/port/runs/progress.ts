/** Progress of runs. */
import type { RequestFault } from "../../../errors.ts";
import type { Cancel } from "../../../schemas/control/control.ts";
import type { ChildOfStep, ChildRefusal } from "../../../schemas/runs/child.ts";
import type { EndedStatus } from "../../../schemas/runs/run.ts";
import type { Outcome } from "../outcome.ts";
import type { Version } from "../workflows.ts";
import type { Held } from "./claims.ts";
import type { MadeRun } from "./made-run.ts";

/**
 * The progress of a run, written in one go if its fence holds: the run is in this namespace and has this token, and if that
 * is 0, for a run that was never claimed, no other write has begun it. Repeating it is harmless.
 */
export interface Progress extends Held {
  /** Rows of the log that the writer knows, and the position of `entries`: 0 with token 0. */
  seq: number;
  /** JSON array text to append to the log; null appends nothing. */
  entries: string | null;
  crashes: number;
  /** The last `seq` of its inbox that its steps know of, and those that were taken since the last write; absent without an inbox. */
  heard?: number;
  taken?: number[];
  /**
   * Runs that its new entries start, stored with them: named by the storage where their uuid is null. What is refused of them is told
   * to its inbox, and so is the uuid of one whose end it does not wait for.
   */
  children?: NewChild[];
  /** The paths of attempts that gave up waiting for the runs that they had started: these are cancelled, where they are to be. */
  left?: string[];
  /** Its entries say that it was cancelled as it was asked to be: it sleeps again from now on. */
  obeys?: Cancel;
  /** When an unclaimed run was begun, milliseconds since the epoch; a claim writes it itself. */
  startedAt?: number;
  /** The message by which the run was executed before its row was read: the write succeeds only if the row says the same. */
  told?: Told;
  next: Next;
}

/**
 * A run that is stored with the progress of the run that starts it: see MadeRun for what it is made by. One of a version that its step
 * names has to name it in `preparedFor` as well, where that version has options at all.
 */
export interface NewChild extends ChildOfStep, MadeRun {
  uuid: string | null;
  /** It is not stored, since its payload is not what `preparedFor` takes. Absent for others. */
  faults?: RequestFault[];
}

/** Of a run that progress starts: the path of its attempt, and the version that it has to be made by. */
export interface MadeBy extends Version {
  path: string;
}

/**
 * Whether progress was written, and if so why the run was not started that the failure of this one was to start; null where it was,
 * and where none was to be. `unprepared`: nothing was written, since these of its children have to be made by these versions.
 */
export type Saved = Outcome<ChildRefusal | null> | { kind: "unprepared"; children: MadeBy[] };

/** The next state of a run. */
export type Next =
  /** Its worker goes on holding it. */
  | { kind: "hold" }
  /**
   * No worker holds it. It may be claimed from `dueAt` on, milliseconds since the epoch, or once something comes into its inbox;
   * null for that alone.
   */
  | { kind: "due"; dueAt: number | null }
  | RunEnd;

/** The end of a run. */
export interface RunEnd {
  kind: "end";
  status: EndedStatus;
  error: string | null;
  /** JSON text. */
  stepResults: string;
  /** JSON text of what the run gives; absent where its definition does not say. */
  output?: string;
  /** JSON text of its error as an object; absent for runs of plain steps. */
  errorDetails?: string;
}

/** The version of a run's workflow according to a message, and its payload (JSON text) if the message has it. */
export interface Told extends Version {
  payload?: string;
}

/** The progress of a run that was executed before its insert, with token 0 from seq 0 to its end: all its steps were pure. */
export interface ProgressBeforeInsert extends Required<Pick<Progress, "startedAt" | "told">> {
  next: RunEnd;
}
