import { describe, expect, test } from "bun:test";
import { fieldsOf, namesAt } from "./names.ts";
import { keysFor, type Schema, schemasAt, valuesFor } from "./schema.ts";

const leaf = (name: string) => ({ name, type: "transform", config: {} });
const definition = {
  input: { type: "object", properties: { order: { type: "object", properties: { id: {} } } } },
  steps: [
    leaf("first"),
    { name: "lines", type: "map", config: { as: "line", index: "i", steps: [leaf("fetch"), leaf("sum")] } },
    { name: "poll", type: "loop", config: { steps: [leaf("check")] } },
    { ...leaf("charge"), catch: [{ steps: [leaf("remind"), leaf("tell")] }] },
  ],
};
const namesOf = (...loc: (string | number)[]) => namesAt(definition, loc).map(({ name }) => name);

describe("names", () => {
  test("are the payload, and the steps before", () => {
    expect(namesOf("steps", 0, "config", "value")).toEqual(["payload", "run"]);
    expect(namesOf("steps", 2)).toEqual(["payload", "run", "first", "lines"]);
  });

  test("within a step are those around it, and what it binds", () => {
    expect(namesOf("steps", 1, "config", "steps", 1)).toEqual(["payload", "run", "first", "line", "i", "fetch"]);
    expect(namesOf("steps", 2, "config", "until")).toEqual(["payload", "run", "first", "lines", "iteration"]);
    expect(namesOf("steps", 3, "catch", 0, "steps", 1)).toEqual([
      "payload",
      "run",
      "first",
      "lines",
      "poll",
      "error",
      "remind",
    ]);
  });

  test("have the fields that the input declares, and those that a run had", () => {
    const outputs = new Map<string, unknown>([
      ["payload", { order: { total: 1 }, extra: 2 }],
      ["first", { value: { n: 1 } }],
    ]);
    expect(fieldsOf(definition, ["payload"], outputs)).toEqual(["order", "extra"]);
    expect(fieldsOf(definition, ["payload", "order"], outputs)).toEqual(["id", "total"]);
    expect(fieldsOf(definition, ["first", "value"], outputs)).toEqual(["n"]);
    expect(fieldsOf(definition, ["nobody"], outputs)).toEqual([]);
  });
});

describe("schema", () => {
  const choice = (name: string) => {
    // biome-ignore lint/suspicious/noThenProperty: a word of JSON Schema
    return { then: { $ref: `#/$defs/${name}` } };
  };
  const schema: Schema = {
    properties: { steps: { items: { $ref: "#/$defs/Step" } } },
    $defs: {
      Step: { allOf: [choice("Delay"), choice("Fail")] },
      Delay: {
        required: ["type"],
        properties: {
          name: {},
          type: { const: "delay" },
          config: { properties: { duration: { description: "How long" } } },
        },
      },
      Fail: { properties: { type: { const: "fail" }, config: { properties: { code: { enum: ["a", "b"] } } } } },
    },
  };

  test("a step is told apart by its type", () => {
    const value = { steps: [{ type: "delay" }, { type: "fail" }, {}] };
    const keys = (...loc: (string | number)[]) => keysFor(schemasAt(schema, value, loc), []).map(({ label }) => label);
    expect(keys("steps", 0, "config")).toEqual(["duration"]);
    expect(keys("steps", 1, "config")).toEqual(["code"]);
    expect(keys("steps", 2, "config")).toEqual(["duration", "code"]);
    expect(keys("steps", 0)).toEqual(["type", "name", "config"]);
  });

  test("values are those that it names", () => {
    const value = { steps: [{}, { type: "fail" }] };
    const labels = (...loc: (string | number)[]) => valuesFor(schemasAt(schema, value, loc)).map(({ label }) => label);
    expect(labels("steps", 0, "type")).toEqual(["delay", "fail"]);
    expect(labels("steps", 1, "config", "code")).toEqual(["a", "b"]);
    expect(labels("nothing")).toEqual([]);
  });

  test("keys that are there are not proposed again", () => {
    const found = keysFor(schemasAt(schema, { steps: [{ type: "delay" }] }, ["steps", 0]), ["type"]);
    expect(found.map(({ label, detail }) => [label, detail])).toEqual([
      ["name", ""],
      ["config", ""],
    ]);
  });
});
