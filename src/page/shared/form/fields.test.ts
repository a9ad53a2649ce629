import { expect, test } from "bun:test";
import { beginOf, fieldOf, type InputSchema, sampleOf, typed, withKey } from "./fields.ts";

const schema: InputSchema = {
  type: "object",
  required: ["order", "to"],
  properties: {
    order: { type: "string" },
    count: { type: "integer", default: 1 },
    currency: { enum: ["EUR", "USD"], default: "EUR" },
    gift: { type: "boolean" },
    to: { $ref: "#/$defs/address" },
    back: { $ref: "#/$defs/address" },
    tags: { type: "array", items: { type: "string" } },
    any: {},
    either: { type: ["string", "null"] },
  },
  $defs: {
    address: { type: "object", properties: { street: { type: "string" }, country: { type: "string", default: "DE" } } },
  },
};

test("each word of a schema has its field, and the rest is asked as JSON", () => {
  const kinds = fieldOf(schema).fields.map(([key, { kind }]) => [key, kind]);
  expect(Object.fromEntries(kinds)).toEqual({
    ...{ order: "text", count: "integer", currency: "choice", gift: "yes-or-no" },
    ...{ to: "object", back: "object", tags: "list", any: "json", either: "json" },
  });
});

test("it begins with the defaults", () => {
  expect(beginOf(fieldOf(schema))).toEqual({
    count: 1,
    currency: "EUR",
    to: { country: "DE" },
    back: { country: "DE" },
  });
});

test("a sample has what is required", () => {
  expect(sampleOf(fieldOf(schema))).toEqual({ order: "order", to: {} });
  expect(
    sampleOf(
      fieldOf({
        type: "object",
        required: ["n", "k"],
        properties: { n: { type: "integer", minimum: 5 }, k: { enum: ["a"] } },
      }),
    ),
  ).toEqual({ n: 5, k: "a" });
});

test("schemas that refer to themselves end as JSON", () => {
  const tree: InputSchema = {
    $ref: "#/$defs/tree",
    $defs: { tree: { type: "object", properties: { left: { $ref: "#/$defs/tree" } } } },
  };
  let field = fieldOf(tree);
  let depth = 0;
  for (; field.kind === "object"; depth++) field = field.fields[0]?.[1] ?? field;
  expect([depth, field.kind]).toEqual([5, "json"]);
  expect(fieldOf({ $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/a" } } }).kind).toBe("json");
});

test("what is typed is a number where one is wanted, and stays a text where it is none", () => {
  expect(typed("integer", "12")).toBe(12);
  expect(typed("number", "-1.5")).toBe(-1.5);
  expect(typed("number", "12 km")).toBe("12 km");
  expect(typed("text", "12")).toBe("12");
  expect(typed("text", "")).toBeUndefined();
});

test("a key keeps its place, and goes with its value", () => {
  expect(Object.entries(withKey({ a: 1, b: 2 }, "a", 3))).toEqual([
    ["a", 3],
    ["b", 2],
  ]);
  expect(withKey({ a: 1 }, "a", undefined)).toEqual({});
  expect(withKey(undefined, "a", 1)).toEqual({ a: 1 });
});
