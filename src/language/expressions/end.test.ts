import { describe, expect, test } from "bun:test";
import { endOfExpression } from "./end.ts";

describe("an expression ends before the first }} outside of strings and braces", () => {
  const ended: [text: string, expression: string][] = [
    [" a + 1 }}", " a + 1 "],
    ["a}} b}}", "a"],
    ["{}}}", "{}"],
    [' {"a": {"b": 1}} }} }}', ' {"a": {"b": 1}} '],
    [' {"a":{"b":1}}}}', ' {"a":{"b":1}}'],
    [" '}}' }}", " '}}' "],
    [` "}}" + '"}}' }}`, ` "}}" + '"}}' `],
    [String.raw` "\"}}" }}`, String.raw` "\"}}" `],
    [String.raw` "\\" }} " }}`, String.raw` "\\" `],
    [` """ " }} """ }}`, ` """ " }} """ `],
    [" '''''' }}", " '''''' "],
    [" '' }}", " '' "],
    [String.raw` r"\d}}" }}`, String.raw` r"\d}}" `],
    ["}}", ""],
  ];
  for (const [text, expression] of ended) {
    test(text, () => expect(text.slice(0, endOfExpression(text, 0))).toBe(expression));
  }

  for (const text of ["", "a", "a }", " '}}", '"', " {}}", "{{ }}", "a } } b", `"""}}"`]) {
    test(`${text} has no end`, () => expect(endOfExpression(text, 0)).toBe(-1));
  }
});
