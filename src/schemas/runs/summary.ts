/** What the results of a run say of it as a whole. */
import { COMPENSATE } from "../../language/definition/control.ts";
import type { StepResult } from "./run.ts";

/** What a JSON text of step results says of the run as a whole. */
export interface Summary {
  /** Nested results that are left out. */
  omitted: number;
  /** Steps that failed though the run went on. */
  failed: number;
  /** How steps were undone: how many, and the addresses of those where that failed; null where none was. */
  undone: { done: number; failed: string[] } | null;
}

const NOTHING: Summary = { omitted: 0, failed: 0, undone: null };
/** In the address of what undoes a step, and in the name of the field that counts those that are left out. */
const UNDOES = [`.${COMPENSATE}`, '"compensations_omitted"'];

export function summaryOf(text: string): Summary {
  // An output may hold the words as well.
  const mayUndo = UNDOES.some((word) => text.includes(word));
  if (!mayUndo && !text.includes('"steps_omitted"') && !text.includes('"handled"')) return NOTHING;
  const summary: Summary = { omitted: 0, failed: 0, undone: null };
  const results: Record<string, StepResult> = JSON.parse(text);
  for (const { step_name, path, steps_omitted = 0, compensations_omitted = 0, handled, status } of Object.values(
    results,
  )) {
    summary.omitted += steps_omitted;
    if (handled === true) summary.failed++;
    const isUndoing = path !== undefined && undoes(path);
    if (!isUndoing && compensations_omitted === 0) continue;
    summary.undone ??= { done: 0, failed: [] };
    summary.undone.done += compensations_omitted;
    if (!isUndoing) continue;
    if (status === "success") summary.undone.done++;
    else if (status === "failed") summary.undone.failed.push(step_name);
  }
  return summary;
}

/** Whether a path is that of what undoes a step. */
export function undoes(path: string): boolean {
  return path.endsWith("/u");
}
