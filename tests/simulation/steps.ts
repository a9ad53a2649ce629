/** The steps of simulated workflows, and what of a definition the checks look at. */
import { TypeCompiler } from "@sinclair/typebox/compiler";
import {
  BLOCK,
  BlockConfig,
  type JoinKind,
  PARALLEL,
  ParallelConfig,
  SWITCH,
  SwitchConfig,
} from "../../src/language/definition/containers.ts";
import { SUCCEED, WORKFLOW } from "../../src/language/definition/control.ts";
import type { Defaults } from "../../src/language/definition/options.ts";
import type { Retry } from "../../src/language/definition/retry.ts";
import type { Step } from "../../src/language/definition/step.ts";
import type { JsonObject } from "../../src/schemas/json.ts";

const blockSchema = TypeCompiler.Compile(BlockConfig);

export const pure = (name: string): Step => ({
  name,
  type: "transform",
  config: { value: { from: "${payload.n}", name } },
});
export const acts = (name: string, fails = false): Step => ({ name, type: "effect", config: { fails } });
export const waits = (name: string, duration: number): Step => ({ name, type: "delay", config: { duration } });

export const block = (name: string, steps: Step[]): Step => ({ name, type: BLOCK, config: { steps } });
export const listens = (name: string, ...signal: string[]): Step => ({ name, type: "wait", config: { signal } });
export const starts = (name: string, workflow_id: string, more: JsonObject = {}): Step => ({
  name,
  type: "workflow",
  config: { workflow_id, payload: { n: "${payload.n}" }, ...more },
});
export const RETRY: Retry = { on: ["failed"], max_attempts: 2, initial_interval: 0.5 };

const parallelSchema = TypeCompiler.Compile(ParallelConfig);

export const parallel = (name: string, join: JoinKind, ...branches: Step[][]): Step => ({
  name,
  type: PARALLEL,
  config: { join, branches: branches.map((steps, index) => ({ name: `b${index}`, steps })) },
});

export const fails = (name: string, code: string): Step => ({ name, type: "fail", config: { code, message: "no" } });
export const succeeds = (name: string): Step => ({ name, type: SUCCEED, config: { output: GIVEN } });
/** An output of a run, which says of which run it is. */
export const GIVEN = { run_of: "${payload.n}" };
/** A step of a handler, which says what the error is that it is for. */
export const tells = (name: string): Step => ({
  name,
  type: "transform",
  config: { value: { caught: "${error.code}", from: "${payload.n}" } },
});

const switchSchema = TypeCompiler.Compile(SwitchConfig);

/** Runs the steps behind the first condition that holds, else the last ones. */
export const route = (name: string, cases: { if: string; steps: Step[] }[], otherwise: Step[] | null): Step => ({
  name,
  type: SWITCH,
  config: { cases, ...(otherwise !== null && { default: { steps: otherwise } }) },
});

/** Steps that follow one another, and what their addresses have before their names. */
export interface List {
  above: string;
  steps: Step[];
  /** Of a case. */
  condition?: string;
}

/** The lists of steps that a step holds, in its attempts. */
export function listsIn(step: Step | undefined): List[] {
  if (step?.type === BLOCK && blockSchema.Check(step.config)) return [{ above: "", steps: step.config.steps }];
  if (step?.type === SWITCH && switchSchema.Check(step.config)) {
    const { cases, default: otherwise } = step.config;
    const lists: List[] = cases.map(({ if: condition, steps }) => ({ above: "", steps, condition }));
    return otherwise === undefined ? lists : [...lists, { above: "", steps: otherwise.steps }];
  }
  if (step?.type !== PARALLEL || !parallelSchema.Check(step.config)) return [];
  return step.config.branches.map(({ name, steps }) => ({ above: `${name}.`, steps }));
}

/** Steps as they are meant: effects that say nothing themselves have what the definition says of all. */
export function withDefaults(steps: readonly Step[], defaults: Defaults | undefined): Step[] {
  if (defaults === undefined) return [...steps];
  return steps.map((step) => {
    const own = step.type === "effect" || step.type === WORKFLOW ? { ...defaults, ...step } : { ...step };
    const catches = step.catch?.map((one) => ({ ...one, steps: withDefaults(one.steps, defaults) }));
    const config = mapLists(step.config ?? {}, (inside) => withDefaults(inside, defaults));
    return { ...own, config, ...(catches !== undefined && { catch: catches }) };
  });
}

/** A config with the lists of steps in it changed. */
function mapLists(config: JsonObject, change: (steps: Step[]) => Step[]): JsonObject {
  const text = JSON.stringify(config, (key, value) =>
    key === "steps" && Array.isArray(value) ? change(value) : value,
  );
  return JSON.parse(text);
}

/** The lists that a step's handlers are. */
export function handlersOf(step: Step | undefined): List[] {
  return (step?.catch ?? []).map(({ steps }) => ({ above: "$catch.", steps }));
}

/** A step that comes before another one, by its path. */
export interface StepBefore {
  before: string;
  /** Whether it is the step whose handler the other is in. */
  isHandled: boolean;
}

/**
 * The paths of the steps that come before a step in its list and in the lists around it; of a step whose handler it is in, all
 * but the handler.
 */
export function stepsBefore(steps: readonly Step[], path: string): StepBefore[] {
  const [segment = "", list = "", ...inside] = path.split("/");
  const index = Number.parseInt(segment, 10);
  const before = steps.slice(0, index).map((_, at) => ({ before: String(at), isHandled: false }));
  if (inside.length === 0) return before;
  const isHandled = list.startsWith("c");
  if (isHandled) before.push({ before: String(index), isHandled });
  const lists = isHandled ? handlersOf(steps[index]) : listsIn(steps[index]);
  const nested = (list === "d" ? lists.at(-1) : lists[Number(list.replace("c", ""))])?.steps ?? [];
  const above = `${segment}/${list}`;
  const further = stepsBefore(nested, inside.join("/"));
  return [...before, ...further.map((one) => ({ ...one, before: `${above}/${one.before}` }))];
}
