import { describe, expect, test } from "bun:test";
import { scopeOf } from "../language/expressions/scope.ts";
import type { Json } from "../schemas/json/json.ts";
import { PlaceholderError, resolvePlaceholders } from "./placeholders.ts";

const payload: Json = JSON.parse(`{
  "text": "hello", "empty": "", "zero": 0, "no": false, "nothing": null, "ünï 🚚": "unicode", "two words": 2,
  "user": {"id": 7, "tags": ["a", "b"]},
  "rows": [[1, 2], [3, {"deep": true}]],
  "0": "zero as a key", "length": 5, "money": "$& $1 $\`", "template": "\${payload.text}",
  "__proto__": {"own": 1}, "constructor": "mine"
}`);
const values = new Map<string, Json>([
  ["payload", payload],
  ["step one", { type: "transform", value: [10, 20] }],
  ["2", { type: "transform", value: "second" }],
]);
const context = { get: (name: string) => values.get(name), step: () => undefined };

const resolved: { name: string; value: Json; to: Json }[] = [
  { name: "a value without placeholders", value: [1, "a", null, { b: true }], to: [1, "a", null, { b: true }] },
  { name: "a string", value: "${payload.text}", to: "hello" },
  { name: "an empty string", value: "${payload.empty}", to: "" },
  { name: "a number keeps its type", value: "${payload.user.id}", to: 7 },
  { name: "zero", value: "${payload.zero}", to: 0 },
  { name: "false", value: "${payload.no}", to: false },
  { name: "null", value: "${payload.nothing}", to: null },
  { name: "an object", value: "${payload.user}", to: { id: 7, tags: ["a", "b"] } },
  { name: "an array", value: "${payload.user.tags}", to: ["a", "b"] },
  { name: "the whole payload", value: "${payload}", to: payload },
  { name: "spaces around the path", value: "${ payload.text }", to: "hello" },
  { name: "an index", value: "${payload.user.tags[1]}", to: "b" },
  { name: "an index of an index", value: "${payload.rows[1][0]}", to: 3 },
  { name: "a key below an index", value: "${payload.rows[1][1].deep}", to: true },
  { name: "an index written as a key", value: "${payload.rows.0.1}", to: 2 },
  { name: "a key that is a number", value: "${payload.0}", to: "zero as a key" },
  { name: "a key named length", value: "${payload.length}", to: 5 },
  { name: "a key with a space", value: "${payload.two words}", to: 2 },
  { name: "a key in Unicode", value: "${payload.ünï 🚚}", to: "unicode" },
  { name: "an own key named constructor", value: "${payload.constructor}", to: "mine" },
  { name: "an own key named __proto__", value: "${payload.__proto__.own}", to: 1 },
  { name: "a step's output", value: "${step one.value[1]}", to: 20 },
  { name: "a step with a number for a name", value: "${2.value}", to: "second" },

  { name: "a string inside a longer one", value: "say ${payload.text}!", to: "say hello!" },
  { name: "numbers side by side", value: "${payload.zero}${payload.user.id}", to: "07" },
  { name: "false and null in a longer string", value: "${payload.no} ${payload.nothing}", to: "false null" },
  { name: "an object in a longer string", value: "=${payload.user}", to: '={"id":7,"tags":["a","b"]}' },
  { name: "a space around makes it a longer string", value: " ${payload.user.id}", to: " 7" },
  { name: "a line break after makes it a longer string", value: "${payload.user.id}\n", to: "7\n" },
  { name: "a value with replacement patterns", value: "a ${payload.money} b", to: "a $& $1 $` b" },

  { name: "$${ is a literal ${", value: "$${payload.text}", to: "${payload.text}" },
  { name: "a literal that leads nowhere", value: "$${nothing}", to: "${nothing}" },
  { name: "a literal beside a placeholder", value: "$${a} ${payload.text}", to: "${a} hello" },
  { name: "a dollar before a literal", value: "$$${payload.text}", to: "$${payload.text}" },
  { name: "a price", value: "$5 {payload.text} $", to: "$5 {payload.text} $" },
  { name: "an open brace that is never closed", value: "${payload.text", to: "${payload.text" },
  { name: "what was looked up is not looked up again", value: "${payload.template}", to: "${payload.text}" },
  { name: "nor inside a longer string", value: "<${payload.template}>", to: "<${payload.text}>" },

  {
    name: "values at any depth, keys as they are",
    value: { "${payload.text}": [{ a: ["${payload.user.id}", { b: "x${payload.zero}" }] }] },
    to: { "${payload.text}": [{ a: [7, { b: "x0" }] }] },
  },
];

const nowhere = [
  "payload.missing",
  "missing",
  "missing.value",
  "payload.user.id.more",
  "payload.text.length",
  "payload.text[0]",
  "payload.nothing.more",
  "payload.user.tags[2]",
  "payload.user.tags[00]",
  "payload.user.tags[-1]",
  "payload.user.tags.length",
  "payload.user.tags.map",
  "payload.user[0]",
  "payload.user.__proto__",
  "payload.user.constructor",
  "payload.user.constructor.name",
  "payload.user.hasOwnProperty",
  "payload.rows.__proto__",
  "payload.rows.constructor",
  "__proto__",
  "constructor",
  "prototype",
  "step one.prototype",
  "",
  " ",
  ".",
  "payload.",
  ".payload",
  "payload..text",
  "payload.user.tags[]",
  "payload.user.tags[a]",
  "payload.user.tags[0",
  "payload.user.tags]0[",
  "[0]",
  "Payload.text",
];

describe("resolved", () => {
  for (const { name, value, to } of resolved) {
    test(name, () => expect(resolvePlaceholders(value, context)).toEqual(to));
  }

  test("a literal ${ needs no closing brace", () => {
    expect(resolvePlaceholders("costs $${ and more", context)).toBe("costs ${ and more");
  });

  test("the value that was given stays as it was", () => {
    const value: Json = { list: ["${payload.user.id}", { a: "${payload.text}" }] };
    const before = structuredClone(value);
    expect(resolvePlaceholders(value, context)).not.toEqual(before);
    expect(value).toEqual(before);
  });

  test("an own key __proto__ stays a key and becomes nobody's prototype", () => {
    const value: Json = JSON.parse('{"a":{"__proto__":{"polluted":"${payload.text}"}}}');
    expect(JSON.stringify(resolvePlaceholders(value, context))).toBe('{"a":{"__proto__":{"polluted":"hello"}}}');
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  });

  test("depth of 64 and 10,000 placeholders in a string", () => {
    let value: Json = "${payload.user.id}";
    for (let depth = 0; depth < 64; depth++) value = depth % 2 === 0 ? [value] : { a: value };
    expect(JSON.stringify(resolvePlaceholders(value, context))).toBe(`${'{"a":['.repeat(32)}7${"]}".repeat(32)}`);
    expect(resolvePlaceholders("${payload.zero}".repeat(10_000), context)).toBe("0".repeat(10_000));
  });
});

describe("a path that leads nowhere is named in the error", () => {
  for (const path of nowhere) {
    for (const text of [`\${${path}}`, `in a longer \${${path}} string`]) {
      test(text, () => {
        const resolve = () => resolvePlaceholders({ a: [text] }, context);
        expect(resolve).toThrow(PlaceholderError);
        expect(resolve).toThrow(`The placeholder \${${path}} leads nowhere`);
      });
    }
  }

  test("of several the first is named", () => {
    expect(() => resolvePlaceholders("${payload.text} ${one} ${two}", context)).toThrow("${one}");
  });
});

describe("a small config that names a big value many times", () => {
  const big = scopeOf({ payload: { half: "x".repeat(500_000) } });
  for (const value of ["${payload.half}".repeat(3), ["${payload.half}", "${payload.half}", "${payload.half}"]]) {
    test(`is refused: ${typeof value}`, () => {
      expect(() => resolvePlaceholders(value, big)).toThrow(PlaceholderError);
      expect(() => resolvePlaceholders(value, big)).toThrow("over 1 MiB");
    });
  }

  test("twice half of it is still taken, and the next config begins anew", () => {
    for (let time = 0; time < 3; time++) {
      expect(resolvePlaceholders("${payload.half}${payload.half}", big)).toHaveLength(1_000_000);
    }
  });
});

describe("expressions", () => {
  const given: [text: string, value: Json][] = [
    ["${{ payload.user.id + 1 }}", 8],
    ["${{payload.user}}", { id: 7, tags: ["a", "b"] }],
    ["${{ payload.nothing }}", null],
    ["${{ {'a': {'b': payload.zero}} }}", { a: { b: 0 } }],
    ["n = ${{ payload.user.id * 2 }}, ${payload.text}!", "n = 14, hello!"],
    ["${{ payload.user.tags }} ${{ payload.no }} ${{ payload.nothing }}", '["a","b"] false null'],
    ["${{ '}}' }}${{ \"${payload.text}\" }}", "}}${payload.text}"],
    ["$${{ payload.text }}", "${{ payload.text }}"],
    ["$$${{ payload.text }}", "$${{ payload.text }}"],
    ["{{ payload.text }}", "{{ payload.text }}"],
  ];
  for (const [text, value] of given) test(text, () => expect(resolvePlaceholders(text, context)).toEqual(value));

  test("that give nothing fail, with what they are and why", () => {
    const failing = () => resolvePlaceholders({ a: ["x ${{ payload.user.name + 'x' }}"] }, context);
    expect(failing).toThrow(PlaceholderError);
    expect(failing).toThrow(`The expression payload.user.name + 'x' failed: There is no field "name"`);
    expect(() => resolvePlaceholders("${{ 1 + }}", context)).toThrow("failed: Something is missing at the end");
  });

  test("of one config may cost a million units together, and are counted", () => {
    const dear = "${{ range(33333).all(i, i >= 0) }}";
    const meter = { units: 5 };
    expect(resolvePlaceholders([dear, dear], context, undefined, meter)).toEqual([true, true]);
    expect(meter.units).toBe(5 + 2 * 99_999);
    expect(resolvePlaceholders(Array(10).fill(dear), context)).toHaveLength(10);
    expect(() => resolvePlaceholders(Array(11).fill(dear), context)).toThrow("failed: It costs too much");
  });

  test("bring in no more than paths may", () => {
    const part = "${{ range(1000).map(i, 'xxxxxxxxxx').join() }}";
    expect(resolvePlaceholders(part.repeat(104), context)).toHaveLength(1_040_000);
    expect(() => resolvePlaceholders(part.repeat(105), context)).toThrow("over 1 MiB");
  });

  test("in a field that joins its text are brought in as paths are", () => {
    const joins = new Map([
      ["url", (fixed: readonly string[], brought: readonly string[]) => fixed.join("|") + brought.join("+")],
    ]);
    expect(resolvePlaceholders({ url: "a${{ 1 + 1 }}b${payload.zero}" }, context, joins)).toEqual({ url: "a|b|2+0" });
  });
});

test("variables are put together once for all that names them", () => {
  let made = 0;
  const scope = {
    get(name: string) {
      if (name !== "vars") return undefined;
      made++;
      return { n: made };
    },
    step: () => undefined,
  };
  const value = [...Array.from({ length: 100 }, () => "${vars.n}"), "${{ vars.n }}"];
  expect(resolvePlaceholders(value, scope)).toEqual(value.map(() => 1));
  expect(resolvePlaceholders(value, scope)).toEqual(value.map(() => 2));
});
