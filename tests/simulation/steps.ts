/** The steps of simulated workflows, and what of a definition the checks look at. */
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { BlockConfig, type JoinKind, ParallelConfig, SwitchConfig } from "../../src/language/definition/containers.ts";
import { BLOCK, LOOP, MAP, PARALLEL, SUCCEED, SWITCH } from "../../src/language/definition/control.ts";
import { LoopConfig } from "../../src/language/definition/loop.ts";
import { MapConfig } from "../../src/language/definition/map.ts";
import type { Retry } from "../../src/language/definition/retry.ts";
import type { Step } from "../../src/language/definition/step.ts";
import type { JsonObject } from "../../src/schemas/json/json.ts";

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

const loopSchema = TypeCompiler.Compile(LoopConfig);

/** Repeats steps so often, as one of its conditions says, if its limit lets it. */
export const repeats = (name: string, steps: Step[], config: Omit<LoopConfig, "steps">): Step => ({
  name,
  type: LOOP,
  config: { ...config, steps },
});

const mapSchema = TypeCompiler.Compile(MapConfig);

/** Runs steps for so many items, each of which is its index. */
export const each = (name: string, count: number, steps: Step[], config: Partial<MapConfig> = {}): Step => ({
  name,
  type: MAP,
  config: { items: Array.from({ length: count }, (_, index) => index), ...config, steps },
});

/** A step of an iteration, which says which that is. */
export const counts = (name: string, of: "iteration.index" | "item" = "iteration.index"): Step => ({
  name,
  type: "transform",
  config: { value: { at: `\${${of}}`, from: "${payload.n}" } },
});

/** A step of an iteration that counts in a variable: 1 in the first, one more in the next, of which each of a map has its own. */
export const adds = (name: string): Step => ({
  name,
  type: "set",
  config: { variables: { count: "${{ vars.count + 1 }}" } },
});

export function mapOf(step: Step | undefined): (MapConfig & { items: unknown[] }) | null {
  if (step?.type !== MAP || !mapSchema.Check(step.config)) return null;
  const { items } = step.config;
  return Array.isArray(items) ? { ...step.config, items } : null;
}

export function loopOf(step: Step | undefined): LoopConfig | null {
  return step?.type === LOOP && loopSchema.Check(step.config) ? step.config : null;
}

/** What undoes a step. */
export const undoing = (step: Pick<Step, "type" | "config">, retry?: Retry): NonNullable<Step["compensate"]> => ({
  step: { type: step.type, config: step.config ?? {}, ...(retry !== undefined && { retry }) },
});

/** Steps that follow one another, and what their addresses have between that of what holds them and their names. */
export interface List {
  above: string;
  steps: Step[];
  /** Of a case. */
  condition?: string;
}

/** The lists of steps that a step holds, in its attempts; of one that repeats them the first iteration. */
export function listsIn(step: Step | undefined): List[] {
  if (step?.type === BLOCK && blockSchema.Check(step.config)) return [{ above: ".", steps: step.config.steps }];
  const repeated = loopOf(step) ?? mapOf(step);
  if (repeated !== null) return [iteration(repeated.steps, 0)];
  if (step?.type === SWITCH && switchSchema.Check(step.config)) {
    const { cases, default: otherwise } = step.config;
    const lists: List[] = cases.map(({ if: condition, steps }) => ({ above: ".", steps, condition }));
    return otherwise === undefined ? lists : [...lists, { above: ".", steps: otherwise.steps }];
  }
  if (step?.type !== PARALLEL || !parallelSchema.Check(step.config)) return [];
  return step.config.branches.map(({ name, steps }) => ({ above: `.${name}.`, steps }));
}

/** An iteration of a step that repeats these. */
export function iteration(steps: Step[], index: number): List {
  return { above: `[${index}].`, steps };
}

/** The lists that a step at an address ran: of one that repeats them all iterations of which there is a result. */
export function listsRun(step: Step, address: string, results: Record<string, unknown>): List[] {
  const map = mapOf(step);
  const repeated = loopOf(step) ?? map;
  if (repeated === null) return listsIn(step);
  const lists: List[] = [];
  const [first] = repeated.steps;
  for (let index = 0; ; index++) {
    const hasBegun = results[`${address}[${index}].${first?.name}`] !== undefined;
    if (hasBegun) lists.push(iteration(repeated.steps, index));
    else if (index >= (map?.items.length ?? 0)) return lists;
  }
}

/** The lists that a step's handlers are. */
export function handlersOf(step: Step | undefined): List[] {
  return (step?.catch ?? []).map(({ steps }) => ({ above: ".$catch.", steps }));
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
  const isLoop = loopOf(steps[index]) !== null && !isHandled;
  const isRepeated = isLoop || (mapOf(steps[index]) !== null && !isHandled);
  const at = isRepeated ? 0 : Number(list.replace("c", ""));
  const nested = (list === "d" ? lists.at(-1) : lists[at])?.steps ?? [];
  const above = `${segment}/${list}`;
  for (let earlier = 0; isLoop && earlier < Number(list); earlier++) {
    before.push({ before: `${segment}/${earlier}`, isHandled: false });
  }
  const further = stepsBefore(nested, inside.join("/"));
  return [...before, ...further.map((one) => ({ ...one, before: `${above}/${one.before}` }))];
}
