import { describe, expect, test } from "bun:test";
import { jsonLanguage } from "@codemirror/lang-json";
import { type Loc, locAt, partOfString, rangeOf, syntaxFault } from "./positions.ts";

const TEXT = `{
  "name": "Charge",
  "steps": [
    {"name": "wait", "type": "delay", "config": {"duration": -1}},
    {"a\\"b": [1, [2, {"c": null}]], "twice": 1, "twice": 2}
  ]
}`;
const tree = jsonLanguage.parser.parse(TEXT);
const read = (from: number, to: number) => TEXT.slice(from, to);
const at = (loc: Loc, isKey = false) => {
  const { from, to } = rangeOf(tree, read, loc, isKey);
  return TEXT.slice(from, to);
};

describe("a place in the text", () => {
  const places: [Loc, string][] = [
    [[], TEXT],
    [["name"], '"Charge"'],
    [["steps", 0, "config", "duration"], "-1"],
    [["steps", 0, "config"], '{"duration": -1}'],
    [["steps", 1, 'a"b', 1, 1, "c"], "null"],
    [["steps", 1, "twice"], "2"],
  ];
  for (const [loc, text] of places)
    test(`${JSON.stringify(loc)} is ${text.slice(0, 20)}`, () => expect(at(loc)).toBe(text));

  test("a key is found by itself", () => expect(at(["steps", 0, "config", "duration"], true)).toBe('"duration"'));

  test("of what is missing the begin of what should have it is meant", () => {
    expect(at(["steps", 0, "config", "until"])).toBe("{");
    expect(at(["steps", 7])).toBe("[");
    expect(at(["name", "x"])).toBe('"');
    expect(rangeOf(jsonLanguage.parser.parse(""), () => "", ["name"])).toEqual({ from: 0, to: 0 });
  });

  test("a key without a value is meant itself", () => {
    const broken = '{"steps": }';
    const { from, to } = rangeOf(jsonLanguage.parser.parse(broken), (a, b) => broken.slice(a, b), ["steps"]);
    expect(broken.slice(from, to)).toBe('"steps"');
  });
});

test("every value is at the place that it is found by", () => {
  const visit = (value: unknown, loc: (string | number)[]) => {
    const { from } = rangeOf(tree, read, loc);
    // Behind its first letter one is in it.
    expect(locAt(tree, read, from + 1)).toEqual(loc);
    if (Array.isArray(value)) for (const [index, item] of value.entries()) visit(item, [...loc, index]);
    else if (typeof value === "object" && value !== null)
      for (const [key, item] of Object.entries(value)) visit(item, [...loc, key]);
  };
  visit(JSON.parse(TEXT), []);
});

test("a key lies at the place of its value", () => {
  expect(locAt(tree, read, TEXT.indexOf('"duration"') + 3)).toEqual(["steps", 0, "config", "duration"]);
});

describe("what is no JSON", () => {
  for (const [text, fault] of [
    ['{"a": 1}', null],
    ['{"a": }', "}"],
    ['{"a" 1}', " "],
    ["[1, 2", ""],
    ["", ""],
  ] as const) {
    test(JSON.stringify(text), () => {
      const found = syntaxFault(jsonLanguage.parser.parse(text), text.length);
      if (fault === null) expect(found).toBeNull();
      else expect(found).not.toBeNull();
      if (found !== null) expect(found.to).toBeLessThanOrEqual(text.length);
    });
  }
});

test("a part of a string is found behind escapes", () => {
  const string = JSON.stringify('say "\u0001" and ${{ nobody }}');
  const value: string = JSON.parse(string);
  const { from, to } = partOfString(string, 10, { offset: value.indexOf("nobody"), length: 6 });
  expect(string.slice(from - 10, to - 10)).toBe("nobody");
  expect(partOfString('"ab"', 0, { offset: 9, length: 9 })).toEqual({ from: 3, to: 3 });
});
