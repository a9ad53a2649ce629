import type { Json, JsonObject } from "../schemas/json/json.ts";
import { expressionOf } from "./expressions/cached.ts";
import { Budget } from "./expressions/cost.ts";
import { parsePath, type Source, splitText } from "./placeholder.ts";

/** Characters of its values as JSON: a short template can name a whole payload hundreds of times. */
const MAX_CHARACTERS = 2 * 1024 * 1024;

/** A text for each value that a template over a payload may have, or the reason why it has none. */
export function keyOf(template: string, payload: Json): { key: string } | { fault: string } {
  const { fixed, sources } = splitText(template);
  const values: string[] = [];
  let room = MAX_CHARACTERS;
  // One for all of its expressions: it is read for each trigger.
  const budget = new Budget();
  for (const source of sources) {
    const found = broughtBy(source, { payload }, budget);
    if ("fault" in found) return found;
    const text = JSON.stringify(found.value);
    room -= text.length;
    if (room < 0) return { fault: "its values are over 2 MiB" };
    values.push(text);
  }
  return { key: `[${JSON.stringify(fixed)},[${values.join()}]]` };
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
    if (value === null || typeof value !== "object" || !Object.hasOwn(value, segment)) return nowhere(path);
    value = Array.isArray(value) ? value[Number(segment)] : value[segment];
  }
  return value === undefined ? nowhere(path) : { value };
}

function nowhere(path: string): { fault: string } {
  return { fault: `\${${path}} leads nowhere` };
}
