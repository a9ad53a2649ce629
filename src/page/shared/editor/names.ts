/** What a placeholder can name where it stands, as far as the text says: for completion alone, the platform checks it. */
import type { Loc } from "./positions.ts";
import type { Schema } from "./schema.ts";

export interface Name {
  name: string;
  detail: string;
}

/** The names that the step at a place reaches: the payload, and the steps before it and before those around it. */
export function namesAt(definition: unknown, loc: Loc): Name[] {
  const names: Name[] = [
    { name: "payload", detail: "what the run was given" },
    { name: "run", detail: "what is known of the run" },
  ];
  let at = definition;
  for (const [index, segment] of loc.entries()) {
    const isStep = typeof segment === "number" && loc[index - 1] === "steps";
    if (isStep && Array.isArray(at)) {
      for (const step of at.slice(0, segment)) names.push({ name: textOf(step, "name"), detail: textOf(step, "type") });
    }
    const type = textOf(at, "type");
    if (segment === "config" && type === "map") names.push(...boundBy(partOf(at, "config"), "as", "item", "the item"));
    if (segment === "config" && type === "loop") names.push({ name: "iteration", detail: "index, last" });
    if (segment === "config" && (type === "map" || type === "loop")) {
      names.push(...boundBy(partOf(at, "config"), "index", "", "the number of the iteration"));
    }
    if (segment === "catch") names.push({ name: "error", detail: "why it failed" });
    at = partOf(at, segment);
  }
  return names.filter(({ name }, index) => name !== "" && names.findIndex((one) => one.name === name) === index);
}

/** What is within a name: the fields of the payload, or of what a step gave. */
export function fieldsOf(
  definition: unknown,
  path: readonly string[],
  outputs: ReadonlyMap<string, unknown>,
): string[] {
  const [name = "", ...rest] = path;
  const input: Schema | undefined = name === "payload" ? schemaIn(definition) : undefined;
  const declared = rest.reduce<Schema | undefined>((schema, key) => schema?.properties?.[key], input);
  const value = rest.reduce<unknown>(partOf, outputs.get(name));
  const known = typeof value === "object" && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
  return [...new Set([...Object.keys(declared?.properties ?? {}), ...known])];
}

function schemaIn(definition: unknown): Schema | undefined {
  const input = partOf(definition, "input");
  return typeof input === "object" && input !== null ? input : undefined;
}

function boundBy(config: unknown, field: string, usual: string, detail: string): Name[] {
  return [{ name: textOf(config, field) || usual, detail }];
}

function textOf(value: unknown, key: string): string {
  const text = partOf(value, key);
  return typeof text === "string" ? text : "";
}

function partOf(value: unknown, key: string | number): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.entries(value).find(([name]) => name === String(key))?.[1];
}
