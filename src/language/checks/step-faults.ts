/** The faults in the steps of a definition, nested ones included. */
import { type TypeCheck, TypeCompiler } from "@sinclair/typebox/compiler";
import type { StepTypes } from "../../connectors/index.ts";
import type { RequestFault } from "../../errors.ts";
import { schemaFaults } from "../../schemas/faults.ts";
import { FORBIDDEN_KEYS, isObject, type Json, type JsonObject } from "../../schemas/json.ts";
import {
  BLOCK,
  BlockConfig,
  type ContainerType,
  DEFAULT_CASE,
  isContainer,
  MAX_NESTING,
  ParallelConfig,
  SwitchConfig,
} from "../definition/containers.ts";
import { MAX_STEPS, Step } from "../definition/step.ts";
import { conditionFaults } from "./condition-faults.ts";
import { configFaults, templateFaults } from "./config-faults.ts";
import { Expressions } from "./expressions.ts";
import { handlersIn, type Loc, listsIn, type StepList } from "./lists.ts";
import { policyFaults } from "./policy-faults.ts";
import type { Reading } from "./reading.ts";
import { References } from "./references.ts";
import { Scope } from "./scope.ts";

const stepSchema: TypeCheck<typeof Step> = TypeCompiler.Compile(Step);
const containerSchemas = {
  block: TypeCompiler.Compile(BlockConfig),
  parallel: TypeCompiler.Compile(ParallelConfig),
  switch: TypeCompiler.Compile(SwitchConfig),
};

/** What is known where a list of steps stands. */
interface Place {
  /** What is reached around it. */
  outer: Scope | null;
  /** Containers and handlers around it. */
  nesting: number;
}

const TOP: Place = { outer: null, nesting: 0 };

/** Checks steps one by one, and counts them. */
export class StepFaults {
  readonly faults: RequestFault[] = [];
  readonly #types: StepTypes;
  readonly #most: number;
  readonly #reading: Reading;
  #count = 0;

  /**
   * @param most how many faults are looked for
   * @param top the definition, whose steps fit their schema, except inside their configs and handlers
   */
  constructor(types: StepTypes, most: number, top: JsonObject) {
    this.#types = types;
    this.#most = most;
    const list: StepList = { list: top, loc: ["body"], binds: ["payload"] };
    this.#reading = { expressions: new Expressions(), references: new References(list) };
    this.#check(list, TOP);
  }

  #check(list: StepList, { outer, nesting }: Place): void {
    const scope = new Scope(list, outer);
    this.#checkTemplate(list.list.output, [...list.loc, "output"], scope);
    const inside = { outer: scope, nesting: nesting + 1 };
    const steps = Array.isArray(list.list.steps) ? list.list.steps : [];
    const loc = [...list.loc, "steps"];
    for (const [index, step] of steps.entries()) {
      if (this.faults.length >= this.#most) return;
      // Of a list that is too long by itself its schema says so.
      if (++this.#count === MAX_STEPS + 1 && steps.length <= MAX_STEPS) {
        this.#add(loc, `A workflow has at most ${MAX_STEPS} steps, those within others included`, "too_many_steps");
      }
      if (!isObject(step)) continue;
      const at = [...loc, index];
      scope.moveTo(index);
      if (typeof step.name === "string") this.#checkName(step.name, [...at, "name"], scope);
      this.#checkCondition(step, at, scope);
      this.#checkStep(step, at, inside);
    }
  }

  /** @param inside what is known in the lists that it holds, and in its handlers */
  #checkStep(step: JsonObject, loc: Loc, inside: Place & { outer: Scope }): void {
    const { type, config = null } = step;
    if (typeof type !== "string") return;
    const around = { scope: inside.outer, reading: this.#reading };
    if (isContainer(type)) this.#checkContainer(type, config, [...loc, "config"], inside);
    else this.faults.push(...configFaults(type, config, loc, this.#types, around));
    const isEffect = this.#types.get(type)?.connector.kind === "effect";
    this.faults.push(...policyFaults(step, loc, isEffect));
    const handlers = handlersIn(step, loc);
    if (handlers.length > 0 && inside.nesting > MAX_NESTING) this.#addTooDeep([...loc, "catch"]);
    else for (const handler of handlers) this.#checkList(handler, inside);
  }

  #checkContainer(type: ContainerType, config: Json, loc: Loc, inside: Place & { outer: Scope }): void {
    // A value that is no object is reported by the schema.
    if (!isObject(config)) return;
    if (inside.nesting > MAX_NESTING) {
      this.#addTooDeep(loc);
      return;
    }
    const schema = containerSchemas[type];
    if (!schema.Check(config)) this.faults.push(...schemaFaults(schema.Errors(config), loc));
    const lists = listsIn(type, config, loc);
    const names = new Set<Json | undefined>();
    for (const list of lists) {
      if (type !== BLOCK) this.#checkListName(list, names);
      this.#checkCondition(list.list, list.loc, inside.outer);
      this.#checkList(list, inside);
    }
  }

  /** Of a step, or of a case: both see what comes before the step. */
  #checkCondition({ if: condition }: JsonObject, loc: Loc, scope: Scope): void {
    this.faults.push(...conditionFaults(condition, [...loc, "if"], scope, this.#reading));
  }

  /** Of a value that is resolved when the steps of a list are over. */
  #checkTemplate(value: Json | undefined, loc: Loc, scope: Scope): void {
    if (value === undefined) return;
    scope.moveToEnd();
    this.faults.push(...templateFaults(value, loc, { scope, reading: this.#reading }));
  }

  /** Of a branch, or of a case. */
  #checkListName({ list, loc }: StepList, names: Set<Json | undefined>): void {
    const { name } = list;
    if (typeof name !== "string") return;
    const word = "if" in list ? "case" : "branch";
    if (names.has(name)) {
      this.#add([...loc, "name"], `The ${word} name ${JSON.stringify(name)} is taken`, "branch_taken");
    }
    if (FORBIDDEN_KEYS.has(name)) {
      this.#add([...loc, "name"], `__proto__, constructor and prototype can't be ${word} names`);
    }
    if (word === "case" && name === DEFAULT_CASE) {
      this.#add([...loc, "name"], "A case can't be named default: that is the one behind all cases", "reserved_name");
    }
    names.add(name);
  }

  /** Checks a list within a step. */
  #checkList(list: StepList, place: Place): void {
    const steps = Array.isArray(list.list.steps) ? list.list.steps : [];
    for (const [index, step] of steps.entries()) {
      if (this.faults.length >= this.#most) return;
      if (!stepSchema.Check(step)) {
        this.faults.push(...schemaFaults(stepSchema.Errors(step), [...list.loc, "steps", index]));
      }
    }
    this.#check(list, place);
  }

  #checkName(name: string, loc: Loc, scope: Scope): void {
    if (name === "payload") {
      this.#add(loc, "A step can't be named payload: placeholders reach the trigger's payload by that name");
    } else if (FORBIDDEN_KEYS.has(name)) {
      this.#add(loc, "__proto__, constructor and prototype can't be step names");
    } else if (scope.isTaken(name)) {
      this.#add(loc, `The step name ${JSON.stringify(name)} is taken by an earlier step`);
    } else if (scope.isVisibleAround(name)) {
      const msg = `The step name ${JSON.stringify(name)} would hide the step of that name which is visible here`;
      this.#add(loc, msg, "name_hides");
    }
  }

  #addTooDeep(loc: Loc): void {
    this.#add(loc, `Steps are nested at most ${MAX_NESTING} deep`, "too_deep");
  }

  #add(loc: Loc, msg: string, type = "value_error"): void {
    this.faults.push({ loc, msg, type });
  }
}
