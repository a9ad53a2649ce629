/** Writes JSON Schema as TypeScript types. */
import { isObject, type Json, type JsonObject } from "../../schemas/json/json.ts";

const PLAIN: Record<string, string> = {
  null: "null",
  boolean: "boolean",
  integer: "number",
  number: "number",
  string: "string",
};
const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
/** References may lead in circles. */
const MAX_DEPTH = 16;

/** The type of the payload of a workflow; null for one that says nothing of it. */
export function payloadType(id: string, input: JsonObject | null): { name: string; text: string } {
  const name = `${nameOf(id)}Payload`;
  const type = input === null ? "Record<string, unknown>" : typeOf(input, input, "", 0);
  const about = commentOf(input, "");
  const isInterface = type.startsWith("{") && type.endsWith("}") && !/\}\s*[|&]/.test(type);
  return { name, text: `${about}export ${isInterface ? `interface ${name} ${type}` : `type ${name} = ${type};`}` };
}

function nameOf(id: string): string {
  const words = id.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
  const name = words.map((word) => (word[0] ?? "").toUpperCase() + word.slice(1)).join("");
  return /^[A-Za-z]/.test(name) ? name : `Workflow${name}`;
}

function typeOf(schema: Json, root: JsonObject, indent: string, depth: number): string {
  if (!isObject(schema) || depth > MAX_DEPTH) return schema === false ? "never" : "unknown";
  const more = (other: Json) => typeOf(other, root, indent, depth + 1);
  if (typeof schema.$ref === "string") return more(referenced(schema.$ref, root));
  if ("const" in schema) return JSON.stringify(schema.const);
  if (Array.isArray(schema.enum)) return union(schema.enum.map((value) => JSON.stringify(value)));
  const several = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(several)) return union(several.map(more));
  if (Array.isArray(schema.allOf)) return schema.allOf.map((one) => `(${more(one)})`).join(" & ");
  const { type } = schema;
  if (Array.isArray(type)) return union(type.map((one) => more({ ...schema, type: one })));
  if (type === "array" || (type === undefined && ("items" in schema || "prefixItems" in schema))) {
    return listType(schema, more);
  }
  if (type === "object" || (type === undefined && "properties" in schema))
    return objectType(schema, root, indent, depth);
  return typeof type === "string" ? (PLAIN[type] ?? "unknown") : "unknown";
}

function listType({ items = true, prefixItems }: JsonObject, more: (schema: Json) => string): string {
  if (!Array.isArray(prefixItems)) return `(${more(items)})[]`.replace(/^\((\w+)\)\[\]$/, "$1[]");
  const rest = items === false ? [] : [`...(${more(items)})[]`];
  return `[${[...prefixItems.map((item) => `(${more(item)})?`), ...rest].join(", ")}]`;
}

function objectType(schema: JsonObject, root: JsonObject, indent: string, depth: number): string {
  const { properties = {}, required = [], additionalProperties: others = true } = schema;
  const inside = `${indent}  `;
  const names = Array.isArray(required) ? required : [];
  const lines = Object.entries(isObject(properties) ? properties : {}).map(([name, property]) => {
    const type = typeOf(property, root, inside, depth + 1);
    // What has a default need not be sent.
    const isNeeded = names.includes(name) && !(isObject(property) && "default" in property);
    const key = IDENTIFIER.test(name) ? name : JSON.stringify(name);
    return `${commentOf(isObject(property) ? property : null, inside)}${inside}${key}${isNeeded ? "" : "?"}: ${type};`;
  });
  if (lines.length === 0) return others === false ? "Record<string, never>" : recordOf(others, root, indent, depth);
  // An index signature has to fit the named fields too.
  if (others !== false) lines.push(`${inside}[other: string]: unknown;`);
  return `{\n${lines.join("\n")}\n${indent}}`;
}

function recordOf(others: Json, root: JsonObject, indent: string, depth: number): string {
  return `Record<string, ${others === true ? "unknown" : typeOf(others, root, indent, depth + 1)}>`;
}

function union(types: readonly string[]): string {
  return [...new Set(types)].join(" | ");
}

function referenced(reference: string, root: JsonObject): Json {
  const path = reference.replace(/^#\/?/, "").split("/");
  let value: Json = root;
  for (const part of path) {
    if (part === "") continue;
    if (!isObject(value)) return true;
    value = value[part.replaceAll("~1", "/").replaceAll("~0", "~")] ?? true;
  }
  return value;
}

function commentOf(schema: JsonObject | null, indent: string): string {
  const said = [
    schema?.description,
    "default" in (schema ?? {}) ? `${JSON.stringify(schema?.default)} where it is left out` : null,
  ]
    .filter((text) => typeof text === "string")
    .join("; ");
  return said === "" ? "" : `${indent}/** ${said.replace(/\s+/g, " ").replaceAll("*/", "*\\/")} */\n`;
}
