/** Compensation: what succeeded is undone, the youngest first, one after the other. Called by `record` alone. */
import type { StepResult } from "../../schemas/run.ts";
import type { Node } from "../plan/plan.ts";
import { Scope } from "../state/scope.ts";
import { addressOf, type BlockState, blockState, type RunState } from "../state/state.ts";

/** The segment of the path of a step that undoes the step before it. */
const SEGMENT = "u";

/** A step ended: if it succeeded it can be undone from now on. */
export function register(state: RunState, block: BlockState, node: Node, { status }: StepResult): void {
  if (node.compensation === null || status !== "success") return;
  const { path, scope } = block;
  state.undoable.push({ path, address: addressOf(block, node), plan: node.compensation, scope: scope.frozen() });
}

/** The run is about to end otherwise than in success, or a step was undone: the youngest that is left is undone next. */
export function undoNext(state: RunState): void {
  if (state.undoing !== null) state.blocks.delete(state.undoing.prefix);
  const next = state.undoable.pop();
  state.undoing = null;
  if (next === undefined) return;
  const { path, address, plan } = next;
  const prefix = `${path}/`;
  const scope = new Scope(null, next.scope);
  const place = { name: "", prefix, above: `${address}.`, iteration: null, trail: null, scope };
  state.undoing = { ...blockState(plan, place), path: `${prefix}${SEGMENT}` };
  state.blocks.set(prefix, state.undoing);
}
