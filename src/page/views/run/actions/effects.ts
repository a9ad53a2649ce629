/** What a retry can begin with, and what it does again. */
import type { OutlineStep, RunOutline } from "../../../../schemas/step-query.ts";

const MOST = 500;
/** Within these a step is no place to begin with: the API begins inside blocks and switches alone. */
const CLOSED = new Set(["parallel", "map", "loop"]);
const EFFECTS = new Set(["webhook", "workflow"]);

/** The steps that a retry of the run can begin with. */
export function placesToBegin({ steps }: RunOutline): OutlineStep[] {
  const closed = steps.filter(({ type }) => CLOSED.has(type ?? ""));
  const reached = steps.filter(({ status }) => status !== "pending");
  return reached.filter(({ path }) => !closed.some((one) => path.startsWith(`${one.path}/`))).slice(0, MOST);
}

/** The addresses of steps that act on the world, from a step on. Those within maps stand for themselves by the map. */
export function effectsFrom({ steps }: RunOutline, from: string): string[] {
  const first = steps.findIndex(({ address }) => address === from);
  return steps.slice(Math.max(0, first)).flatMap(({ address, type }) => (EFFECTS.has(type ?? "") ? [address] : []));
}
