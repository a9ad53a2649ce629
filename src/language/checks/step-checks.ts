/** The checks of the steps of a definition, nested ones included. */
import type { StepTypes } from "../../connectors/index.ts";
import { type Check, checkOf } from "../../schemas/json/check.ts";
import { schemaFaults } from "../../schemas/json/faults.ts";
import { isObject, type Json, type JsonObject } from "../../schemas/json/json.ts";
import { MAX_NESTING } from "../definition/containers.ts";
import { BLOCK, type ContainerType, isContainer, MAP, PARALLEL, SUCCEED } from "../definition/control.ts";
import { MAX_STEPS, Step } from "../definition/step.ts";
import type { Explanation } from "./explanation.ts";
import { compensationFaults } from "./faults/compensation-faults.ts";
import { configFaults, mustHaveConfig } from "./faults/config-faults.ts";
import { containerFaults } from "./faults/container-faults.ts";
import { listNameFaults, stepNameFaults } from "./faults/name-faults.ts";
import { policyFaults } from "./faults/policy-faults.ts";
import { setFaults } from "./faults/variable-faults.ts";
import type { Findings } from "./findings.ts";
import { handlersIn, type Loc, listsIn, type StepList } from "./reading/lists.ts";
import { readList } from "./reading/read-list.ts";
import { Reading } from "./reading/reading.ts";
import { type Condition, Scope } from "./reading/scope.ts";
import { stepWarnings, workflowWarnings } from "./step-warnings.ts";

const stepSchema: Check<typeof Step> = checkOf(Step);
/** What is known where a list of steps stands. */
interface Place {
  /** What is reached around it. */
  outer: Scope | null;
  /** The address of the step that holds it; empty at the top. */
  address: string;
  /** The condition under which its steps run; null for none. */
  condition: Condition | null;
  /** Containers and handlers around it. */
  nesting: number;
  /** Whether other steps may be under way beside its own. */
  isBeside: boolean;
}

/** What is known where a step holds others. */
type Inside = Place & { outer: Scope };

const TOP: Place = { outer: null, address: "", condition: null, nesting: 0, isBeside: false };

/**
 * Checks the steps of a definition, nested ones included.
 *
 * @param top the definition, whose steps fit their schema, except inside their configs and handlers
 * @param explanation what is told besides; null for nothing
 */
export function checkSteps(
  top: JsonObject,
  types: StepTypes,
  findings: Findings,
  explanation: Explanation | null,
): void {
  const list: StepList = { list: top, loc: ["body"], binds: ["payload", "run"], segment: "" };
  const reading = new Reading(list, findings, explanation);
  new StepChecks(types, findings, reading).check(list, TOP);
  findings.warn(...workflowWarnings(list));
  const withoutSteps = (...binds: string[]) => new Scope({ ...list, list: {}, binds }, null, "", null);
  // Before there is a run there is its payload alone.
  for (const name of ["concurrency", "rate_limit"]) {
    const { key } = isObject(top[name]) ? top[name] : {};
    if (key !== undefined) reading.value(key, ["body", name, "key"], withoutSteps("payload"));
  }
  const { payload } = isObject(top.on_failure) ? top.on_failure : {};
  if (payload === undefined) return;
  reading.value(payload, ["body", "on_failure", "payload"], withoutSteps("payload", "run", "error"));
}

/** Checks steps one by one, and counts them. */
class StepChecks {
  readonly #types: StepTypes;
  readonly #findings: Findings;
  readonly #reading: Reading;
  #count = 0;

  constructor(types: StepTypes, findings: Findings, reading: Reading) {
    this.#types = types;
    this.#findings = findings;
    this.#reading = reading;
  }

  check(list: StepList, { outer, address, condition, nesting, isBeside }: Place): void {
    const scope = new Scope(list, outer, address, condition);
    readList(list, scope, this.#reading, this.#findings);
    const steps = Array.isArray(list.list.steps) ? list.list.steps : [];
    const loc = [...list.loc, "steps"];
    for (const [index, step] of steps.entries()) {
      if (this.#findings.isFull) return;
      // Of a list that is too long by itself its schema says so.
      if (++this.#count === MAX_STEPS + 1 && steps.length <= MAX_STEPS) {
        const msg = `A workflow has at most ${MAX_STEPS} steps, those within others included`;
        this.#findings.refuse({ loc, msg, type: "too_many_steps" });
      }
      if (!isObject(step)) continue;
      const at = [...loc, index];
      scope.moveTo(index);
      this.#findings.refuse(...stepNameFaults(step.name, [...at, "name"], scope));
      scope.setCondition(this.#reading.condition(step.if, [...at, "if"], scope));
      this.#reading.enter(at, scope);
      this.#checkStep(step, at, {
        outer: scope,
        address: scope.addressOf(step.name),
        condition: null,
        nesting: nesting + 1,
        isBeside,
      });
      this.#findings.warn(...stepWarnings(step, at, this.#types));
      this.#checkCompensation(step, [...at, "compensate"], scope);
    }
  }

  /** @param inside what is known in the lists that it holds, and in its handlers */
  #checkStep(step: JsonObject, loc: Loc, inside: Inside): void {
    const { type, config } = step;
    if (config === undefined && (typeof type !== "string" || mustHaveConfig(type, this.#types))) {
      this.#findings.refuse({ loc: [...loc, "config"], msg: "Field required", type: "missing" });
    }
    if (typeof type !== "string") return;
    if (isContainer(type)) this.#checkContainer(type, config ?? null, [...loc, "config"], inside);
    else this.#checkConfig(type, config ?? null, loc, inside.outer);
    if (type === SUCCEED && inside.isBeside) {
      const msg = "It can't end the run while other branches go on";
      this.#findings.refuse({ loc: [...loc, "type"], msg, type: "succeed_in_parallel" });
    }
    this.#findings.refuse(...setFaults(step, loc, inside.outer));
    const isEffect = ["effect", "child"].includes(this.#types.get(type)?.connector.kind ?? "");
    this.#findings.refuse(...policyFaults(step, loc, isEffect));
    const handlers = handlersIn(step, loc);
    if (handlers.length > 0 && inside.nesting > MAX_NESTING) this.#addTooDeep([...loc, "catch"]);
    else for (const handler of handlers) this.#checkList(handler, inside);
  }

  /** What undoes a step sees what the step saw, and what it gave: it succeeded. */
  #checkCompensation({ name, if: condition, compensate }: JsonObject, loc: Loc, scope: Scope): void {
    this.#findings.refuse(...compensationFaults(compensate, loc, this.#types));
    const undoing = isObject(compensate) ? compensate.step : undefined;
    if (!isObject(undoing) || undoing.config === undefined) return;
    scope.moveBehind();
    if (typeof name === "string") scope.setCondition({ text: String(condition ?? ""), steps: [name] });
    this.#reading.value(undoing.config, [...loc, "step", "config"], scope);
  }

  #checkConfig(type: string, config: Json, loc: Loc, scope: Scope): void {
    const isRead =
      !this.#types.has(type) || !isObject(config) || this.#reading.value(config, [...loc, "config"], scope);
    if (isRead) this.#findings.refuse(...configFaults(type, config, loc, this.#types));
  }

  #checkContainer(type: ContainerType, config: Json, loc: Loc, inside: Inside): void {
    // A value that is no object is reported by the schema.
    if (!isObject(config)) return;
    if (inside.nesting > MAX_NESTING) {
      this.#addTooDeep(loc);
      return;
    }
    this.#findings.refuse(...containerFaults(type, config, loc, inside.outer));
    for (const field of type === MAP ? ["items", "concurrency"] : []) {
      const value = config[field];
      if (value !== undefined) this.#reading.value(value, [...loc, field], inside.outer);
    }
    const names = new Set<string>();
    for (const list of listsIn(type, config, loc)) {
      if (type !== BLOCK) this.#findings.refuse(...listNameFaults(list, names));
      // Of a case: it sees what comes before the switch.
      const condition = this.#reading.condition(list.list.if, [...list.loc, "if"], inside.outer);
      const isBeside = inside.isBeside || type === PARALLEL || type === MAP;
      this.#checkList(list, { ...inside, condition, isBeside });
    }
  }

  /** Checks a list within a step. */
  #checkList(list: StepList, place: Place): void {
    const steps = Array.isArray(list.list.steps) ? list.list.steps : [];
    for (const [index, step] of steps.entries()) {
      if (this.#findings.isFull) return;
      if (stepSchema.Check(step)) continue;
      this.#findings.refuse(...schemaFaults(stepSchema.Errors(step), [...list.loc, "steps", index]));
    }
    this.check(list, place);
  }

  #addTooDeep(loc: Loc): void {
    this.#findings.refuse({ loc, msg: `Steps are nested at most ${MAX_NESTING} deep`, type: "too_deep" });
  }
}
