/** What expressions cost, to the unit. How long a unit takes is the bench's to say. */
import { describe, expect, test } from "bun:test";
import { BOMBS } from "../../../bench/load/bombs.ts";
import type { Json } from "../../schemas/json/json.ts";
import { MAX_UNITS } from "./cost.ts";
import { costOf, errorOf, given, outcome } from "./expressions.fixture.ts";

const TEN = Array.from({ length: 10 }, (_, index) => index);
const TEXT = "x".repeat(160);
const CONTEXT: { [name: string]: Json } = {
  ten: TEN,
  pairs: TEN.map((n) => [n, n]),
  text: TEXT,
  texts: TEN.map(() => TEXT),
  object: Object.fromEntries(Array.from({ length: 32 }, (_, index) => [`k${index}`, index])),
};

const COSTS: [expression: string, units: number][] = [
  // What is done once costs nothing: an expression has at most 1,000 parts.
  ["1 + 2 * 3 == 7 && !(ten.size() > 3)", 0],
  ["ten[1] + ten[2]", 0],
  // A unit for each element that is visited, and one for each ten parts of what is done with it.
  ["ten.map(x, x)", 20],
  ["ten.map(x, x + x + x + x + x)", 20],
  ["ten.map(x, x + x + x + x + x + x)", 30],
  ["ten.filter(x, x > 4)", 20],
  ["ten.map(x, x > 4, x)", 20],
  ["ten.exists(x, x == 2)", 6],
  ["ten.all(x, x < 2)", 6],
  ["ten.exists_one(x, x == 2)", 20],
  ["ten.map(x, ten.map(y, y))", 10 * 2 + 10 * 20],
  ["object.map(k, k)", 2 + 64],
  // One for each 16 characters of a text that is read, compared or built.
  ["text + text", 20],
  ["text == text", 10],
  ["text == 'x'", 0],
  ["text < text + 'y'", 10 + 10],
  ["text.contains('y')", 10],
  ["text.substring(3, 4)", 10],
  ["text.split('')", 10 + 160],
  ["texts.join()", 10 + 100],
  ["text.replace('x', 'yy')", 10 + 161 + 30],
  ["sha256(text)", 10],
  ["base64Encode(text)", 10],
  ["toJson(text)", 10],
  ["toJson(ten)", 1],
  ["parseJson('[' + text.replace('x', '1,') + '0]').size()", 10 + 161 + 30 + 20 + 20 + 80],
  // One for each element of a list that is built, compared, sorted or flattened, and for each 16 keys of a map.
  ["[1, 2, 3]", 3],
  ["{'a': 1, 'b': 2}", 2],
  ["ten + ten", 20],
  ["ten == ten", 10],
  ["pairs == pairs", 10 + 20],
  ["9 in ten", 10],
  ["0 in ten", 1],
  ["text in texts", 1 + 10],
  ["'k1' in object", 0],
  ["object == object", 2 + 2 + 64],
  ["object.size()", 2],
  ["object.keys()", 2 + 32],
  ["object.merge(object).size()", 2 * (2 + 64) + 2],
  ["ten.sort()", 10 * 4],
  ["texts.sort()", 10 * 4 + 10 * 10 * 4 + 10 * 10],
  ["pairs.flatten()", 10 + 20],
  ["texts.distinct()", 10 + 100],
  ["ten.slice(2, 5)", 3],
  ["ten.sum() + ten.min() + ten.max()", 30],
  ["range(7)", 7],
  // Errors that are absorbed.
  ["1 / 0 == 1 || true", 10],
  ["range(10).exists(x, 1 / (1 - x) == x) || true", 10 + 20 + 10 + 10],
  // What takes longer than its parts.
  ["ten.map(x, [x][0])", 10 * 2 + 10],
  ["ten.map(x, [x][0] + [x][0] + [x][0])", 10 * 3 + 30],
  ["ten.map(x, abs(abs(x)))", 10 * 2],
  ["ten.map(x, abs(abs(abs(x))))", 10 * 3],
  ["int('1') + int(string(2))", 3],
  ["timestamp('2026-11-28T08:00:00Z') - timestamp(0)", 40],
  ["duration('1h')", 20],
  ["timestamp(0).getHours('Europe/Berlin')", 120],
];

describe("costs", () => {
  for (const [expression, units] of COSTS) {
    test(expression, () => expect(costOf(expression, CONTEXT)).toBe(units));
  }
});

describe("the limit", () => {
  for (const [expression, units] of COSTS.filter(([, units]) => units > 0)) {
    test(`of ${expression} is exact`, () => {
      expect(costOf(expression, CONTEXT, units)).toBe(units);
      expect(costOf(expression, CONTEXT, units - 1)).toBeNull();
    });
  }

  test("is 100,000 units", () => {
    expect(given("range(33333).map(x, x).size()")).toBe(33_333);
    expect(errorOf("range(33334).map(x, x).size()")).toBe("It costs too much");
  });

  test("is not absorbed", () => {
    for (const expression of [
      "range(60000).all(x, true) || true",
      "!(range(60000).all(x, true) && false)",
      "[1].exists(x, range(60000).all(y, true)) || true",
      "[1, 2].exists(x, x == 2 || range(60000).all(y, true))",
      "[range(60000).all(x, true)].size() == 1 ? true : true",
    ]) {
      expect(errorOf(expression)).toBe("It costs too much");
    }
  });

  test("says which part went over it", () => {
    expect(outcome("1 + range(200000).size()")).toEqual({ error: "It costs too much", offset: 4, length: 13 });
  });
});

test("results are bounded, shared or not", () => {
  const text = "x".repeat(1024 * 1024);
  expect(errorOf("text", { text })).toBe("It gives more than 1 MiB");
  expect(given("text.substring(3)", { text })).toHaveLength(1024 * 1024 - 3);
  expect(errorOf("[text, text]", { text: "x".repeat(600_000) })).toBe("It gives more than 1 MiB");
  const doubled = Array.from({ length: 7 }).reduceRight<string>(
    (inner, _, level) =>
      `cel.bind(v${level + 1}, [v${level}, v${level}, v${level}, v${level}, v${level}, v${level}, v${level}, v${level}], ${inner})`,
    "v7",
  );
  expect(errorOf(`cel.bind(v0, 'a', ${doubled})`)).toBe("It gives more than 1 MiB");
});

describe("a bomb ends:", () => {
  test("there are forty", () => expect(BOMBS.length).toBeGreaterThanOrEqual(40));
  for (const { name, expression, x } of BOMBS) {
    test(name, () => {
      const text = JSON.stringify(x);
      expect(text.length).toBeLessThan(1_040_000);
      const context: { [name: string]: Json } = { x: JSON.parse(text) };
      const cost = costOfEnd(expression, context);
      expect(cost).toBeLessThanOrEqual(MAX_UNITS);
    });
  }
});

/** What a bomb cost until it ended, in whichever way. */
function costOfEnd(expression: string, context: { [name: string]: Json }): number {
  const result = outcome(expression, context);
  return "error" in result ? MAX_UNITS : (costOf(expression, context) ?? MAX_UNITS);
}
