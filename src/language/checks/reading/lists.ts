import { isObject, type Json, type JsonObject } from "../../../schemas/json/json.ts";
import { BLOCK, type ContainerType, isContainer, LOOP, MAP, PARALLEL, SWITCH } from "../../definition/control.ts";
import { ITERATION } from "../../definition/loop.ts";
import { AS } from "../../definition/map.ts";

export type Loc = (string | number)[];

/** Something that holds steps, and where it stands. */
export interface StepList {
  list: JsonObject;
  loc: Loc;
  /** Names that its steps reach and that are no steps. */
  binds: readonly string[];
  /** Those of them that its author chose: no step may hide them. */
  names?: readonly string[];
  /** Its steps set no variables of the lists around it, since others like it are under way. */
  isApart?: boolean;
  /** Its variables are those of all its iterations, and begin without what is bound for one. */
  isShared?: boolean;
  /** Between the address of the step that holds it and the names of its own. */
  segment: string;
}

/** The lists of steps in the config of a container, by its type. */
const LISTS: Readonly<Record<ContainerType, (config: JsonObject, loc: Loc) => StepList[]>> = {
  [BLOCK]: (list, loc) => [{ list, loc, binds: [], segment: "." }],
  [PARALLEL]: ({ branches }, loc) =>
    objectsIn(branches, [...loc, "branches"]).map((one) => {
      return { ...one, binds: [], isApart: true, segment: `.${one.list.name}.` };
    }),
  [SWITCH]({ cases, default: otherwise }, loc) {
    const last = isObject(otherwise) ? [{ list: otherwise, loc: [...loc, "default"] }] : [];
    return [...objectsIn(cases, [...loc, "cases"]), ...last].map((one) => ({ ...one, binds: [], segment: "." }));
  },
  [LOOP](list, loc) {
    const names = namesIn(list.index);
    return [{ list, loc, binds: [ITERATION, ...names], names, isShared: true, segment: "[]." }];
  },
  [MAP](list, loc) {
    const names = namesIn(list.as ?? AS, list.index);
    return [{ list, loc, binds: names, names, isApart: true, segment: "[]." }];
  },
};

/** The lists of steps in the config of a step that may hold some, as far as they are objects. */
export function listsIn(type: Json | undefined, config: Json | undefined, loc: Loc): StepList[] {
  return typeof type === "string" && isContainer(type) && isObject(config) ? LISTS[type](config, loc) : [];
}

/** What is no name is reported by the schema. */
function namesIn(...names: (Json | undefined)[]): string[] {
  return names.filter((name) => typeof name === "string");
}

/** The handlers of a step. */
export function handlersIn(step: JsonObject, loc: Loc): StepList[] {
  const handlers = objectsIn(step.catch, [...loc, "catch"]);
  return handlers.map((one) => ({ ...one, binds: ["error"], segment: ".$catch." }));
}

/** The steps of a list, as far as they are objects. */
export function stepsIn({ list, loc }: Pick<StepList, "list" | "loc">): { step: JsonObject; loc: Loc }[] {
  return objectsIn(list.steps, [...loc, "steps"]).map(({ list: step, loc: at }) => ({ step, loc: at }));
}

function objectsIn(value: Json | undefined, loc: Loc): Pick<StepList, "list" | "loc">[] {
  const items = Array.isArray(value) ? value : [];
  return items.flatMap((list, index) => (isObject(list) ? [{ list, loc: [...loc, index] }] : []));
}
