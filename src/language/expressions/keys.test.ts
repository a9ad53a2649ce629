/** Keys that other programs may take for something else reach data, and nothing but data. */
import { describe, expect, test } from "bun:test";
import type { Json } from "../../schemas/json/json.ts";
import { compileExpression } from "./compile.ts";
import { errorOf, given } from "./expressions.fixture.ts";

const WORDS = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "valueOf",
  "hasOwnProperty",
  "length",
  "size",
  "then",
  "toJSON",
];

for (const word of WORDS) {
  describe(word, () => {
    const data: { [key: string]: Json } = JSON.parse(`{"with": {"${word}": {"x": 1}}, "without": {}, "list": [1]}`);
    const context = { data };

    test("is read where it is data", () => {
      expect(given(`data.with.${word}.x + data.with["${word}"].x`, context)).toBe(2);
      expect(given(`has(data.with.${word}) && "${word}" in data.with`, context)).toBe(true);
      expect(given(`data.with.?${word}.x.orValue(0)`, context)).toBe(1);
      expect(given("data.with.keys()", context)).toEqual([word]);
      expect(given("data.with == data.with && data.with != data.without", context)).toBe(true);
    });

    test("is nothing where it is not", () => {
      expect(given(`has(data.without.${word}) || "${word}" in data.without`, context)).toBe(false);
      expect(given(`data.without.?${word}.orValue(0)`, context)).toBe(0);
      expect(errorOf(`data.without.${word}`, context)).toBe(`There is no field "${word}"`);
      expect(errorOf(`data.without["${word}"]`, context)).toBe(`There is no field "${word}"`);
      expect(errorOf(`data.list.${word}`, context)).toBe("A list is read by whole numbers, not by a string");
      expect(errorOf(`"text".${word}`, context)).toBe("Only maps have fields, and this is a string");
      expect(errorOf(`timestamp(0).${word}`, context)).toBe("Only maps have fields, and this is a timestamp");
      expect(errorOf(`optional.of({}).${word}.value()`, context)).toBe("value: The optional value is not there");
    });

    test("is a key of a map that is made, and of none else", () => {
      const made = given(`{"${word}": {"polluted": true}}.merge({"b": 2})`);
      expect(Object.keys(made ?? {})).toEqual([word, "b"]);
      expect(JSON.stringify(made)).toBe(`{"${word}":{"polluted":true},"b":2}`);
      expect(given(`parseJson('{"${word}": {"polluted": true}}').keys()`)).toEqual([word]);
      expect("polluted" in {}).toBe(false);
    });

    test("is a name only where the scope has it", () => {
      const compiled = compileExpression(`${word} + 1`);
      if ("faults" in compiled) expect(compiled.faults[0]?.message).toBe(`Reserved identifier: ${word}`);
      else expect(errorOf(`${word} + 1`, { a: 1 })).toBe(`There is no \`${word}\` here`);
    });
  });
}
