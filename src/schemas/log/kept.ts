/** What a run that tries another one again has of it, as its log tells of that. */
import type { LogEntry } from "./log.ts";

/** In place of a path, of the first entry of the log of such a run. It is no step. */
export const KEPT = "kept";

/**
 * A step that is kept: the entries of those within it that are shown, then its own, by their paths in the new definition. Where something failed
 * within it, all of its entries, from its begin on.
 */
export type KeptStep = LogEntry[];

/** JSON text of the log that such a run begins with. */
export function keptText(entries: readonly KeptStep[]): string {
  const output = JSON.stringify(entries);
  return `[["${KEPT}",{"step_name":"${KEPT}","status":"success","started_at":null,"completed_at":null,"output":${JSON.stringify(output)},"error":null},null]]`;
}

/** The steps that an entry says are kept; null for any other. */
export function keptOf([path, { output }]: LogEntry): KeptStep[] | null {
  if (path !== KEPT || typeof output !== "string") return null;
  const steps: KeptStep[] = JSON.parse(output);
  return steps;
}
