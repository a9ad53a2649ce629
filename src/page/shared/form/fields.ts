/** What a form asks for a JSON Schema: the words of docs/language.md#input. What it has no field for is asked as JSON. */

export interface InputSchema {
  $ref?: string;
  $defs?: Record<string, InputSchema>;
  type?: string | string[];
  title?: string;
  description?: string;
  properties?: Record<string, InputSchema>;
  required?: string[];
  items?: InputSchema;
  enum?: unknown[];
  const?: unknown;
  default?: unknown;
  examples?: unknown[];
  format?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
}

export type FieldKind = "text" | "number" | "integer" | "yes-or-no" | "choice" | "object" | "list" | "json";

export interface Field {
  kind: FieldKind;
  schema: InputSchema;
  /** Of an object: what is asked of each key. */
  fields: [key: string, field: Field][];
  /** Of a list: what is asked of each item. */
  item: Field | null;
  required: readonly string[];
}

/** What may be any JSON. */
export const ANY: Field = { kind: "json", schema: {}, fields: [], item: null, required: [] };

/** Deeper ones are asked as JSON: nobody fills in such a form. */
const MAX_DEPTH = 4;

/** What is asked for the payload of a workflow, by its `input`. */
export function inputFieldOf(input: unknown): Field {
  const schema: InputSchema = typeof input === "object" && input !== null ? { ...input } : {};
  return fieldOf(schema);
}

export function fieldOf(root: InputSchema, schema: InputSchema = root, depth = 0): Field {
  const own = followed(root, schema);
  const kind = depth > MAX_DEPTH ? "json" : kindOf(own);
  const fields = Object.entries(kind === "object" ? (own.properties ?? {}) : {});
  return {
    kind,
    schema: own,
    fields: fields.map(([key, part]) => [key, fieldOf(root, part, depth + 1)]),
    item: kind === "list" && own.items !== undefined ? fieldOf(root, own.items, depth + 1) : null,
    required: own.required ?? [],
  };
}

/** What a form begins with: defaults, and what has to be there as far as it can be known. */
export function beginOf({ kind, schema, fields, required }: Field): unknown {
  if (schema.default !== undefined) return schema.default;
  if (kind !== "object") return undefined;
  const begun = fields.map(([key, field]) => [key, beginOf(field)] as const);
  const kept = begun.filter(([key, value]) => value !== undefined && !(isEmpty(value) && !required.includes(key)));
  return Object.fromEntries(kept);
}

/** A value that has all that is required: of a text without an example its name. To try a definition with. */
export function sampleOf(field: Field, name = "value"): unknown {
  const { kind, schema, fields, required } = field;
  const given = schema.default ?? schema.examples?.[0] ?? schema.const ?? schema.enum?.[0];
  if (given !== undefined) return given;
  if (kind === "object") {
    return Object.fromEntries(
      fields.filter(([key]) => required.includes(key)).map(([key, one]) => [key, sampleOf(one, key)]),
    );
  }
  if (kind === "text") return schema.format === "date-time" ? "2030-01-01T00:00:00Z" : name;
  if (kind === "list") return [];
  if (kind === "yes-or-no") return true;
  return kind === "number" || kind === "integer" ? (schema.minimum ?? 1) : {};
}

/** What somebody typed as the value of a field; undefined where it is left empty, and the text itself where it is none. */
export function typed(kind: FieldKind, text: string): unknown {
  if (text === "") return undefined;
  if (kind === "number" || kind === "integer") {
    const number = Number(text);
    return Number.isFinite(number) ? number : text;
  }
  return text;
}

/** An object with another value of a key; without it where that is undefined. */
export function withKey(object: unknown, key: string, value: unknown): Record<string, unknown> {
  const entries = typeof object === "object" && object !== null ? Object.entries(object) : [];
  const isThere = entries.some(([one]) => one === key);
  const changed = isThere
    ? entries.map(([one, old]) => [one, one === key ? value : old] as const)
    : [...entries, [key, value] as const];
  return Object.fromEntries(changed.filter(([, one]) => one !== undefined));
}

/** What a field is called. */
export function labelOf(key: string, { title }: InputSchema): string {
  return title ?? key;
}

function followed(root: InputSchema, schema: InputSchema): InputSchema {
  let found = schema;
  // They may not go in a circle, which the platform sees to; a text that is being written may.
  for (let steps = 0; found.$ref !== undefined && steps < 16; steps++) {
    const { $ref, ...own } = found;
    found = { ...(root.$defs?.[$ref.replace("#/$defs/", "")] ?? {}), ...own };
  }
  return found;
}

function kindOf({ type, enum: words, const: only, properties, items }: InputSchema): FieldKind {
  if (only !== undefined || words?.every((word) => typeof word !== "object")) return "choice";
  switch (type) {
    case "string":
      return "text";
    case "number":
    case "integer":
      return type;
    case "boolean":
      return "yes-or-no";
    case "object":
      return properties === undefined ? "json" : "object";
    case "array":
      return items === undefined ? "json" : "list";
    default:
      return type === undefined && properties !== undefined ? "object" : "json";
  }
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}
