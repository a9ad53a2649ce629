import { describe, expect, test } from "bun:test";
import type { Json } from "../../schemas/json/json.ts";
import { Compiled, compileExpression, type ExpressionError } from "./compile.ts";
import { errorOf, given, outcome } from "./expressions.fixture.ts";
import type { ExpressionScope } from "./scope.ts";

function compiled(text: string): Compiled {
  const result = compileExpression(text);
  if (result instanceof Compiled) return result;
  throw new Error(result.faults[0]?.message);
}

const PAYLOAD = {
  n: 5,
  half: 2.5,
  "b c": 2,
  items: [
    { price: 3, count: 2 },
    { price: 1.5, count: 4 },
  ],
  note: null,
};
const context: { [name: string]: Json } = { payload: PAYLOAD };

describe("numbers of JSON and integers of CEL", () => {
  const GIVES: [expression: string, value: Json][] = [
    ["payload.n + 1", 6],
    ["1 + payload.n * 2 - payload.half", 8.5],
    ["[7 / 2, 7.0 / 2, payload.n / 2, -7 / 2]", [3, 3.5, 2.5, -3]],
    ["[7 % 4, payload.n % 2, -7 % 4, payload.half % 2]", [3, 1, -3, 0.5]],
    ["payload.n == 5 && payload.n == 5.0 && payload.n in [4, 5] && 5 >= payload.n && !(payload.n < 5)", true],
    ["payload.items[payload.n - 4].price", 1.5],
    ["1 == 1.0 && 9007199254740993 != 9007199254740992.0 && 2 > 1.5", true],
    ["payload.items.map(i, i.price * i.count).sum()", 12],
    ["9223372036854775807 > 9223372036854775806", true],
    ["9007199254740991", 9007199254740991],
    ["-0.0 == 0.0", true],
  ];
  for (const [expression, value] of GIVES) {
    test(expression, () => expect(given(expression, context)).toEqual(value));
  }

  const FAILS: [expression: string, error: string][] = [
    ["9223372036854775807 + 1", "The integer is outside of 64 bits"],
    ["-9223372036854775808 / -1", "The integer is outside of 64 bits"],
    ["9007199254740992", "An integer beyond 2^53 can't be a number of JSON; string(…) makes a text of it"],
    ["1 / 0", "An integer is divided by zero"],
    ["1 % 0", "An integer is divided by zero"],
    ["payload.n / 0", "JSON has no number Infinity"],
    ["payload.n % 0", "JSON has no number NaN"],
    ["'n=' + payload.n", "`+` does not take a string and a double"],
    ["payload.n && true", "Expected a bool, not a double"],
    ["payload.note ? 1 : 2", "Expected a bool, not a null_type"],
    ["!payload.items", "Expected a bool, not a list"],
    ["payload.n < '5'", "Neither of a double and a string comes first"],
    ["payload.items[0.5]", "A list is read by whole numbers, not by a double"],
    ["payload.items[2]", "There is no such element"],
    ["payload.items[-1]", "There is no such element"],
    ["payload.note.x", "Only maps have fields, and this is a null_type"],
    ["payload.missing", 'There is no field "missing"'],
    ["other", "There is no `other` here"],
    ["{'a': 1, 'a': 2}", 'The map has the key "a" twice'],
    ["{payload.n: 1}", "The keys of a map are strings; this one is a double"],
    ["payload.n.all(x, true)", "There are no elements to visit in a double"],
    ["payload.items.map(x, x.nope)", 'There is no field "nope"'],
    ["payload.?n", "An optional value is no JSON; .orValue(…) gives what is in it"],
    ["type(1)", "A type is no JSON"],
    ["int", "A type is no JSON"],
  ];
  for (const [expression, error] of FAILS) {
    test(`${expression}: ${error}`, () => expect(errorOf(expression, context)).toBe(error));
  }
});

describe("what may be missing", () => {
  const GIVES: [expression: string, value: Json][] = [
    ["has(payload.n) && !has(payload.x)", true],
    ["payload.?x.y.z.orValue('none')", "none"],
    ["payload[?'b c'].orValue(0)", 2],
    ["payload.note == null", true],
    // One side that decides is enough, on whichever side the error is.
    ["payload.x == 1 || payload.n == 5", true],
    ["payload.n == 5 || payload.x == 1", true],
    ["payload.x == 1 && payload.n == 6", false],
    ["payload.items.exists(i, i.nope == 1 || i.price == 3)", true],
    ["[0, 2].exists(x, 4 / x == 2)", true],
    ["[0, 2].all(x, 4 / x == 3)", false],
  ];
  for (const [expression, value] of GIVES) {
    test(expression, () => expect(given(expression, context)).toEqual(value));
  }

  test("an error that nothing decides against is the expression's", () => {
    expect(errorOf("payload.x == 1 || payload.n == 6", context)).toBe('There is no field "x"');
    expect(errorOf("[2, 0].exists(x, 4 / x == 1)", context)).toBe("An integer is divided by zero");
    expect(errorOf("[2, 0].exists_one(x, 4 / x == 2)", context)).toBe("An integer is divided by zero");
  });
});

test("an error says which part failed", () => {
  const places: [expression: string, part: string][] = [
    ["payload.n + payload.missing + 1", "payload.missing"],
    ["1 + int('x') + 2", "int('x')"],
    ["payload.items.map(i, i.price + i.nope)", "i.nope"],
    ["true && (payload.n || false)", "payload.n"],
    ["payload.n == 6 || nowhere == 1", "nowhere"],
    ["[1, 2 / (1 - 1)]", "2 / (1 - 1"],
  ];
  for (const [expression, part] of places) {
    const result = outcome(expression, context);
    if ("value" in result) throw new Error(expression);
    const { offset, length } = result satisfies ExpressionError;
    expect(expression.slice(offset, offset + length)).toBe(part);
  }
});

test("what it gives is a copy, with times, durations and bytes as JSON has them", () => {
  const value = given("{'items': payload.items, 'at': [timestamp(0)], 'for': duration('1m'), 'bytes': b'a'}", context);
  expect(value).toEqual({ items: PAYLOAD.items, at: ["1970-01-01T00:00:00.000+00:00"], for: 60, bytes: "YQ==" });
  expect(Object.is(given("payload", context), PAYLOAD)).toBe(false);
});

test("results nest at most 64 deep", () => {
  const deep = (levels: number) => JSON.parse("[".repeat(levels) + "]".repeat(levels));
  expect(given("x", { x: deep(64) })).toEqual(deep(64));
  expect(errorOf("[x]", { x: deep(64) })).toBe("It nests deeper than 64");
  expect(errorOf(`parseJson('${"[".repeat(65)}${"]".repeat(65)}')`)).toBe("parseJson: It nests deeper than 64");
});

describe("a condition", () => {
  const scope: ExpressionScope = { get: (name) => (name === "n" ? 5 : undefined), step: () => undefined };

  test("is a bool", () => {
    expect(compiled("n > 4").test(scope)).toEqual({ value: true });
    expect(compiled("n > 5").test(scope)).toEqual({ value: false });
    expect(compiled("n").test(scope)).toEqual({ error: "It gives a double, not a bool", offset: 0, length: 1 });
    expect(compiled("n > m").test(scope)).toEqual({ error: "There is no `m` here", offset: 4, length: 1 });
  });

  test("is told from what can't be one, as far as the text shows", () => {
    const kinds: [expression: string, gives: string][] = [
      ["a == b", "bool"],
      ["a && b", "bool"],
      ["!a", "bool"],
      ["has(a.b)", "bool"],
      ["a in b", "bool"],
      ["a.all(x, x)", "bool"],
      ["a.startsWith('b')", "bool"],
      ["a ? true : b < c", "bool"],
      ["cel.bind(x, 1, x == 1)", "bool"],
      ["true", "bool"],
      ["a + b", "other"],
      ["-a", "other"],
      ["'true'", "other"],
      ["[a]", "other"],
      ["{}", "other"],
      ["a.map(x, true)", "other"],
      ["a.size()", "other"],
      ["null", "other"],
      ["a ? 1 : 'b'", "other"],
      ["a", "anything"],
      ["a.b", "anything"],
      ["a[0]", "anything"],
      ["a ? true : b", "anything"],
      ["a.first()", "anything"],
    ];
    for (const [expression, gives] of kinds)
      expect([expression, compiled(expression).gives]).toEqual([expression, gives]);
  });
});

describe("steps", () => {
  const records: { [name: string]: Json } = {
    charge: { status: "failed", output: null, error: { code: "http" } },
    "my step": { status: "success", output: { value: 1 } },
    maybe: { status: "skipped" },
  };
  const scope: ExpressionScope = {
    get: (name) => (name === "charge" ? { id: 7 } : undefined),
    step: (name) => (Object.hasOwn(records, name) ? records[name] : undefined),
  };
  const GIVES: [expression: string, value: Json][] = [
    ['steps.charge.status == "failed" && steps.charge.error.code == "http"', true],
    ['steps["my step"].output.value', 1],
    ["has(steps.maybe.output) || has(steps.unknown)", false],
    ["steps.?unknown.output.orValue('none')", "none"],
    ["charge.id", 7],
  ];
  for (const [expression, value] of GIVES) {
    test(expression, () => expect(compiled(expression).evaluate(scope)).toEqual({ value }));
  }

  test("are read by a name alone", () => {
    const errors = [
      "steps",
      "steps.unknown",
      "steps[0]",
      "steps.size()",
      "steps.exists(s, true)",
      "'charge' in steps",
    ].map((text) => compiled(text).evaluate(scope));
    expect(errors.map((result) => "error" in result && result.error)).toEqual([
      "`steps` is read by the name of a step",
      'There is no field "unknown"',
      "There are no elements in `steps`",
      "size: Expected a string, list or map, not `steps`",
      "There are no elements to visit in `steps`",
      "`in` looks into a list or a map, not into `steps`",
    ]);
  });

  test("a step of that name is what the name means", () => {
    expect(compiled("steps.a").evaluate({ get: () => ({ a: 1 }), step: () => ({ a: 2 }) })).toEqual({ value: 1 });
  });
});

test("an expression can be evaluated again, with other values", () => {
  const expression = compiled("cel.bind(x, n * 2, [x, n].map(y, y + x))");
  const scopes = [1, 10].map((n): ExpressionScope => ({ get: () => n, step: () => undefined }));
  expect(scopes.map((scope) => expression.evaluate(scope))).toEqual([{ value: [4, 3] }, { value: [40, 30] }]);
});

test("a name is looked up once in an evaluation, however often it is visited", () => {
  const asked: string[] = [];
  const scope = {
    get(name: string) {
      asked.push(name);
      return name === "vars" ? { n: 1, none: null } : name === "nothing" ? null : undefined;
    },
    step: () => ({ status: "success" }),
  };
  const text = "range(100).all(i, vars.n == 1 && vars.none == null && nothing == null && steps.a.status == 'success')";
  const expression = compiled(text);
  expect(expression.evaluate(scope)).toEqual({ value: true });
  // What is null is looked up as what is not.
  expect(asked).toEqual(["vars", "nothing", "steps"]);
  expect(expression.evaluate(scope)).toEqual({ value: true });
  expect(asked).toHaveLength(6);
});
