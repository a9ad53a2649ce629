import { describe, expect, test } from "bun:test";
import { resolvePlaceholders } from "../engine/placeholders.ts";
import type { Json } from "../schemas/json/json.ts";
import { LANGUAGE, translated } from "./translated.ts";

const CONTEXT = { get: (name: string): Json | undefined => (name === "a" ? "A" : undefined), step: () => undefined };

describe("what was literal text stays what it was", () => {
  const texts: [text: string, value: string][] = [
    ["${{ a }}", "${{ a }}"],
    ["x ${{ 1 + 1 }} y", "x ${{ 1 + 1 }} y"],
    ["$${{ a }}", "${{ a }}"],
    ["$$${{a}}", "$${{a}}"],
    ["${a}${{a}}", "A${{a}}"],
    ["${a}$${{a}}", "A${{a}}"],
    ["${{${a}}}", "${{A}}"],
    ["${{", "${{"],
    ["${{{a}}}", "${{{a}}}"],
    ["${a} ${{ ${a}", "A ${{ A"],
  ];
  for (const [text, value] of texts) {
    test(text, () =>
      expect(resolvePlaceholders(JSON.parse(translated(JSON.stringify([text]), 1)), CONTEXT)).toEqual([value]),
    );
  }
});

describe("a definition", () => {
  const steps = (value: Json) => JSON.stringify([{ name: "x", type: "transform", config: { value } }]);

  test("of the language of now is left as it is", () => {
    expect(translated(steps("${{ a }}"), LANGUAGE)).toBe(steps("${{ a }}"));
  });

  test("without any of it is left as it is, byte for byte", () => {
    const text = ` ${steps("${a} {{ }} $$")}\n`;
    expect(translated(text, 1)).toBe(text);
  });

  test("is changed in its texts, at any depth, and not in its keys", () => {
    const value = { "${{ key }}": ["${{ a }}", { b: "${a}" }, 1, null] };
    const changed = { "${{ key }}": ["$${{ a }}", { b: "${a}" }, 1, null] };
    expect(translated(steps(value), 1)).toBe(steps(changed));
  });

  test("also where the JSON has escapes for it", () => {
    expect(JSON.parse(translated(steps("${{ a }}").replace("${{", "\\u0024{\\u007b"), 1))).toEqual(
      JSON.parse(steps("$${{ a }}")),
    );
  });
});
