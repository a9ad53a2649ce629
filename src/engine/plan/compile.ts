import type { StepTypes } from "../../connectors/index.ts";
import { BlockConfig, DEFAULT_CASE, ParallelConfig, SwitchConfig } from "../../language/definition/containers.ts";
import {
  BLOCK,
  COMPENSATE,
  FAIL,
  isContainer,
  LOOP,
  MAP,
  PARALLEL,
  SUCCEED,
  SWITCH,
  WAIT,
  WORKFLOW,
} from "../../language/definition/control.ts";
import { type Duration, secondsOf } from "../../language/definition/durations.ts";
import { LoopConfig } from "../../language/definition/loop.ts";
import { AS, CONCURRENCY, MapConfig } from "../../language/definition/map.ts";
import type { Defaults } from "../../language/definition/options.ts";
import { retriesOf } from "../../language/definition/retry.ts";
import { CATCH_ON, type Catch, type Compensation, type Step } from "../../language/definition/step.ts";
import type { Definition } from "../../language/definition/workflow.ts";
import { compileExpression } from "../../language/expressions/compile.ts";
import { checkOf } from "../../schemas/json/check.ts";
import type { Json, JsonObject } from "../../schemas/json/json.ts";
import {
  type BlockPlan,
  type BodyPlan,
  type CatchPlan,
  type Condition,
  type ContainerNode,
  kindsInContainer,
  type LoopPlan,
  type MapPlan,
  type Node,
  type Plan,
} from "./plan.ts";
import { readsRun } from "./reads-run.ts";

const blockConfig = checkOf(BlockConfig);
const parallelConfig = checkOf(ParallelConfig);
const switchConfig = checkOf(SwitchConfig);
const loopConfig = checkOf(LoopConfig);
const mapConfig = checkOf(MapConfig);

/** Compiles a definition, which was checked when it was made. */
export function compile(definition: Definition, types: StepTypes): Plan {
  const { steps, output, vars, timeout, defaults = {}, on_failure: onFailure = null } = definition;
  const list = { steps, ...(output !== undefined && { output }), ...(vars !== undefined && { vars }) };
  return {
    root: blockOf(list, "", { types, defaults }),
    isPlain: steps.every((step) => isPlain(step)) && Object.keys(defaults).length === 0,
    timeout: timeout === undefined ? null : millisecondsOf(timeout),
    needsFacts: timeout !== undefined || onFailure !== null || readsRun(definition),
    onFailure,
  };
}

/** What is the same for all steps of a definition. */
interface Making {
  types: StepTypes;
  /** What effects say that say nothing themselves. */
  defaults: Defaults;
}

/** Whether a step has none of the fields, and is of none of the types, that came after the first. */
function isPlain({ type, if: condition, timeout, retry, catch: catches, on_error, compensate }: Step): boolean {
  const isBare = condition === undefined && timeout === undefined && catches === undefined && on_error === undefined;
  const isNew = [FAIL, SUCCEED, WAIT, WORKFLOW].includes(type) || isContainer(type) || compensate !== undefined;
  return isBare && retriesOf(retry).length === 0 && !isNew;
}

/** Steps that follow one another, as a definition has them. */
interface List {
  name?: string;
  if?: string;
  steps: readonly Step[];
  output?: Json;
  vars?: JsonObject;
}

/** @param above the address of what holds the list, with a dot; empty at the top */
function blockOf({ steps, output, vars }: List, above: string, making: Making): BlockPlan {
  return { nodes: steps.map((step) => nodeOf(step, above, making)), output, vars: vars ?? null };
}

function nodeOf(step: Step, above: string, making: Making): Node {
  const { name, type, config = {}, if: condition, catch: catches = [], on_error, compensate } = step;
  const stepType = making.types.get(type);
  const isEffect = stepType?.connector.kind === "effect" || stepType?.connector.kind === "child";
  const { timeout, retry } = { ...(isEffect && making.defaults), ...step };
  const address = `${above}${name}`;
  const common = {
    name,
    address,
    condition: conditionOf(condition),
    timeout: timeout === undefined ? null : millisecondsOf(timeout),
    retries: retriesOf(retry),
    catches: catches.map((one) => catchOf(one, address, making)),
    continues: on_error === "continue",
    compensation: compensate === undefined ? null : compensationOf(compensate, address, making),
  };
  const body = (segment: number | "d" | "", list: List, below = "."): BodyPlan => ({
    segment: String(segment),
    below,
    name: list.name ?? "",
    condition: conditionOf(list.if),
    plan: blockOf(list, `${address}${below}`, making),
  });
  if (type === BLOCK && blockConfig.Check(config)) return container(type, [body(0, config)]);
  if (type === PARALLEL && parallelConfig.Check(config)) {
    const { join = "all", concurrency = config.branches.length } = config;
    const bodies = config.branches.map((branch, index) => body(index, branch, `.${branch.name}.`));
    return container(type, bodies, { join, concurrency });
  }
  if (type === SWITCH && switchConfig.Check(config)) {
    // A case has no part in addresses: one alone runs.
    const bodies = config.cases.map((one, index) => body(index, one));
    if (config.default !== undefined) bodies.push(body("d", { ...config.default, name: DEFAULT_CASE }));
    return container(type, bodies);
  }
  if (type === LOOP && loopConfig.Check(config)) {
    const { steps, output } = config;
    const iteration = { steps, ...(output !== undefined && { output }) };
    return container(type, [body("", iteration, "")], { loop: loopOf(config) });
  }
  if (type === MAP && mapConfig.Check(config)) {
    return container(type, [body("", config, "")], { map: mapOf(config) });
  }
  const takesTime = stepType?.connector.kind !== "pure";
  return { ...common, timeout: takesTime ? common.timeout : null, kind: "step", type, stepType, config };

  function container(
    type: ContainerNode["type"],
    bodies: readonly BodyPlan[],
    own: Partial<Pick<ContainerNode, "join" | "concurrency" | "loop" | "map">> = {},
  ): ContainerNode {
    const { join = null, concurrency = 1, loop = null, map = null } = own;
    // No time passes where all is computed.
    const isComputed = kindsInContainer({ bodies, loop }).every((kind) => kind === "pure");
    const timeout = isComputed ? null : common.timeout;
    return { ...common, timeout, kind: "container", type, bodies, join, concurrency, loop, map };
  }
}

function loopOf(config: LoopConfig): LoopPlan {
  const { while: before, until, max_iterations, interval = 0, on_limit, index = null, vars = null } = config;
  return {
    while: conditionOf(before),
    until: conditionOf(until),
    maxIterations: max_iterations,
    interval: millisecondsOf(interval),
    failsAtLimit: on_limit !== "continue",
    index,
    vars,
  };
}

function mapOf(config: MapConfig): MapPlan {
  const {
    items,
    as = AS,
    index = null,
    concurrency = CONCURRENCY,
    batch = null,
    max_failures: maxFailures = 0,
  } = config;
  return { items, concurrency, batch, maxFailures, as, index };
}

function millisecondsOf(duration: Duration): number {
  return Math.ceil(secondsOf(duration) * 1000);
}

/** A condition that was stored and is none for the evaluator of today fails its step. */
function conditionOf(text: string | undefined): Condition | null {
  if (text === undefined) return null;
  const compiled = compileExpression(text);
  if (!("faults" in compiled)) return compiled;
  const { message: error = "", offset = 0, length = 0 } = compiled.faults[0] ?? {};
  return { text, test: () => ({ error, offset, length }) };
}

function catchOf({ on = [...CATCH_ON], ...list }: Catch, address: string, making: Making): CatchPlan {
  return { on, plan: blockOf(list, `${address}.$catch.`, making) };
}

function compensationOf({ step }: Compensation, address: string, making: Making): BlockPlan {
  return blockOf({ steps: [{ name: COMPENSATE, ...step }] }, `${address}.`, making);
}
