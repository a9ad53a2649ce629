import { TypeCompiler } from "@sinclair/typebox/compiler";
import type { StepTypes } from "../../connectors/index.ts";
import {
  BLOCK,
  BlockConfig,
  DEFAULT_CASE,
  PARALLEL,
  ParallelConfig,
  SWITCH,
  SwitchConfig,
} from "../../language/definition/containers.ts";
import { FAIL, SUCCEED, WAIT, WORKFLOW } from "../../language/definition/control.ts";
import { type Duration, secondsOf } from "../../language/definition/durations.ts";
import type { Defaults } from "../../language/definition/options.ts";
import { retriesOf } from "../../language/definition/retry.ts";
import { CATCH_ON, type Catch, type Step } from "../../language/definition/step.ts";
import type { Definition } from "../../language/definition/workflow.ts";
import { compileExpression } from "../../language/expressions/compile.ts";
import type { Json } from "../../schemas/json.ts";
import {
  type BlockPlan,
  type BodyPlan,
  type CatchPlan,
  type Condition,
  kindsInBodies,
  type Node,
  type Plan,
} from "./plan.ts";
import { readsRun } from "./reads-run.ts";

const blockConfig = TypeCompiler.Compile(BlockConfig);
const parallelConfig = TypeCompiler.Compile(ParallelConfig);
const switchConfig = TypeCompiler.Compile(SwitchConfig);

/** Compiles a definition, which was checked when it was made. */
export function compile(definition: Definition, types: StepTypes): Plan {
  const { steps, output, timeout, defaults = {}, on_failure: onFailure = null } = definition;
  return {
    root: blockOf(steps, output, "", { types, defaults }),
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

function millisecondsOf(duration: Duration): number {
  return Math.ceil(secondsOf(duration) * 1000);
}

/** Whether a step has none of the fields, and is of none of the types, that came after the first. */
function isPlain({ type, if: condition, timeout, retry, catch: catches, on_error }: Step): boolean {
  const isBare = condition === undefined && timeout === undefined && catches === undefined && on_error === undefined;
  return (
    isBare && retriesOf(retry).length === 0 && ![BLOCK, PARALLEL, SWITCH, FAIL, SUCCEED, WAIT, WORKFLOW].includes(type)
  );
}

/** @param above the address of what holds the list, with a dot; empty at the top */
function blockOf(steps: readonly Step[], output: Json | undefined, above: string, making: Making): BlockPlan {
  return { nodes: steps.map((step) => nodeOf(step, above, making)), output };
}

function nodeOf(step: Step, above: string, making: Making): Node {
  const { name, type, config = {}, if: condition, catch: catches = [], on_error } = step;
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
  };
  const body = (
    segment: number | "d",
    list: { name?: string; if?: string; steps: Step[]; output?: Json },
  ): BodyPlan => ({
    segment: String(segment),
    name: list.name ?? "",
    condition: conditionOf(list.if),
    // A case has no part in addresses: one alone runs.
    plan: blockOf(list.steps, list.output, type === PARALLEL ? `${address}.${list.name}.` : `${address}.`, making),
  });
  if (type === BLOCK && blockConfig.Check(config)) {
    const bodies = [body(0, config)];
    return { ...common, ...timed(bodies), kind: "container", type, bodies, join: null, concurrency: 1 };
  }
  if (type === PARALLEL && parallelConfig.Check(config)) {
    const { join = "all", concurrency = config.branches.length } = config;
    const bodies = config.branches.map((branch, index) => body(index, branch));
    return { ...common, ...timed(bodies), kind: "container", type, bodies, join, concurrency };
  }
  if (type === SWITCH && switchConfig.Check(config)) {
    const bodies = config.cases.map((one, index) => body(index, one));
    if (config.default !== undefined) bodies.push(body("d", { ...config.default, name: DEFAULT_CASE }));
    return { ...common, ...timed(bodies), kind: "container", type, bodies, join: null, concurrency: 1 };
  }
  const takesTime = stepType?.connector.kind !== "pure";
  return { ...common, timeout: takesTime ? common.timeout : null, kind: "step", type, stepType, config };

  /** No time passes where all is computed. */
  function timed(bodies: readonly BodyPlan[]): { timeout: number | null } {
    return { timeout: kindsInBodies(bodies).every((kind) => kind === "pure") ? null : common.timeout };
  }
}

/** A condition that was stored and is none for the evaluator of today fails its step. */
function conditionOf(text: string | undefined): Condition | null {
  if (text === undefined) return null;
  const compiled = compileExpression(text);
  if (!("faults" in compiled)) return compiled;
  const { message: error = "", offset = 0, length = 0 } = compiled.faults[0] ?? {};
  return { text, test: () => ({ error, offset, length }) };
}

function catchOf({ on = [...CATCH_ON], steps, output }: Catch, address: string, making: Making): CatchPlan {
  return { on, plan: blockOf(steps, output, `${address}.$catch.`, making) };
}
