import { isObject, type Json, type JsonObject } from "../schemas/json/json.ts";
import { expressionOf } from "./expressions/cached.ts";
import { Budget } from "./expressions/cost.ts";
import { parsePath, type Source, splitText } from "./placeholder.ts";

/** A text for each value that a template over a payload may have, or the reason why it has none. */
export function keyOf(template: string, payload: Json): { key: string } | { fault: string } {
  const { fixed, sources } = splitText(template);
  const values: Json[] = [];
  for (const source of sources) {
    const found = broughtBy(source, { payload });
    if ("fault" in found) return found;
    values.push(found.value);
  }
  return { key: JSON.stringify([fixed, values]) };
}

/** What a placeholder brings of values by their names, or why it brings nothing. */
export function broughtBy(
  source: Source,
  roots: JsonObject,
  budget = new Budget(),
): { value: Json } | { fault: string } {
  if ("path" in source) return valueAt(source.path, roots);
  const expression = expressionOf(source.expression);
  if ("faults" in expression) return { fault: expression.faults[0]?.message ?? "" };
  const scope = {
    get: (name: string) => (Object.hasOwn(roots, name) ? roots[name] : undefined),
    step: () => undefined,
  };
  const result = expression.evaluate(scope, budget);
  return "value" in result ? { value: result.value } : { fault: result.error };
}

function valueAt(path: string, roots: JsonObject): { value: Json } | { fault: string } {
  const [root, ...segments] = parsePath(path.trim()) ?? [];
  let value: Json | undefined = root !== undefined && Object.hasOwn(roots, root) ? roots[root] : undefined;
  for (const segment of segments) {
    if (Array.isArray(value)) value = value[Number(segment)];
    else value = isObject(value) && Object.hasOwn(value, segment) ? value[segment] : undefined;
  }
  return value === undefined ? { fault: `\${${path}} leads nowhere` } : { value };
}
