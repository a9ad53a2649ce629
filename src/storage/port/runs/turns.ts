/** Runs that take turns: those of a workflow that limits how many are under way, or how many begin in a time. */
import type { RunKey } from "../../../schemas/runs/run.ts";

/** What a new run waits for. */
export interface Turn {
  /** Runs of a workflow with one line are counted together, and begin one after the other. */
  line: string;
  /** How many of the line may be under way, sleeping ones included; null for any number. */
  most: number | null;
  /** What happens to a run more: it waits, is refused (concurrency_limit), or has the oldest under way cancelled. */
  onLimit: "queue" | "reject" | "cancel_oldest";
  /** How many of a key may begin within a time; null for any number. */
  rate: { key: string; most: number; perMilliseconds: number } | null;
}

/** What came of a look at the runs that wait. */
export interface TurnsTaken {
  /** Runs that are due from now on. */
  begun: RunKey[];
  /** Runs that are to be cancelled, so that others can begin. They are named again until they are over. */
  cancel: RunKey[];
  /** When the next look is worth while, milliseconds since the epoch; null while none waits. */
  nextAt: number | null;
}

/** Nobody waits. */
export const NO_TURNS: TurnsTaken = { begun: [], cancel: [], nextAt: null };

/** So long a run may wait longer where the process died that was to let it begin. */
export const LOOK_MILLISECONDS = 1000;
/** Lines that one look goes through; the next look goes on behind them, so that none is left out for ever. */
export const MOST_LINES = 1000;
