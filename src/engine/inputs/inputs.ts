import type { StepTypes } from "../../connectors/index.ts";
import type { Definition } from "../../language/definition/workflow.ts";
import { bytesOfText, lru } from "../../lru.ts";
import { isObject, type Json, type JsonObject } from "../../schemas/json/json.ts";
import type { StepInput } from "../../schemas/runs/step-input.ts";
import { compile } from "../plan/compile.ts";
import type { Node, Plan } from "../plan/plan.ts";
import type { KnownRun, StepInputs } from "../port.ts";
import { testCondition } from "../state/conditions.ts";
import type { Scope } from "../state/scope.ts";
import { Fields, gapOf } from "./fields.ts";
import { NotKnown } from "./gaps.ts";
import { placeAt } from "./places.ts";
import { Results } from "./results.ts";
import { Scopes } from "./scopes.ts";

/** Plans that are kept, by the texts of their definitions: some ten times as much. */
const PLAN_BYTES = 32 * 1024 * 1024;
const BYTES_OF_CHARACTER = 10;

interface KnownPlan {
  plan: Plan;
  bytes: number;
}

/** Computes what steps were given, with what the engine evaluates with. */
export class ComputedInputs implements StepInputs {
  readonly #types: StepTypes;
  readonly #plans = lru<KnownPlan>({ maxBytes: PLAN_BYTES, bytesOf: ({ bytes }) => bytes });

  constructor(types: StepTypes) {
    this.#types = types;
  }

  of(run: KnownRun, path: string): StepInput | null {
    const plan = this.#planOf(run);
    const results = new Results(run, plan.root);
    if (results.isKept(path)) return null;
    try {
      return inputOf(run, plan, results, path);
    } catch (thrown) {
      return nothing(gapOf(thrown));
    }
  }

  #planOf({ version, definition }: KnownRun): Plan {
    const known = this.#plans.get(version);
    if (known !== undefined) return known.plan;
    const parsed: Definition = JSON.parse(definition);
    const plan = compile(parsed, this.#types);
    this.#plans.set(version, { plan, bytes: BYTES_OF_CHARACTER * bytesOfText(definition) });
    return plan;
  }
}

/** An input of which nothing is known. */
export function nothing({ code, message }: Pick<NotKnown, "code" | "message">): StepInput {
  return { bytes: 0, unknown: [{ path: [], code, message }] };
}

/** @throws NotKnown where nothing of it is known */
function inputOf(run: KnownRun, plan: Plan, results: Results, path: string): StepInput {
  const place = placeAt(plan.root, path);
  if (place === null) throw new NotKnown("place_gone");
  const { node, frame, index } = place;
  const result = results.get(path);
  if (result === undefined && run.isOver) throw new NotKnown("run_over");
  if (result?.status === "skipped" && result.error === null) throw new NotKnown("skipped");
  const scopes = new Scopes(run, plan, results, result === undefined);
  const scope = scopes.at({ frame, index, attempt: results.attempts(path) });
  if (result?.status === "failed" && hasNoCondition(node, scope, scopes)) throw new NotKnown("no_condition");
  const { join, shows } = node.kind === "step" ? (node.stepType?.connector ?? {}) : {};
  const fields = new Fields(scopes, scope, join);
  const resolved = fields.resolved(configOf(node));
  const config = shows === undefined ? resolved : shownOf(resolved, shows);
  const { unknown } = fields;
  const bytes = new TextEncoder().encode(JSON.stringify(config)).length;
  return { config, bytes, ...(unknown.length > 0 && { unknown }) };
}

/** Of a container what it resolves as it begins. */
function configOf(node: Node): Json {
  if (node.kind === "step") return node.config;
  const { map, loop, type, bodies } = node;
  if (map !== null) return { items: map.items, concurrency: map.concurrency };
  const vars = loop?.vars ?? (type === "block" ? (bodies[0]?.plan.vars ?? null) : null);
  return vars === null ? {} : { vars };
}

/** Whether a step failed before it was given anything. */
function hasNoCondition({ condition }: Node, scope: Scope, { meter }: Scopes): boolean {
  if (condition === null) return false;
  try {
    return "error" in testCondition(condition, scope, meter);
  } catch (thrown) {
    gapOf(thrown);
    return false;
  }
}

/** A config without what results never show. */
function shownOf(config: Json, shows: ReadonlyMap<string, (value: Json) => Json>): Json {
  if (!isObject(config)) return config;
  const shown: JsonObject = { ...config };
  for (const [field, show] of shows) {
    const value = shown[field];
    if (value !== undefined) shown[field] = show(value);
  }
  return shown;
}
