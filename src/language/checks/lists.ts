import { isObject, type Json, type JsonObject } from "../../schemas/json.ts";
import { BLOCK, PARALLEL, SWITCH } from "../definition/containers.ts";

export type Loc = (string | number)[];

/** Something that holds steps, and where it stands. */
export interface StepList {
  list: JsonObject;
  loc: Loc;
}

/** The lists of steps in the config of a step that may hold some, as far as they are objects. */
export function listsIn(type: Json | undefined, config: Json | undefined, loc: Loc): StepList[] {
  if (!isObject(config)) return [];
  if (type === BLOCK) return [{ list: config, loc }];
  if (type === PARALLEL) return objectsIn(config.branches, [...loc, "branches"]);
  if (type !== SWITCH) return [];
  const otherwise = config.default;
  const last = isObject(otherwise) ? [{ list: otherwise, loc: [...loc, "default"] }] : [];
  return [...objectsIn(config.cases, [...loc, "cases"]), ...last];
}

/** The handlers of a step. */
export function handlersIn(step: JsonObject, loc: Loc): StepList[] {
  return objectsIn(step.catch, [...loc, "catch"]);
}

/** The steps of a list, as far as they are objects. */
export function stepsIn({ list, loc }: StepList): { step: JsonObject; loc: Loc }[] {
  return objectsIn(list.steps, [...loc, "steps"]).map(({ list: step, loc: at }) => ({ step, loc: at }));
}

function objectsIn(value: Json | undefined, loc: Loc): StepList[] {
  const items = Array.isArray(value) ? value : [];
  return items.flatMap((list, index) => (isObject(list) ? [{ list, loc: [...loc, index] }] : []));
}
