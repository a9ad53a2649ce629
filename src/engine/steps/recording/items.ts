/** The iterations of a map, as they begin and end. Called by `record` alone. */
import { MAX_NESTED_RESULTS } from "../../../schemas/log/log.ts";
import { failureOf, hasFailed } from "../../constructs/bodies.ts";
import { areThose, itemsOf, mayFail } from "../../constructs/map.ts";
import type { ContainerNode, MapPlan } from "../../plan/plan.ts";
import { MAX_OUTPUT } from "../../result.ts";
import type { BlockState, MapState, RunState, StepState } from "../../state/state.ts";

/** Failures that are told one by one. */
const MAX_FAILURES = 100;

/** What a map's attempt begins with; null where that is not what its entry says. */
export function mapState(state: RunState, block: BlockState, step: StepState, plan: MapPlan): MapState | null {
  const found = itemsOf(plan, block.scope, state.meter);
  if ("error" in found || !areThose(found, step.details)) return null;
  return {
    ...found,
    next: 0,
    outputs: found.items.map(() => null),
    size: 0,
    failed: 0,
    failures: [],
    stoppedBy: null,
    trails: [],
    shown: 0,
    failedPaths: [],
  };
}

/** How many more iterations begin now. */
export function roomIn({ stoppedBy, next, items, concurrency }: MapState, underWay: number): number {
  return stoppedBy === null ? Math.min(concurrency - underWay, items.length - next) : 0;
}

/** An iteration is over: what is left of it is what it gave, and the steps of it that are shown. */
export function collapse(state: RunState, step: StepState, node: ContainerNode, body: BlockState): void {
  const { map, bodies } = step;
  if (map === null || bodies === null || node.map === null || body.iteration === null) return;
  state.blocks.delete(body.prefix);
  bodies.splice(bodies.indexOf(body), 1);
  step.omitted += body.omitted;
  const index = body.iteration;
  if (hasFailed(body)) {
    map.failed++;
    if (map.failures.length < MAX_FAILURES) map.failures.push({ index, path: body.path, ...failureOf(body) });
    if (map.failed > mayFail(node.map, map.items.length)) map.stoppedBy ??= { index, how: "failed" };
  } else {
    const output = body.result?.output ?? null;
    map.outputs[index] = output;
    map.size += JSON.stringify(output).length + 1;
    if (map.size > MAX_OUTPUT) map.stoppedBy ??= { index, how: "made the output too large" };
  }
  show(state, step, map, body.trail ?? []);
}

/** Keeps the results of the youngest iterations, and those of older ones that failed, so that there are enough to be shown. */
function show(state: RunState, step: StepState, map: MapState, trail: string[]): void {
  map.trails.push(trail);
  map.shown += trail.length;
  for (let [oldest] = map.trails; oldest !== undefined; [oldest] = map.trails) {
    if (map.shown - oldest.length < MAX_NESTED_RESULTS) break;
    map.trails.shift();
    map.shown -= oldest.length;
    const others: string[] = [];
    for (const path of oldest) {
      const isFailed = state.steps.get(path)?.[1].status === "failed";
      (isFailed ? map.failedPaths : others).push(path);
    }
    drop(state, step, others);
    const excess = map.failedPaths.length - MAX_NESTED_RESULTS;
    if (excess > 0) drop(state, step, map.failedPaths.splice(0, excess));
  }
}

/** Forgets what steps of iterations came to that is not shown any more. */
export function drop(state: RunState, step: StepState, paths: readonly string[]): void {
  step.omitted += paths.length;
  for (const path of paths) {
    state.steps.delete(path);
    state.dropped.push(path);
  }
}
