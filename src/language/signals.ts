/** The signals that a definition waits for. */
import { isObject, type Json, type JsonObject } from "../schemas/json.ts";
import { handlersIn, listsIn, stepsIn } from "./checks/lists.ts";
import { WAIT } from "./definition/control.ts";

export interface AwaitedSignals {
  /** Those that it names without a placeholder. */
  names: ReadonlySet<string>;
  /** What a step of a name takes, by that; no schemas for a name that some step takes with any body. */
  schemas: ReadonlyMap<string, readonly JsonObject[]>;
  /** Whether some name has a placeholder, so that it may wait for any. */
  isOpen: boolean;
}

/** The signals that steps wait for, nested ones and those of handlers included. */
export function awaitedSignals(steps: readonly Json[]): AwaitedSignals {
  const names = new Set<string>();
  const schemas = new Map<string, JsonObject[]>();
  const any = new Set<string>();
  let isOpen = false;
  const walk = (list: readonly Json[]) => {
    for (const step of list) {
      if (!isObject(step)) continue;
      const { type, config = null } = step;
      if (type === WAIT && isObject(config)) {
        for (const name of [config.signal].flat()) {
          if (typeof name !== "string" || name.includes("$")) {
            isOpen = true;
            continue;
          }
          names.add(name);
          if (isObject(config.schema)) schemas.set(name, [...(schemas.get(name) ?? []), config.schema]);
          else any.add(name);
        }
      }
      for (const inside of [...listsIn(type, config, []), ...handlersIn(step, [])]) {
        walk(stepsIn(inside).map((one) => one.step));
      }
    }
  };
  walk(steps);
  for (const name of any) schemas.delete(name);
  return { names, schemas, isOpen };
}
