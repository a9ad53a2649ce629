import { expect, test } from "bun:test";
import { broughtBy } from "../../../language/keys.ts";
import { wholePlaceholder } from "../../../language/placeholder.ts";
import type { Json } from "../../../schemas/json/json.ts";
import type { Key } from "./nodes.ts";
import { pathText, placeholderOf } from "./placeholder.ts";

/** Keys that a text could take for something else. */
const KEYS = [
  "plain",
  "a.b",
  "a[0]",
  "a]b",
  "a}b",
  "{a",
  "${a}",
  "${{ a }}",
  "$",
  'say "x"',
  "back\\slash",
  "\\{",
  " ",
  "",
  "é",
  "注文",
  "0",
  "\n",
];

const places: Key[][] = KEYS.flatMap((key) => [[key], [key, 1, "x"], ["list", 2, key], [key, key]]);

for (const path of places) {
  test(`${placeholderOf("payload", path)} is where it was copied`, () => {
    const value = path.reduceRight<Json>(
      (inner, key) => (typeof key === "number" ? [0, 0, inner].slice(2 - key) : { [key]: inner }),
      "found",
    );
    const source = wholePlaceholder(placeholderOf("payload", path));
    expect(source).not.toBeNull();
    if (source !== null) expect(broughtBy(source, { payload: value })).toEqual({ value: "found" });
  });
}

test("a place is shown as people write it", () => {
  expect(pathText(["response_data", "items", 0, "a.b"])).toBe('response_data.items[0]["a.b"]');
  expect(pathText([0, "id"])).toBe("[0].id");
  expect(placeholderOf("charge", [])).toBe("${charge}");
});
