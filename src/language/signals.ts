/** The signals that a definition waits for. */
import type { RequestFault } from "../errors.ts";
import { isObject, type Json, type JsonObject } from "../schemas/json/json.ts";
import { handlersIn, listsIn, stepsIn } from "./checks/reading/lists.ts";
import { WAIT } from "./definition/control.ts";
import { faultsOfValue } from "./json-schema/index.ts";

export interface AwaitedSignals {
  /** Those that it names without a placeholder. */
  names: ReadonlySet<string>;
  /** What the steps of a name take, by that: a signal of it fits all of these, since any of the steps may get it. */
  schemas: ReadonlyMap<string, readonly JsonObject[]>;
  /** Whether some name has a placeholder, so that it may wait for any. */
  isOpen: boolean;
}

/** The signals that steps wait for, nested ones and those of handlers included. */
export function awaitedSignals(steps: readonly Json[]): AwaitedSignals {
  const names = new Set<string>();
  const schemas = new Map<string, JsonObject[]>();
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
        }
      }
      for (const inside of [...listsIn(type, config, []), ...handlersIn(step, [])]) {
        walk(stepsIn(inside).map((one) => one.step));
      }
    }
  };
  walk(steps);
  return { names, schemas, isOpen };
}

/** Why no step takes a signal: its body does not fit, or no step waits for its name. `places`: of its name and its body. */
export function faultsOfSignal(
  { names, schemas, isOpen }: AwaitedSignals,
  { name, body }: { name: string; body: Json },
  places: { name: (string | number)[]; body: (string | number)[] },
): RequestFault[] {
  for (const schema of schemas.get(name) ?? []) {
    const faults = faultsOfValue(schema, body, places.body);
    if (faults.length > 0) return faults;
  }
  if (isOpen || names.has(name)) return [];
  const known = names.size === 0 ? "none" : [...names].toSorted().join(", ");
  const msg = `No step of this workflow waits for that signal; it waits for: ${known}`;
  return [{ loc: places.name, msg, type: "value_error" }];
}
