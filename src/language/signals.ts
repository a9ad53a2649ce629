/** The signals that a definition waits for. */
import { isObject, type Json } from "../schemas/json.ts";
import { handlersIn, listsIn, stepsIn } from "./checks/lists.ts";
import { WAIT } from "./definition/control.ts";

export interface AwaitedSignals {
  /** Those that it names without a placeholder. */
  names: ReadonlySet<string>;
  /** Whether some name has a placeholder, so that it may wait for any. */
  isOpen: boolean;
}

/** The signals that steps wait for, nested ones and those of handlers included. */
export function awaitedSignals(steps: readonly Json[]): AwaitedSignals {
  const names = new Set<string>();
  let isOpen = false;
  const walk = (list: readonly Json[]) => {
    for (const step of list) {
      if (!isObject(step)) continue;
      const { type, config = null } = step;
      if (type === WAIT && isObject(config)) {
        for (const name of [config.signal].flat()) {
          if (typeof name === "string" && !name.includes("$")) names.add(name);
          else isOpen = true;
        }
      }
      for (const inside of [...listsIn(type, config, []), ...handlersIn(step, [])]) {
        walk(stepsIn(inside).map((one) => one.step));
      }
    }
  };
  walk(steps);
  return { names, isOpen };
}
