/** Compensation: what succeeded is undone, the youngest first, one after the other. Called by `record` alone. */
import type { StepResult } from "../../../schemas/runs/run.ts";
import type { BlockPlan, Node } from "../../plan/plan.ts";
import { Scope } from "../../state/scope.ts";
import { addressOf, type BlockState, blockState, type RunState } from "../../state/state.ts";

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
  const { path, address } = next;
  const times = (state.undone.get(address) ?? 0) + 1;
  state.undone.set(address, times);
  const plan = numbered(next.plan, times);
  const prefix = `${path}/`;
  const scope = new Scope(null, next.scope);
  const place = { name: "", prefix, above: `${address}.`, iteration: null, trail: null, scope };
  state.undoing = { ...blockState(plan, place), path: `${prefix}${SEGMENT}` };
  state.blocks.set(prefix, state.undoing);
}

/** Attempts of a step around it gave what is undone the same address: from the second on the compensation says which it is. */
function numbered(plan: BlockPlan, times: number): BlockPlan {
  if (times === 1) return plan;
  return { ...plan, nodes: plan.nodes.map((node) => ({ ...node, ...namesOf(node, times) })) };
}

function namesOf({ name, address }: Node, times: number): Pick<Node, "name" | "address"> {
  return { name: `${name}#${times}`, address: `${address}#${times}` };
}
