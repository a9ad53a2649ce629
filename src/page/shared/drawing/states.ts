/** What a drawing shows on its steps. */
import type { Json } from "../../../schemas/json/json.ts";
import { type Counts, countsOf } from "../status/counts.ts";
import type { DrawnStep } from "./steps.ts";

export interface StepState {
  /** A status of a step, or a word of the drawing's own, such as "fault" or "added". */
  status: string;
  /** Of a step that is executed more than once, and of one that holds such steps. */
  counts: Counts | null;
  /** Said of it beside its status: an error, or what has changed. */
  says: string;
}

/** States by the path of the step. */
export type States = ReadonlyMap<string, StepState>;

/** What a run knows of a step: the API's outlines and results have more. */
export interface KnownStep {
  path?: string;
  status: string;
  error: string | null;
  within?: Counts;
  details?: { readonly [name: string]: Json };
}

/** Of several iterations the first of these is shown; any other word comes last. */
const TOLD_FIRST = ["failed", "running", "paused", "pending", "success", "skipped"];
const ITERATING = new Set(["loop", "map"]);

/** The states of the steps of a run: iterations of one step are counted. Results of the top without a path are told apart by their names. */
export function statesOf(steps: readonly DrawnStep[], known: Iterable<readonly [string, KnownStep]>): States {
  const iterating = new Set<string>();
  collect(steps);
  const top = new Map(steps.map(({ name, path }) => [name, path]));
  const states = new Map<string, StepState>();
  for (const [address, step] of known) {
    const path = step.path ?? top.get(address);
    if (path === undefined) continue;
    const drawn = drawnPathOf(path, iterating);
    states.set(drawn, joined(states.get(drawn), step, drawn.includes("*")));
  }
  return states;

  function collect(list: readonly DrawnStep[]): void {
    for (const { path, type, lists, handlers } of list) {
      if (ITERATING.has(type)) iterating.add(path);
      for (const { steps: within } of [...lists, ...handlers]) collect(within);
    }
  }
}

/** The path that a step has in the drawing: without the number of the attempt, and with `*` for the iteration. */
function drawnPathOf(path: string, iterating: ReadonlySet<string>): string {
  let drawn = "";
  for (const segment of path.split("/")) {
    if (iterating.has(drawn) && /^\d+$/.test(segment)) drawn += "/*";
    else drawn += (drawn === "" ? "" : "/") + segment.replace(/~\d+$/, "");
  }
  return drawn;
}

function joined(before: StepState | undefined, step: KnownStep, isCounted: boolean): StepState {
  const { status, error } = step;
  const says = error ?? "";
  if (!isCounted) return { status, counts: countsOf(step), says };
  const counts = { ...before?.counts, [status]: (before?.counts?.[status] ?? 0) + 1 };
  const first = TOLD_FIRST.find((word) => word in counts) ?? status;
  return { status: first, counts, says: before?.says || says };
}
