/** What of the engine others ask for without knowing it. */
import type { RunFacts } from "../language/definition/facts.ts";
import type { LogEntry } from "../schemas/log/log.ts";
import type { StepResult } from "../schemas/runs/run.ts";
import type { StepInput } from "../schemas/runs/step-input.ts";

/** A run, as far as it is stored. */
export interface KnownRun {
  /** A name of its version, which never changes, and the JSON text of that. */
  version: string;
  definition: string;
  /** JSON text. */
  payload: string;
  facts: Omit<RunFacts, "started_at"> & { started_at: string | null };
  isOver: boolean;
  /** All entries that are kept. */
  log: readonly LogEntry[];
  /** What it shows of its steps; none before it is over. */
  results: readonly StepResult[];
}

/** Tells what steps of runs were given. */
export interface StepInputs {
  /**
   * The input of a step by its path; null of a step whose result a run has kept of the one that it tries again, which knows it.
   * Computed of what is stored, by what the engine evaluates with and within its limits: nothing throws but a mistake of ours.
   */
  of(run: KnownRun, path: string): StepInput | null;
}
