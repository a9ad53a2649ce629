/** What a JSON Schema says of a place: for completion, and for words beside a field. */
import type { Loc } from "./positions.ts";

export interface Schema {
  $ref?: string;
  $defs?: Record<string, Schema>;
  type?: string | string[];
  title?: string;
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  additionalProperties?: boolean | Schema;
  anyOf?: Schema[];
  /** Choices that tell themselves apart by what they say of their type. */
  allOf?: { then?: Schema }[];
  enum?: unknown[];
  const?: unknown;
  examples?: unknown[];
  default?: unknown;
}

/** A thing that may stand at a place. */
export interface Proposal {
  label: string;
  /** As JSON. */
  insert: string;
  detail: string;
  info: string;
}

/** The schemas that may hold for a place, of which none is a reference or a choice. */
export function schemasAt(root: Schema, value: unknown, loc: Loc): Schema[] {
  let schemas = choicesOf(root, root, value);
  let at = value;
  for (const segment of loc) {
    at = partOf(at, segment);
    schemas = schemas.flatMap((schema) => {
      const next = typeof segment === "number" ? schema.items : (schema.properties?.[segment] ?? otherOf(schema));
      return next === undefined ? [] : choicesOf(root, next, at);
    });
  }
  return schemas;
}

/** Keys that an object may have and does not, the required ones first. */
export function keysFor(schemas: readonly Schema[], present: readonly string[]): Proposal[] {
  const found = new Map<string, Proposal & { isRequired: boolean }>();
  for (const { properties = {}, required = [] } of schemas) {
    for (const [key, schema] of Object.entries(properties)) {
      if (present.includes(key) || found.has(key)) continue;
      const isRequired = required.includes(key);
      const detail = isRequired ? "required" : "";
      found.set(key, { label: key, insert: JSON.stringify(key), detail, info: schema.description ?? "", isRequired });
    }
  }
  return [...found.values()].sort((one, other) => Number(other.isRequired) - Number(one.isRequired));
}

/** Values that a schema names. */
export function valuesFor(schemas: readonly Schema[]): Proposal[] {
  const found = new Map<string, Proposal>();
  for (const schema of schemas) {
    for (const value of namedBy(schema)) {
      const insert = JSON.stringify(value, null, 2);
      const label = typeof value === "string" ? value : JSON.stringify(value);
      if (!found.has(insert)) found.set(insert, { label, insert, detail: "", info: schema.description ?? "" });
    }
  }
  return [...found.values()];
}

function namedBy({ const: only, enum: words = [], type, examples = [], default: usual }: Schema): unknown[] {
  if (only !== undefined) return [only];
  if (words.length > 0) return words;
  if (type === "boolean") return [true, false];
  return [...(usual === undefined ? [] : [usual]), ...examples];
}

/** What a schema stands for: references followed, and of choices those that the value may be. */
function choicesOf(root: Schema, schema: Schema, value: unknown): Schema[] {
  const followed = resolved(root, schema);
  const told = followed.allOf?.flatMap(({ then }) => then ?? []);
  const within = followed.anyOf ?? told;
  if (within === undefined) return [followed];
  const choices = within.flatMap((one) => choicesOf(root, one, value));
  const type = partOf(value, "type");
  // Steps tell themselves apart by their type.
  const meant = choices.filter(({ properties }) => properties?.type?.const === type && type !== undefined);
  return meant.length > 0 ? meant : choices;
}

function resolved(root: Schema, schema: Schema): Schema {
  const name = schema.$ref?.replace("#/$defs/", "");
  return name === undefined ? schema : { ...(root.$defs?.[name] ?? {}), ...withoutReference(schema) };
}

function withoutReference({ $ref: _, ...rest }: Schema): Schema {
  return rest;
}

function otherOf({ additionalProperties }: Schema): Schema | undefined {
  return typeof additionalProperties === "object" ? additionalProperties : undefined;
}

function partOf(value: unknown, segment: string | number): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.entries(value).find(([key]) => key === String(segment))?.[1];
}
