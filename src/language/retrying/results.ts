/** How the steps of a run that is over ended, by their paths. */
import { type KeptStep, keptOf } from "../../schemas/log/kept.ts";
import { isOfStep, type LogEntry, ofLastAttempts } from "../../schemas/log/log.ts";
import type { StepResult } from "../../schemas/runs/run.ts";

/** What is known of a run that is over. */
export interface Over {
  /** Names of its steps at the top, in order. */
  names: readonly string[];
  log: readonly LogEntry[];
  results: readonly StepResult[];
}

/** What its steps came to. */
export interface Ended {
  /** The last attempts of containers are named as first ones. */
  byPath: ReadonlyMap<string, StepResult>;
  /** The paths of steps that were undone, or were about to be. */
  undone: ReadonlySet<string>;
  /** What its log says of steps, in order. */
  log: readonly LogEntry[];
  /** What it kept itself of the run that it tried again. */
  kept: readonly KeptStep[];
}

const UNDO = "/u";

/** The log has all effects, and the results have what came with the end of the run. */
export function endedOf({ names, log, results }: Over): Ended {
  const kept = log.flatMap((entry) => keptOf(entry) ?? []);
  const own = log.filter(([path]) => isOfStep(path));
  const entries = [...kept.flat(), ...own];
  const shown = results.flatMap((result): LogEntry[] => {
    const path = result.path ?? String(names.indexOf(result.step_name));
    return path === "-1" ? [] : [[path, result, null]];
  });
  const last = new Map<string, StepResult>();
  for (const [path, result] of ofLastAttempts([...entries, ...shown])) {
    last.set(path.replaceAll(/~\d+/g, ""), result);
  }
  const undone = [...last.keys()].filter((path) => path.endsWith(UNDO)).map((path) => path.slice(0, -UNDO.length));
  return { byPath: last, undone: new Set(undone), log: own, kept };
}

/** Whether a list goes on behind a step that ended so. What is called off has an error; what its condition skipped has none. */
export function hasPassed(result: StepResult | undefined): boolean {
  if (result === undefined) return false;
  const { status, handled, error } = result;
  return status === "success" || handled === true || (status === "skipped" && error === null);
}
