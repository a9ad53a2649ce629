/** The words of JSON Schema that definitions may use, and what may stand behind each. */
import type { RequestFault } from "../../errors.ts";
import { isObject, type Json, type JsonObject, MAX_FAULTS } from "../../schemas/json/json.ts";
import { FORMATS } from "./formats.ts";

/** Schemas within schemas, those that a reference leads to included. */
const MAX_LEVELS = 16;

export const TYPES = ["null", "boolean", "integer", "number", "string", "array", "object"] as const;

type Loc = (string | number)[];
type Holds = (value: Json) => boolean;

const isText: Holds = (value) => typeof value === "string";
const isList = (value: Json): value is Json[] => Array.isArray(value);
const isCount: Holds = (value) => Number.isInteger(value) && Number(value) >= 0;
const isNumber: Holds = (value) => typeof value === "number";
const isType: Holds = (value) => TYPES.some((type) => type === value);
const isSchema: Holds = (value) => typeof value === "boolean" || isObject(value);
const isSchemas: Holds = (value) => isList(value) && value.length > 0 && value.every(isSchema);
const isSchemaMap: Holds = (value) => isObject(value) && Object.values(value).every(isSchema);

const WORDS = new Map<string, [expected: string, holds: Holds]>([
  [
    "type",
    [
      "a type or a list of types",
      (value) => isType(value) || (isList(value) && value.length > 0 && value.every(isType)),
    ],
  ],
  ["properties", ["an object of schemas", isSchemaMap]],
  ["required", ["a list of names", (value) => isList(value) && value.every(isText)]],
  ["additionalProperties", ["a schema", isSchema]],
  ["items", ["a schema", isSchema]],
  ["prefixItems", ["a list of schemas", isSchemas]],
  ...(["minItems", "maxItems", "minLength", "maxLength"] as const).map((word): [string, [string, Holds]] => [
    word,
    ["a whole number from 0 on", isCount],
  ]),
  ["uniqueItems", ["true or false", (value) => typeof value === "boolean"]],
  ...(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"] as const).map(
    (word): [string, [string, Holds]] => [word, ["a number", isNumber]],
  ),
  ["multipleOf", ["a number above 0", (value) => typeof value === "number" && value > 0]],
  ["enum", ["a list of values", (value) => isList(value) && value.length > 0]],
  ["const", ["a value", () => true]],
  ...(["anyOf", "oneOf", "allOf"] as const).map((word): [string, [string, Holds]] => [
    word,
    ["a list of schemas", isSchemas],
  ]),
  ["not", ["a schema", isSchema]],
  ["format", [`one of ${[...FORMATS.keys()].join(", ")}`, (value) => isText(value) && FORMATS.has(String(value))]],
  ["default", ["a value", () => true]],
  ["title", ["a text", isText]],
  ["description", ["a text", isText]],
  ["examples", ["a list", isList]],
  ["$ref", ["a reference such as #/$defs/address", isText]],
]);

/** A schema within another that has a default, and where that stands. */
export interface Default {
  holder: JsonObject;
  loc: Loc;
}

/** The faults in the words of a schema, and its defaults. */
export function faultsOfWords(schema: JsonObject, loc: Loc): { faults: RequestFault[]; defaults: Default[] } {
  const words = new Words(schema);
  const { $defs } = schema;
  if ($defs !== undefined && !isSchemaMap($defs)) words.add([...loc, "$defs"], "Should be an object of schemas");
  else if (isObject($defs)) {
    for (const [name, part] of Object.entries($defs)) words.check(part, [...loc, "$defs", name], 1);
  }
  words.check(schema, loc, 0);
  if (words.faults.length === 0) words.followAll(loc);
  return { faults: words.faults.slice(0, MAX_FAULTS), defaults: words.defaults };
}

class Words {
  readonly faults: RequestFault[] = [];
  readonly defaults: Default[] = [];
  readonly #root: JsonObject;
  /** How many levels each definition has, once it is known; 0 while it is being looked at. */
  readonly #levels = new Map<string, number>();

  constructor(root: JsonObject) {
    this.#root = root;
  }

  add(loc: Loc, msg: string, type = "schema_word"): void {
    if (this.faults.length < MAX_FAULTS) this.faults.push({ loc, msg, type });
  }

  check(schema: Json, loc: Loc, level: number): void {
    if (!isObject(schema)) return;
    if (level >= MAX_LEVELS) {
      this.add(loc, `Schemas nest at most ${MAX_LEVELS} deep`, "too_deep");
      return;
    }
    for (const [word, value] of Object.entries(schema)) {
      const at = [...loc, word];
      const [expected, holds] = WORDS.get(word) ?? ["", () => false];
      if (expected === "") {
        // Known at the top alone, where it was looked at.
        if (word !== "$defs" || schema !== this.#root)
          this.add(at, `${JSON.stringify(word)} is no word that a schema may use here`);
      } else if (!holds(value)) this.add(at, `Should be ${expected}`);
      else if (word === "default") this.defaults.push({ holder: schema, loc: at });
      else if (word === "$ref" && definitionOf(this.#root, String(value)) === undefined) {
        this.add(at, "Leads to nothing; a reference is #/$defs/ and a name of $defs at the top");
      }
    }
    for (const { part, path } of partsOf(schema)) this.check(part, [...loc, ...path], level + 1);
  }

  /** Finds references that go in a circle, or too deep. */
  followAll(loc: Loc): void {
    try {
      if (this.#depthOf(this.#root) > MAX_LEVELS) {
        this.add(loc, `Schemas nest at most ${MAX_LEVELS} deep, references followed`, "too_deep");
      }
      for (const part of Object.values(isObject(this.#root.$defs) ? this.#root.$defs : {})) this.#depthOf(part);
    } catch (error) {
      if (!(error instanceof Circle)) throw error;
      this.add([...loc, "$defs", error.message], "Refers to itself");
    }
  }

  /** @throws Circle */
  #depthOf(schema: Json): number {
    if (!isObject(schema)) return 1;
    let depth = 1;
    if (typeof schema.$ref === "string") depth += this.#depthOfDefinition(schema.$ref);
    for (const { part } of partsOf(schema)) depth = Math.max(depth, 1 + this.#depthOf(part));
    return depth;
  }

  #depthOfDefinition(reference: string): number {
    const known = this.#levels.get(reference);
    if (known === 0) throw new Circle(reference.slice(PREFIX.length));
    if (known !== undefined) return known;
    this.#levels.set(reference, 0);
    const levels = this.#depthOf(definitionOf(this.#root, reference) ?? true);
    this.#levels.set(reference, levels);
    return levels;
  }
}

/** A definition that refers to itself; its message is the name. */
class Circle extends Error {}

const PREFIX = "#/$defs/";

/** What a reference leads to; undefined for nothing. */
export function definitionOf({ $defs }: JsonObject, reference: string): Json | undefined {
  if (!reference.startsWith(PREFIX) || !isObject($defs)) return undefined;
  const name = reference.slice(PREFIX.length).replaceAll("~1", "/").replaceAll("~0", "~");
  return Object.hasOwn($defs, name) ? $defs[name] : undefined;
}

/** The schemas within a schema, without its definitions. */
function* partsOf(schema: JsonObject): Generator<{ part: Json; path: Loc }> {
  for (const word of ["additionalProperties", "items", "not"]) {
    const part = schema[word];
    if (isObject(part)) yield { part, path: [word] };
  }
  for (const word of ["prefixItems", "anyOf", "oneOf", "allOf"]) {
    const list = schema[word];
    if (!Array.isArray(list)) continue;
    for (const [index, part] of list.entries()) yield { part, path: [word, index] };
  }
  const { properties } = schema;
  for (const [name, part] of Object.entries(isObject(properties) ? properties : {})) {
    yield { part, path: ["properties", name] };
  }
}
