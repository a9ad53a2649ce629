/** The conformance tests of cel-spec, without those of protobuf messages. What does not pass has a reason here. */
import { expect, test } from "bun:test";
import { tests } from "@bufbuild/cel-spec/testdata/conformance.js";
import type { Json, JsonObject } from "../../schemas/json/json.ts";
import { Budget, Failure } from "./cost.ts";
import { closureOf } from "./evaluation/closures.ts";
import { parse } from "./parse.ts";
import { areEqual } from "./values/equality.ts";
import { parseDuration, parseTimestamp } from "./values/moments.ts";
import { Type, typeOf, type Value } from "./values/values.ts";

/** Parts of CEL that are left out, or done otherwise, by what is in a test's name or expression. */
const GAPS: [reason: string, test: RegExp][] = [
  ["JSON has no unsigned integers", /\du\b|\buint\b/],
  ["keys of maps are strings", /[{,]\s*(?:-?\d[\d.]*|true|false|dyn\(.*?\)|null|\[\d*\]|b'.*?')\s*:/],
  ["entries of literals are not optional", /[[{,]\s*\?/],
  [
    "extensions have other names here, or none",
    /\b(?:math|strings|base64|cel\.(?:block|index|iterVar)|ip|cidr|network)\b/,
  ],
  ["no formatting", /\.format\(|\.quote\(|strings\.quote/],
  ["no regular expressions", /\.?matches\(/],
  ["one variable in a comprehension", /\b(?:exists|all|existsOne|transform\w+)\((?:\w+|_), ?\w+, /],
  ["optional values have four methods", /optMap|optFlatMap|ofNonZeroValue/],
  ["names hold no dots", /^\/(?:fields\/qualified_identifier_resolution|namespace)/],
  ['fields in backquotes are written a["b"]', /`/],
  ["the library reads bytes beyond ASCII as one each", /b'ÿ'/],
  ["the library wants a digit before the point", /(?:^|\s)\.99/],
  [
    "an integer and a double are compared exactly",
    /dyn\(9223372036854775807\) [<>]=? 9|dyn\(9223372036854775808\.0\) [<>]=? 9/,
  ],
  ["doubles have a remainder", /47\.5 % 5\.5/],
  ["nesting ends at 32, calls included", /^\/parse\/nest\/|^\/parse\/repeat\//],
  ["unknown functions are found before", /^\/parse\/receiver_function_names|f_unknown/],
  ["characters of a text are read with substring", /\.charAt\(/],
  ["replace has no limit", /, '2', 1\)/],
  ["trim takes off what JavaScript calls white space", /^\/string_ext\/trim\//],
  ["timestamps, durations and optional values have no types that can be named", /toType_|optional_type/],
  ["durations span all timestamps", /sub_time_duration_/],
];

interface Case {
  name: string;
  expression: string;
  bindings: Map<string, Value>;
  /** Undefined for an error. */
  expected: Value | undefined;
}

/** A test of another kind than ours can have: of protobuf messages, of types alone. */
class NotOurs extends Error {}

function* casesIn(suite: typeof tests, above = ""): Generator<Case> {
  for (const inner of suite.suites ?? []) yield* casesIn(inner, `${above}/${inner.name}`);
  for (const { original } of suite.tests ?? []) {
    const found = caseOf(original, above);
    if (found !== null) yield found;
  }
}

function caseOf(
  { name = "", expr, ...test }: { name?: string; expr: string; [key: string]: Json | undefined },
  above: string,
): Case | null {
  if (test.container !== undefined || test.checkOnly === true || /proto|TestAllTypes|google\./.test(expr)) return null;
  const hasError = test.evalError !== undefined || test.anyEvalErrors !== undefined;
  if (test.value === undefined && test.typedResult !== undefined) return null;
  try {
    const bindings = Object.entries(test.bindings ?? {}).map(([key, binding]): [string, Value] => [
      key,
      celValue(objectOf(objectOf(binding).value)),
    ]);
    const expected = hasError ? undefined : test.value === undefined ? true : celValue(objectOf(test.value));
    return { name: `${above}/${name}`, expression: expr, bindings: new Map(bindings), expected };
  } catch (error) {
    if (error instanceof NotOurs) return null;
    throw error;
  }
}

function objectOf(json: Json | undefined): JsonObject {
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw new NotOurs();
  return json;
}

function listOf(json: Json | undefined): JsonObject[] {
  return Array.isArray(json) ? json.map(objectOf) : [];
}

function celValue(value: JsonObject): Value {
  const [[kind = "", content = null] = []] = Object.entries(value);
  switch (kind) {
    case "int64Value":
      return BigInt(String(content));
    case "doubleValue":
      return Number(content);
    case "stringValue":
      return String(content);
    case "boolValue":
      return content === true;
    case "nullValue":
      return null;
    case "bytesValue":
      return Uint8Array.fromBase64(String(content));
    case "typeValue":
      return new Type(String(content));
    case "listValue":
      return listOf(objectOf(content).values).map(celValue);
    case "mapValue":
      return Object.fromEntries(
        listOf(objectOf(content).entries).map(({ key, value: field }) => {
          const name = celValue(objectOf(key));
          if (typeof name !== "string") throw new NotOurs();
          return [name, celValue(objectOf(field))];
        }),
      );
    case "objectValue": {
      const { "@type": type, value: text } = objectOf(content);
      if (type === "type.googleapis.com/google.protobuf.Timestamp") return parseTimestamp(String(text));
      if (type === "type.googleapis.com/google.protobuf.Duration") return parseDuration(String(text));
      throw new NotOurs();
    }
    default:
      throw new NotOurs();
  }
}

function passes({ expression, bindings, expected }: Case): boolean {
  const parsed = parse(expression);
  if ("faults" in parsed) return expected === undefined;
  const run = closureOf(parsed.root, [...bindings.keys()]);
  const scope = { get: () => undefined, step: () => undefined };
  try {
    const slots = [...bindings.values()];
    const value = run({ slots, scope, known: new Map(), budget: new Budget(), at: parsed.root });
    if (expected === undefined || typeOf(value) !== typeOf(expected)) return false;
    return Number.isNaN(expected) ? Number.isNaN(value) : areEqual(value, expected, new Budget());
  } catch (error) {
    if (error instanceof Failure) return expected === undefined;
    throw error;
  }
}

const cases = [...casesIn(tests)];

test("what does not pass has a reason", () => {
  const unexplained = cases.filter(
    (one) => !passes(one) && !GAPS.some(([, pattern]) => pattern.test(one.name) || pattern.test(one.expression)),
  );
  expect(unexplained.map(({ name, expression }) => `${name}: ${expression}`)).toEqual([]);
});

test("every reason is one still", () => {
  const failing = cases.filter((one) => !passes(one));
  const idle = GAPS.filter(
    ([, pattern]) => !failing.some(({ name, expression }) => pattern.test(name) || pattern.test(expression)),
  );
  expect(idle.map(([reason]) => reason)).toEqual([]);
});

test("no fewer pass than before", () => {
  expect(cases.filter(passes).length).toBeGreaterThanOrEqual(999);
});
