/** The lists of steps that a step holds, and where they are found in a log. */
import { isObject, type Json, type JsonObject } from "../../schemas/json/json.ts";
import { listsIn, stepsIn } from "../checks/reading/lists.ts";
import { BLOCK, LOOP, MAP, PARALLEL, SWITCH } from "../definition/control.ts";

/** A list of steps within a step. */
export interface Within {
  /** Behind the path of the step that holds it; null where each iteration has its own. */
  segment: string | null;
  /** Between the address of that and those of its steps. */
  below: string;
  steps: JsonObject[];
}

/** The lists that the attempts of a step run. */
export function within({ type, config = null }: JsonObject): Within[] {
  const lists = listsIn(type, config, []);
  return lists.map((one, index) => {
    const isDefault = type === SWITCH && isObject(config) && one.list === config.default;
    const segment = type === LOOP || type === MAP ? null : isDefault ? "d" : String(index);
    return { segment, below: one.segment, steps: stepsIn(one).map(({ step }) => step) };
  });
}

/** Whether a retry can begin in the middle of a step: nothing else of it is under way beside that. */
export function isWalkedThrough({ type }: JsonObject): boolean {
  return type === BLOCK || type === SWITCH;
}

/** Whether lists of it run beside one another, each of which has an end of its own. */
export function hasBranches({ type }: JsonObject): boolean {
  return type === PARALLEL || type === MAP;
}

/** The index of the step of a list that is the same as one of another version: of its name and type; -1 for none. */
export function sameIn(steps: readonly JsonObject[], { name, type }: JsonObject): number {
  return steps.findIndex((one) => one.name === name && one.type === type);
}

/**
 * Whether what a step held has to be gone through again though the step is kept: its steps may be undone later, have set variables, or ended the run.
 */
export function hasTraces({ config = null, catch: handlers = null }: JsonObject): boolean {
  return /"compensate":|"type":"(set|succeed)"/.test(JSON.stringify([config, handlers]));
}

export function nameOf({ name = "" }: JsonObject): string {
  return String(name);
}

/** The steps of a list, as far as they are objects. */
export function stepsOf(list: readonly Json[]): JsonObject[] {
  return list.filter(isObject);
}
