/** Lists of steps that a step puts under way, and gives up. Called by `record` alone. */
import type { JsonObject } from "../../../schemas/json/json.ts";
import { SHOWN_ITERATIONS } from "../../../schemas/log/log.ts";
import { CONSTRUCTS } from "../../constructs/index.ts";
import { aroundOf, boundIn as boundInLoop } from "../../constructs/loop.ts";
import { boundIn as boundInMap } from "../../constructs/map.ts";
import type { BlockPlan, BodyPlan, ContainerNode } from "../../plan/plan.ts";
import { Scope } from "../../state/scope.ts";
import {
  addressOf,
  type BlockPlace,
  type BlockState,
  blockOf,
  blockState,
  type Handler,
  nodeOf,
  type RunState,
  type StepState,
} from "../../state/state.ts";
import { declare } from "../../state/variables.ts";
import { collapse, drop, mapState, roomIn } from "./items.ts";

/** An attempt of a container begins. @param details what the entry for its begin says */
export function openAttempt(
  state: RunState,
  block: BlockState,
  step: StepState,
  node: ContainerNode,
  details: JsonObject | null,
): void {
  step.details = details;
  if (node.loop !== null) {
    const around = aroundOf(node.loop.vars, block.scope, state.meter);
    step.loop = { scope: around instanceof Scope ? around : block.scope, last: null, trails: [] };
  }
  if (node.map !== null) step.map = mapState(state, block, step, node.map);
  const bodies = CONSTRUCTS[node.type].bodies(node, details);
  const iteration = node.loop === null ? null : 0;
  open(
    state,
    step,
    bodies.map((body) => bodyOf(state, block, step, node, body, iteration)),
  );
  openItems(state, block, step, node);
}

/** The iteration of a map is over; others begin in its place. */
export function afterIteration(state: RunState, body: BlockState): void {
  // The path of the map, and which iteration it is.
  const path = body.prefix.slice(0, body.prefix.lastIndexOf("/", body.prefix.length - 2)).replace(/~\d+$/, "");
  const block = blockOf(state, path);
  const node = block?.plan.nodes[block.position];
  if (block === undefined || node?.kind !== "container" || block.current === null || block.current.map === null) return;
  collapse(state, block.current, node, body);
  openItems(state, block, block.current, node);
}

function openItems(state: RunState, block: BlockState, step: StepState, node: ContainerNode): void {
  const { map, bodies } = step;
  const [body] = node.bodies;
  if (map === null || bodies === null || body === undefined) return;
  while (roomIn(map, bodies.length) > 0) {
    const opened = bodyOf(state, block, step, node, body, map.next++);
    bodies.push(opened);
    state.blocks.set(opened.prefix, opened);
    if (opened.result !== null) collapse(state, step, node, opened);
  }
}

/** The next iteration of a loop begins. */
export function nextIteration(
  state: RunState,
  block: BlockState,
  step: StepState,
  node: ContainerNode,
  details: JsonObject | null,
): void {
  const { loop, bodies } = step;
  const [before] = bodies ?? [];
  const [body] = node.bodies;
  if (loop === null || before === undefined || body === undefined || before.result === null) return;
  if (details?.iteration !== (before.iteration ?? 0) + 1) return;
  loop.last = before.result.output;
  loop.trails.push(before.trail ?? []);
  step.omitted += before.omitted;
  if (loop.trails.length === SHOWN_ITERATIONS) drop(state, step, loop.trails.shift() ?? []);
  state.blocks.delete(before.prefix);
  step.details = details;
  open(state, step, [bodyOf(state, block, step, node, body, details.iteration)]);
}

/** The handler of a step's failure begins. */
export function openHandler(
  state: RunState,
  block: BlockState,
  step: StepState,
  handler: Handler,
  plan: BlockPlan,
): void {
  step.handler = handler;
  const { above, trail, path } = block;
  const prefix = `${path}/c${handler.index}/`;
  const address = above === null ? null : `${addressOf(block, nodeOf(block))}.$catch.`;
  const scope = new Scope({ error: { ...handler.failure.error_details } }, block.scope);
  open(state, step, [openBlock(state, plan, { name: "", prefix, above: address, iteration: null, trail, scope })]);
}

/** A step waits no more. `isTaken`: since it took what it waited for. */
export function leave(state: RunState, path: string, isTaken: boolean): void {
  state.inbox.leave(path);
  state.children.over(path, isTaken);
}

/** Forgets the lists that a step of a block has under way. */
export function close(state: RunState, block: BlockState, step: StepState): void {
  const { bodies, loop, map } = step;
  for (const body of bodies ?? []) {
    if (body.current !== null) {
      close(state, body, body.current);
      body.omitted += body.current.omitted;
    }
    leave(state, body.path, false);
    state.blocks.delete(body.prefix);
    step.omitted += body.omitted;
  }
  if (block.trail !== null && (loop !== null || map !== null)) {
    // What is shown of it is shown as long as the iteration around it.
    const trails = [...(loop?.trails ?? []), ...(map === null ? [] : [map.failedPaths, ...map.trails])];
    for (const trail of [...trails, ...(bodies ?? []).map((body) => body.trail ?? [])]) {
      for (const path of trail) block.trail.push(path);
    }
  }
  step.bodies = null;
  step.loop = null;
  step.map = null;
}

function bodyOf(
  state: RunState,
  block: BlockState,
  step: StepState,
  node: ContainerNode,
  body: BodyPlan,
  iteration: number | null,
): BlockState {
  const attempt = step.failures === 0 ? "" : `~${step.failures + 1}`;
  const address = addressOf(block, node);
  const prefix = `${block.path}${attempt}/${iteration ?? body.segment}/`;
  const { name, plan, below } = body;
  if (iteration === null) {
    const above = block.above === null ? null : `${address}${below}`;
    const scope = new Scope(null, block.scope);
    return openBlock(state, plan, { name, prefix, above, iteration, trail: block.trail, scope });
  }
  const bound =
    node.map === null
      ? boundInLoop(node.loop?.index ?? null, iteration, step.loop?.last ?? null)
      : boundInMap(node.map, step.map?.items[iteration] ?? null, iteration);
  const scope = new Scope(bound, step.loop?.scope ?? block.scope);
  return openBlock(state, plan, { name, prefix, above: `${address}[${iteration}].`, iteration, trail: [], scope });
}

/** A list of steps at its beginning, with its variables. Where these can't be, the list is over. */
export function openBlock(state: RunState, plan: BlockPlan, place: BlockPlace): BlockState {
  const block = blockState(plan, place);
  block.result = declare(plan.vars, block.scope, state.meter);
  return block;
}

/** Puts lists of steps under way. */
function open(state: RunState, step: StepState, bodies: BlockState[]): void {
  step.bodies = bodies;
  for (const body of bodies) state.blocks.set(body.prefix, body);
}
