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
import { FAIL, WAIT, WORKFLOW } from "../../language/definition/control.ts";
import { secondsOf } from "../../language/definition/durations.ts";
import { retriesOf } from "../../language/definition/retry.ts";
import { CATCH_ON, type Catch, type Step } from "../../language/definition/step.ts";
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

const blockConfig = TypeCompiler.Compile(BlockConfig);
const parallelConfig = TypeCompiler.Compile(ParallelConfig);
const switchConfig = TypeCompiler.Compile(SwitchConfig);

/** Compiles the steps of a definition, which were checked when it was made. */
export function compile(steps: readonly Step[], types: StepTypes): Plan {
  return { root: blockOf(steps, undefined, "", types), isPlain: steps.every((step) => isPlain(step)) };
}

/** Whether a step has none of the fields, and is of none of the types, that came after the first. */
function isPlain({ type, if: condition, timeout, retry, catch: catches, on_error }: Step): boolean {
  const isBare = condition === undefined && timeout === undefined && catches === undefined && on_error === undefined;
  return isBare && retriesOf(retry).length === 0 && ![BLOCK, PARALLEL, SWITCH, FAIL, WAIT, WORKFLOW].includes(type);
}

/** @param above the address of what holds the list, with a dot; empty at the top */
function blockOf(steps: readonly Step[], output: Json | undefined, above: string, types: StepTypes): BlockPlan {
  return { nodes: steps.map((step) => nodeOf(step, above, types)), output };
}

function nodeOf(step: Step, above: string, types: StepTypes): Node {
  const { name, type, config, if: condition, timeout, retry, catch: catches = [], on_error } = step;
  const address = `${above}${name}`;
  const common = {
    name,
    address,
    condition: conditionOf(condition),
    timeout: timeout === undefined ? null : Math.ceil(secondsOf(timeout) * 1000),
    retries: retriesOf(retry),
    catches: catches.map((one) => catchOf(one, address, types)),
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
    plan: blockOf(list.steps, list.output, type === PARALLEL ? `${address}.${list.name}.` : `${address}.`, types),
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
  const stepType = types.get(type);
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

function catchOf({ on = [...CATCH_ON], steps, output }: Catch, address: string, types: StepTypes): CatchPlan {
  return { on, plan: blockOf(steps, output, `${address}.$catch.`, types) };
}
