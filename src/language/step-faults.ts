/** The faults in the steps of a definition, nested ones included. */
import { type TypeCheck, TypeCompiler } from "@sinclair/typebox/compiler";
import { ValueErrorType } from "@sinclair/typebox/errors";
import type { StepTypes } from "../connectors/index.ts";
import type { RequestFault } from "../errors.ts";
import { schemaFaults } from "../schemas/faults.ts";
import { FORBIDDEN_KEYS, isDeeper, type Json, type JsonObject, MAX_DEPTH, MAX_FAULTS } from "../schemas/json.ts";
import { BLOCK, BlockConfig, MAX_NESTING, PARALLEL, ParallelConfig } from "./containers.ts";
import { placeholderFaults, wholePlaceholder } from "./placeholder.ts";
import { retryFaults } from "./retry-faults.ts";
import { MAX_STEPS, Step } from "./workflow.ts";

type Loc = (string | number)[];

const stepSchema: TypeCheck<typeof Step> = TypeCompiler.Compile(Step);
const containers = new Map<string, TypeCheck<typeof BlockConfig> | TypeCheck<typeof ParallelConfig>>([
  [BLOCK, TypeCompiler.Compile(BlockConfig)],
  [PARALLEL, TypeCompiler.Compile(ParallelConfig)],
]);

/** Checks steps one by one, and counts them. */
export class StepFaults {
  readonly faults: RequestFault[] = [];
  readonly #types: StepTypes;
  readonly #most: number;
  #count = 0;

  /** @param most how many faults are looked for */
  constructor(types: StepTypes, most: number) {
    this.#types = types;
    this.#most = most;
  }

  /** Checks a list of steps that fits its schema, except inside their configs. */
  check(steps: Json[], loc: Loc, visible: ReadonlySet<string> = new Set(), nesting = 0): void {
    const own = new Set<string>();
    for (const [index, step] of steps.entries()) {
      if (this.faults.length >= this.#most) return;
      // Of a list that is too long by itself its schema says so.
      if (++this.#count === MAX_STEPS + 1 && steps.length <= MAX_STEPS) {
        this.#add(loc, `A workflow has at most ${MAX_STEPS} steps, those within others included`, "too_many_steps");
      }
      if (isObject(step)) this.#checkStep(step, [...loc, index], { own, visible, nesting });
    }
  }

  #checkStep(
    { name, type, config = null, retry }: JsonObject,
    loc: Loc,
    { own, visible, nesting }: { own: Set<string>; visible: ReadonlySet<string>; nesting: number },
  ): void {
    if (typeof name === "string") {
      const fault = faultOfName(name, own, visible);
      if (fault !== null) this.#add([...loc, "name"], ...fault);
      own.add(name);
    }
    if (typeof type !== "string") return;
    if (containers.has(type)) {
      this.#checkContainer(type, config, [...loc, "config"], {
        visible: new Set([...visible, ...own]),
        nesting: nesting + 1,
      });
    } else this.faults.push(...faultsOfConfig(type, config, loc, this.#types));
    if (retry === undefined) return;
    const isEffect = this.#types.get(type)?.connector.kind === "effect";
    this.faults.push(...retryFaults(retry, [...loc, "retry"], isEffect));
  }

  #checkContainer(
    type: string,
    config: Json,
    loc: Loc,
    around: { visible: ReadonlySet<string>; nesting: number },
  ): void {
    // A value that is no object is reported by the schema.
    if (!isObject(config)) return;
    if (around.nesting > MAX_NESTING) {
      this.#add(loc, `Steps are nested at most ${MAX_NESTING} deep`, "too_deep");
      return;
    }
    this.faults.push(...faultsOfContainer(type, config, loc));
    if (type === BLOCK) this.#checkList(config, loc, around);
    else this.#checkBranches(config.branches ?? null, [...loc, "branches"], around);
  }

  #checkBranches(branches: Json, loc: Loc, around: { visible: ReadonlySet<string>; nesting: number }): void {
    const names = new Set<Json>();
    for (const [index, branch] of Array.isArray(branches) ? branches.entries() : []) {
      if (!isObject(branch)) continue;
      const { name = null } = branch;
      if (typeof name === "string" && names.has(name)) {
        this.#add([...loc, index, "name"], `The branch name ${JSON.stringify(name)} is taken`, "branch_taken");
      }
      if (typeof name === "string" && FORBIDDEN_KEYS.has(name)) {
        this.#add([...loc, index, "name"], "__proto__, constructor and prototype can't be branch names");
      }
      names.add(name);
      this.#checkList(branch, [...loc, index], around);
    }
  }

  /** Checks steps that follow one another, and their output. */
  #checkList(
    list: JsonObject,
    loc: Loc,
    { visible, nesting }: { visible: ReadonlySet<string>; nesting: number },
  ): void {
    const { output = null } = list;
    if (isDeeper(output, MAX_DEPTH)) this.faults.push(tooDeep([...loc, "output"]));
    else this.faults.push(...faultsOfPlaceholders(output, [...loc, "output"]));
    const steps = Array.isArray(list.steps) ? list.steps : [];
    for (const [index, step] of steps.entries()) {
      if (this.faults.length >= this.#most) return;
      if (!stepSchema.Check(step)) this.faults.push(...schemaFaults(stepSchema.Errors(step), [...loc, "steps", index]));
    }
    this.check(steps, [...loc, "steps"], visible, nesting);
  }

  #add(loc: Loc, msg: string, type = "value_error"): void {
    this.faults.push({ loc, msg, type });
  }
}

function faultOfName(
  name: string,
  own: ReadonlySet<string>,
  visible: ReadonlySet<string>,
): [msg: string, type?: string] | null {
  if (name === "payload") {
    return ["A step can't be named payload: placeholders reach the trigger's payload by that name"];
  }
  if (FORBIDDEN_KEYS.has(name)) return ["__proto__, constructor and prototype can't be step names"];
  if (own.has(name)) return [`The step name ${JSON.stringify(name)} is taken by an earlier step`];
  return visible.has(name)
    ? [`The step name ${JSON.stringify(name)} would hide the step of that name which is visible here`, "name_hides"]
    : null;
}

function faultsOfContainer(type: string, config: JsonObject, loc: Loc): RequestFault[] {
  const schema = containers.get(type);
  return schema === undefined || schema.Check(config) ? [] : schemaFaults(schema.Errors(config), loc);
}

function faultsOfConfig(typeName: string, config: Json, loc: Loc, types: StepTypes): RequestFault[] {
  const type = types.get(typeName);
  if (type === undefined) {
    const known = [...types.keys(), ...containers.keys()]
      .sort()
      .map((name) => `'${name}'`)
      .join(", ");
    const msg = `There is no step type ${JSON.stringify(typeName)}; known are ${known}`;
    return [{ loc: [...loc, "type"], msg, type: "enum" }];
  }
  // A value that is no object is reported by the schema.
  if (!isObject(config)) return [];
  const configLoc = [...loc, "config"];
  if (isDeeper(config, MAX_DEPTH)) return [tooDeep(configLoc)];
  const placeholders = faultsOfPlaceholders(config, configLoc);
  if (type.validator.Check(config)) {
    const faults = type.connector.check?.(config) ?? [];
    return [...placeholders, ...faults.map(({ path, message }) => valueFault([...configLoc, ...path], message))];
  }
  // A placeholder may become any type: it is judged when it is resolved. A field that there is not stays one.
  const errors = Iterator.from(type.validator.Errors(config)).filter(
    (error) => error.type === ValueErrorType.ObjectAdditionalProperties || wholePlaceholder(error.value) === null,
  );
  return [...placeholders, ...schemaFaults(errors, configLoc)];
}

function faultsOfPlaceholders(value: Json, loc: Loc): RequestFault[] {
  return [...placeholderFaults(value).take(MAX_FAULTS)].map(({ path, message }) =>
    valueFault([...loc, ...path], message),
  );
}

function tooDeep(loc: Loc): RequestFault {
  return valueFault(loc, `Arrays and objects nest deeper than ${MAX_DEPTH}`);
}

function valueFault(loc: Loc, msg: string): RequestFault {
  return { loc, msg, type: "value_error" };
}

function isObject(value: Json): value is JsonObject {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
