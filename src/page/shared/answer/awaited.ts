/** What a step that waits takes, as its definition says. */
import type { StoredDefinition } from "../../../client/definitions.ts";

/** A step that waits, of which run and definition. */
export interface Awaiting {
  run: string;
  workflow: string;
  version: number;
  /** Such as `offers[3].approve`. */
  address: string;
  /** Any of them ends it. */
  signals: readonly string[];
}

export interface Awaited {
  /** What its author says of the step; null for nothing. */
  description: string | null;
  /** The JSON Schema of what may be sent; null for anything. */
  schema: object | null;
}

/** @param address of the step, such as `offers[3].approve` */
export function awaitedBy(definition: StoredDefinition, address: string): Awaited {
  const name = address
    .split(".")
    .at(-1)
    ?.replace(/\[\d+\]$/, "");
  const step = waitsIn(definition.steps).find((one) => Reflect.get(one, "name") === name);
  if (step === undefined) return { description: null, schema: null };
  const description: unknown = Reflect.get(step, "description");
  const config: unknown = Reflect.get(step, "config");
  const schema: unknown = isObject(config) ? Reflect.get(config, "schema") : null;
  return {
    description: typeof description === "string" ? description : null,
    schema: isObject(schema) ? schema : null,
  };
}

/** The steps that wait, wherever they are: names are told apart in all of a definition. */
function waitsIn(value: unknown): object[] {
  if (Array.isArray(value)) return value.flatMap(waitsIn);
  if (!isObject(value)) return [];
  if (Reflect.get(value, "type") === "wait" && isObject(Reflect.get(value, "config"))) return [value];
  return Object.values(value).flatMap(waitsIn);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
