import { describe, expect, test } from "bun:test";
import { type Schema, Validator } from "@cfworker/json-schema";
import type { Json, JsonObject } from "../../schemas/json/json.ts";
import { faultsOfSchema, faultsOfValue, withDefaults } from "./index.ts";

const ADDRESS: JsonObject = {
  type: "object",
  required: ["id", "to"],
  properties: {
    id: { type: "string", minLength: 1 },
    to: { $ref: "#/$defs/to" },
    count: { type: "integer", minimum: 1, default: 1 },
    tags: { type: "array", items: { enum: ["a", "b"] }, uniqueItems: true, maxItems: 2 },
    pair: { prefixItems: [{ type: "number" }, { type: "string" }], items: false },
  },
  additionalProperties: false,
  $defs: { to: { type: "object", properties: { city: { type: ["string", "null"] } } } },
};

const COSTLY = { loc: ["p"], msg: "Checking it against its schema costs too much", type: "value_error" };
/** Each tries the one before eight times. */
const COSTLY_DEFS: JsonObject = { d0: { type: "string" } };
for (let level = 1; level < 8; level++) {
  const $ref = `#/$defs/d${level - 1}`;
  COSTLY_DEFS[`d${level}`] = { anyOf: Array.from({ length: 8 }, () => ({ $ref })) };
}

/** The words of the faults of a value, with their places. */
function faultsOf(schema: JsonObject, value: Json): string[] {
  expect(faultsOfSchema(schema, [])).toEqual([]);
  return faultsOfValue(schema, value, ["p"]).map(({ loc, type }) => `${loc.join(".")} ${type}`);
}

describe("a value", () => {
  const values: [value: Json, ...faults: string[]][] = [
    [{ id: "x", to: {} }],
    [{ id: "x", to: { city: null } }],
    [{ id: "", to: { city: 5 } }, "p.id string_too_short", "p.to.city value_error"],
    [{ more: 1 }, "p.id missing", "p.to missing", "p.more extra_forbidden"],
    [{ id: "x", to: {}, count: 1.5 }, "p.count int_type"],
    [{ id: "x", to: {}, count: 0 }, "p.count greater_than_equal"],
    [{ id: "x", to: {}, tags: ["a", "c", "a"] }, "p.tags too_long", "p.tags.1 enum", "p.tags.2 value_error"],
    [{ id: "x", to: {}, pair: [1, 2, 3] }, "p.pair.1 string_type", "p.pair.2 extra_forbidden"],
    [[], "p dict_type"],
  ];
  for (const [value, ...faults] of values) {
    test(JSON.stringify(value), () => expect(faultsOf(ADDRESS, value)).toEqual(faults));
  }

  test("has at most 100 faults", () => {
    const value = Array.from({ length: 5000 }, () => 1);
    expect(faultsOf({ items: { type: "string" } }, value)).toHaveLength(100);
  });

  test("is not checked at any cost", () => {
    const schema: JsonObject = { $ref: "#/$defs/d7", $defs: COSTLY_DEFS };
    expect(faultsOfSchema(schema, [])).toEqual([]);
    expect(faultsOfValue(schema, 1, ["p"])).toEqual([COSTLY]);
    const numbers = Array.from({ length: 150_000 }, (_, index) => index);
    expect(faultsOf({ uniqueItems: true }, numbers)).toEqual([]);
  });

  test("pays for the keys that each alternative lists", () => {
    const wide = Object.fromEntries(Array.from({ length: 80_000 }, (_, index) => [`k${index}`, index]));
    const none = { anyOf: Array.from({ length: 100 }, () => ({ additionalProperties: false })) };
    expect(faultsOfValue(none, wide, ["p"])).toEqual([COSTLY]);
    expect(faultsOf({ additionalProperties: { type: "integer" } }, wide)).toEqual([]);
  });

  test("pays for its divisions", () => {
    const divided = { items: { allOf: [{ multipleOf: 5e-324 }, { multipleOf: 0.1 }] } };
    const numbers = Array.from({ length: 60_000 }, (_, index) => index);
    expect(faultsOf(divided, numbers.slice(0, 20_000))).toEqual([]);
    expect(faultsOfValue(divided, numbers, ["p"])).toEqual([COSTLY]);
  });
});

describe("a schema", () => {
  const schemas: [schema: JsonObject, ...faults: string[]][] = [
    [{ pattern: "a+" }, "pattern schema_word"],
    [{ properties: { a: { patternProperties: {} } } }, "properties.a.patternProperties schema_word"],
    [{ type: "text" }, "type schema_word"],
    [{ type: [] }, "type schema_word"],
    [{ minLength: -1 }, "minLength schema_word"],
    [{ multipleOf: 0 }, "multipleOf schema_word"],
    [{ anyOf: [] }, "anyOf schema_word"],
    [{ format: "regex" }, "format schema_word"],
    [{ $ref: "https://schemas.example/a" }, "$ref schema_word"],
    [{ $ref: "#/$defs/a" }, "$ref schema_word"],
    [{ $ref: "#" }, "$ref schema_word"],
    [{ items: { $defs: {} } }, "items.$defs schema_word"],
    [
      { $ref: "#/$defs/a", $defs: { a: { items: { $ref: "#/$defs/b" } }, b: { not: { $ref: "#/$defs/a" } } } },
      "$defs.a schema_word",
    ],
    [{ properties: { a: { type: "integer", default: "x" } } }, "properties.a.default schema_default"],
    [{ default: 1, $ref: "#/$defs/a", $defs: { a: { type: "string" } } }, "default schema_default"],
    [{ title: "x".repeat(65 * 1024) }, " too_large"],
  ];
  for (const [schema, ...faults] of schemas) {
    test(JSON.stringify(schema).slice(0, 100), () => {
      expect(faultsOfSchema(schema, []).map(({ loc, type }) => `${loc.join(".")} ${type}`)).toEqual(faults);
    });
  }

  test("nests 16 deep, references followed", () => {
    const nested = (levels: number): JsonObject => (levels === 1 ? {} : { items: nested(levels - 1) });
    const types = (schema: JsonObject) => faultsOfSchema(schema, []).map(({ type }) => type);
    expect(types(nested(16))).toEqual([]);
    expect(types(nested(17))).toEqual(["too_deep"]);
    expect(types({ items: { $ref: "#/$defs/a" }, $defs: { a: nested(13) } })).toEqual([]);
    expect(types({ items: { $ref: "#/$defs/a" }, $defs: { a: nested(15) } })).toEqual(["too_deep"]);
  });

  test("checks its defaults at a cost that it has for all of them together", () => {
    const names = Array.from({ length: 50 }, (_, index) => `p${index}`);
    const properties = Object.fromEntries(names.map((name) => [name, { $ref: "#/$defs/d6", default: 1 }]));
    const msg = `The default does not fit: ${COSTLY.msg}`;
    expect(faultsOfSchema({ properties, $defs: COSTLY_DEFS }, [])).toEqual([
      { loc: ["properties", "p0", "default"], msg, type: "schema_default" },
    ]);
  });
});

test("defaults are filled in where a key of `properties` is absent, and nowhere else", () => {
  const schema: JsonObject = {
    default: { not: "used" },
    properties: {
      a: { default: 1 },
      b: { properties: { c: { default: null } } },
      d: { default: {}, properties: { e: { default: [2] } } },
      f: { items: { properties: { g: { default: 3 } } } },
    },
  };
  const value = { f: [{}], b: {}, a: 0 };
  expect(withDefaults(schema, value)).toEqual({ f: [{}], b: { c: null }, a: 0, d: { e: [2] } });
  expect(value).toEqual({ f: [{}], b: {}, a: 0 });
  expect(withDefaults(schema, {})).toEqual({ a: 1, d: { e: [2] } });
  const whole = { a: 0, d: { e: 1 } };
  expect(withDefaults(schema, whole)).toBe(whole);
});

// Another implementation is asked for each of many random schemas and values. It takes time without bound, and says nothing that
// a client of ours could read.
test("values fit as they do for @cfworker/json-schema", () => {
  let seed = 1;
  const below = (limit: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % limit;
  };
  const pick = <Item>(first: Item, ...others: Item[]): Item => {
    const at = below(1 + others.length);
    return at === 0 ? first : (others[at - 1] ?? first);
  };
  const scalar = (): Json => pick<Json>(true, 0, 1, 2.5, -3, 0.3, "", "a", "ab😀", "2030-02-29", "10.0.0.1") || null;
  const value = (levels: number): Json => {
    if (levels === 0 || below(3) === 0) return scalar();
    if (below(2) === 0) return Array.from({ length: below(4) }, () => value(levels - 1));
    return Object.fromEntries(["a", "b", "c"].slice(0, below(4)).map((key) => [key, value(levels - 1)]));
  };
  const words: ((levels: number) => [string, Json])[] = [
    () => ["type", pick<Json>("object", "array", "string", "number", "integer", ["null", "boolean"])],
    () => ["enum", [scalar(), scalar(), [1]]],
    () => ["const", pick<Json>(scalar(), { a: 1 })],
    () => ["required", [pick("a", "b")]],
    () => [pick("minItems", "maxItems", "minLength", "maxLength"), below(4)],
    () => [pick("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), pick(0, 1, 2.5)],
    () => ["multipleOf", pick(0.1, 2, 0.5)],
    () => ["uniqueItems", true],
    () => ["format", pick("date", "ipv4", "uuid")],
    () => ["$ref", "#/$defs/d"],
    (levels) => [pick("items", "additionalProperties", "not"), schema(levels - 1)],
    (levels) => [pick("anyOf", "oneOf", "allOf", "prefixItems"), [schema(levels - 1), schema(levels - 1)]],
    (levels) => ["properties", { a: schema(levels - 1), b: schema(levels - 1) }],
  ];
  const schema = (levels: number): Json => {
    if (below(12) === 0) return below(2) === 0;
    const known = levels === 0 ? words.slice(0, 9) : words;
    const drawn = Array.from({ length: 1 + below(3) }, () => known[below(known.length)]);
    return Object.fromEntries(drawn.flatMap((word) => (word === undefined ? [] : [word(levels)])));
  };
  const seen = { fit: 0, unfit: 0 };
  for (let round = 0; round < 3000; round++) {
    const made = schema(3);
    const whole: JsonObject = { allOf: [made], $defs: { d: schema(0) } };
    if (faultsOfSchema(whole, []).length > 0) throw new Error(`no schema: ${JSON.stringify(whole)}`);
    const tried = value(3);
    const theirs = new Validator(structuredClone<Schema>(whole), "2020-12").validate(tried).valid;
    const fits = faultsOfValue(whole, tried, []).length === 0;
    if (fits !== theirs)
      throw new Error(`${JSON.stringify(whole)} with ${JSON.stringify(tried)} is ${theirs} for them`);
    seen[fits ? "fit" : "unfit"]++;
  }
  expect(Math.min(seen.fit, seen.unfit)).toBeGreaterThan(300);
});
