/** What a definition says of all of its effects. */
import { WORKFLOW } from "../../src/language/definition/control.ts";
import type { Defaults } from "../../src/language/definition/options.ts";
import type { Step } from "../../src/language/definition/step.ts";
import type { JsonObject } from "../../src/schemas/json/json.ts";

/** Steps as they are meant: effects that say nothing themselves have what the definition says of all. */
export function withDefaults(steps: readonly Step[], defaults: Defaults | undefined): Step[] {
  if (defaults === undefined) return [...steps];
  return steps.map((step) => {
    const own = step.type === "effect" || step.type === WORKFLOW ? { ...defaults, ...step } : { ...step };
    const catches = step.catch?.map((one) => ({ ...one, steps: withDefaults(one.steps, defaults) }));
    const config = mapLists(step.config ?? {}, (inside) => withDefaults(inside, defaults));
    return { ...own, config, ...(catches !== undefined && { catch: catches }) };
  });
}

/** A config with the lists of steps in it changed. */
function mapLists(config: JsonObject, change: (steps: Step[]) => Step[]): JsonObject {
  const text = JSON.stringify(config, (key, value) =>
    key === "steps" && Array.isArray(value) ? change(value) : value,
  );
  return JSON.parse(text);
}
