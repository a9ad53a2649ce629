/** What each function gives, and what it does not take. */
import { describe, expect, test } from "bun:test";
import type { Json } from "../../../schemas/json/json.ts";
import { errorOf, faultsOf, given } from "../expressions.fixture.ts";
import { FUNCTIONS } from "./index.ts";

const CONTEXT = { n: 5, items: [3, 1, 2], text: "a-b-c", wide: "é😀z", object: { b: 1, a: [2] }, empty: [], half: 2.5 };

const GIVES: [expression: string, value: Json][] = [
  // Strings.
  ["text.startsWith('a-') && !text.startsWith('b')", true],
  ["text.endsWith('c') && !text.endsWith('b')", true],
  ["text.contains('-b-') && !text.contains('d')", true],
  [
    "[text.indexOf('b'), text.indexOf('d'), text.indexOf('-', 2), wide.indexOf('z'), wide.indexOf('')]",
    [2, -1, 3, 2, 0],
  ],
  ["[text.lastIndexOf('-'), text.lastIndexOf('-', 2), wide.lastIndexOf('z')]", [3, 1, 2]],
  ["[text.substring(2), text.substring(0, 1), text.substring(n), wide.substring(1, 2)]", ["b-c", "a", "", "😀"]],
  ["['ÄbC'.lowerAscii(), 'äbC'.upperAscii(), ' x\\t'.trim()]", ["Äbc", "äBC", "x"]],
  ["text.split('-')", ["a", "b", "c"]],
  [
    "[text.split('-', 2), text.split('-', 0), text.split('-', -1).size(), wide.split('')]",
    [["a", "b-c"], [], 3, ["é", "😀", "z"]],
  ],
  ["[text.split('-').join(), text.split('-').join(', '), [].join('x')]", ["abc", "a, b, c", ""]],
  ["[text.replace('-', '+'), text.replace('d', 'e'), text.replace('-', '')]", ["a+b+c", "a-b-c", "abc"]],
  // Lists and maps.
  ["[items.sum(), [1, half].sum(), empty.sum(), items.sum() / 4]", [6, 3.5, 0, 1.5]],
  ["[items.min(), items.max(), ['b', 'a'].min(), [1, 2.5, n].max()]", [1, 3, "a", 5]],
  ["[items.sort(), ['b', 'a'].sort(), empty.sort(), [2, 1.5, n].sort()]", [[1, 2, 3], ["a", "b"], [], [1.5, 2, 5]]],
  [
    "[1, n, 1.0, 5, 'a', '5', 'a', null, null, [1], [1.0], {'a': 1, 'b': 2}, {'b': 2, 'a': 1}].distinct()",
    [1, 5, "a", "5", null, [1], { a: 1, b: 2 }],
  ],
  ["[[1], [], [2, [3]], 4].flatten()", [1, 2, [3], 4]],
  ["[items.slice(1, 3), items.slice(0, 0), items.slice(3, 3)]", [[1, 2], [], []]],
  [
    "[items.reverse(), items]",
    [
      [2, 1, 3],
      [3, 1, 2],
    ],
  ],
  ["[items.first(), items.last()]", [3, 2]],
  ["[range(3), range(0), range(n - 3)]", [[0, 1, 2], [], [0, 1]]],
  ["[object.keys(), object.values(), {}.keys()]", [["b", "a"], [1, [2]], []]],
  ["object.merge({'a': 0, 'c': 3})", { b: 1, a: 0, c: 3 }],
  ["[text.size(), size(wide), items.size(), object.size(), b'é'.size() > 0]", [5, 3, 3, 2, true]],
  // Numbers.
  ["[round(2.5), round(-2.5), round(2.4), round(3), round(0.49999999999999994)]", [3, -3, 2, 3, 0]],
  ["[ceil(2.1), floor(-2.1), ceil(4), floor(n), abs(-2), abs(-2.5)]", [3, -3, 4, 5, 2, 2.5]],
  ["[int(2.9), int(-2.9), int('42'), int(n), int(true ? '-1' : '0')]", [2, -2, 42, 5, -1]],
  ["[double(2) / 4, double('1.5e3'), double('.5')]", [0.5, 1500, 0.5]],
  [
    "[string(n), string(half), string(3), string(true), string('a'), string(b'abc')]",
    ["5", "2.5", "3", "true", "a", "abc"],
  ],
  ["[bool('true'), bool('f') ? 1 : 0, bool(false)]", [true, 0, false]],
  ["[bytes('é'), string(bytes('é')), bytes(b'a')]", ["w6k=", "é", "YQ=="]],
  [
    "[dyn(n), type(n) == double, type(1) == int, type([]) == list, type(object) == type({}), type(null) == null_type]",
    [5, true, true, true, true, true],
  ],
  // Optional values.
  [
    "[object.?b.orValue(0), object.?c.orValue(0), object[?'a'].orValue([]), items[?9].orValue(null)]",
    [1, 0, [2], null],
  ],
  ["[object.?a[0].orValue(9), object.?c.d.e.orValue(9), object.?c.hasValue(), object.?b.value()]", [2, 9, false, 1]],
  ["[object.?c.or(object.?b).value(), optional.of(null).hasValue(), optional.none().orValue(7)]", [1, true, 7]],
  // Texts that carry values.
  [`parseJson('{"a": [1, null]}')`, { a: [1, null] }],
  [
    "[toJson(object), toJson('a\"b'), toJson([1, half]), toJson(null)]",
    ['{"b":1,"a":[2]}', '"a\\"b"', "[1,2.5]", "null"],
  ],
  ["[base64Encode('é'), base64Encode(b'abc'), base64Decode('w6k=')]", ["w6k=", "YWJj", "é"]],
  ["sha256('')", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
];

describe("gives", () => {
  for (const [expression, value] of GIVES) {
    test(expression, () => expect(given(expression, CONTEXT)).toEqual(value));
  }
});

const FAILS: [expression: string, error: string][] = [
  ["n.startsWith('a')", "startsWith: Expected a string, not a double"],
  ["text.contains(1)", "contains: Expected a string, not an int"],
  ["text.substring(6)", "substring: The text has no position 6"],
  ["text.substring(-1)", "substring: The text has no position -1"],
  ["wide.substring(4)", "substring: The text has no position 4"],
  // None of these goes through positions that there are not, which would take years.
  ["wide.substring(9007199254740991)", "substring: The text has no position 9007199254740991"],
  ["wide.indexOf('z', 9007199254740991)", "indexOf: The text has no position 9007199254740991"],
  ["wide.lastIndexOf('z', 9007199254740991)", "lastIndexOf: The text has no position 9007199254740991"],
  ["text.substring(2, 1)", "substring: The end lies before the start"],
  ["text.substring(half)", "substring: Expected a whole number"],
  ["text.replace('', 'x')", "replace: There is no text to replace"],
  ["items.join('')", "join: Expected a string, not a double"],
  ["[1, 'a'].sum()", "sum: Expected a number, not a string"],
  ["empty.min()", "min: The list is empty"],
  ["[1, 'a'].max()", "max: Neither of a string and an int comes first"],
  ["[2, 'a', 1].sort()", "sort: Neither of an int and a string comes first"],
  ["[object].sort()", "sort: Neither of a map and a map comes first"],
  ["items.slice(2, 1)", "slice: The list of 3 has no elements from 2 to 1"],
  ["items.slice(0, 4)", "slice: The list of 3 has no elements from 0 to 4"],
  ["text.reverse()", "reverse: Expected a list, not a string"],
  ["empty.first()", "first: The list is empty"],
  ["range(-1)", "range: A range has no negative length"],
  ["items.keys()", "keys: Expected a map, not a list"],
  ["object.merge(items)", "merge: Expected a map, not a list"],
  ["size(n)", "size: Expected a string, list or map, not a double"],
  ["round('1')", "round: Expected a number, not a string"],
  ["abs(-9223372036854775808)", "abs: The integer is outside of 64 bits"],
  ["int('1.5')", "int: The text is no integer"],
  ["int('9223372036854775808')", "int: The integer is outside of 64 bits"],
  ["int(1e19)", "int: The number is no integer of 64 bits"],
  ["int(0.0 / 0.0)", "int: The number is no integer of 64 bits"],
  ["double('1,5')", "double: The text is no number"],
  ["string(items)", "string: string(…) takes no list; toJson(…) writes it as JSON"],
  ["string(b'\\xff')", "string: The bytes are no UTF-8"],
  ["bool('yes')", "bool: The text is no bool"],
  ["n.orValue(1)", "orValue: Expected an optional value, not a double"],
  ["object.?c.value()", "value: The optional value is not there"],
  ["parseJson('{')", "parseJson: The text is no JSON"],
  [
    "toJson(9007199254740993)",
    "toJson: An integer beyond 2^53 can't be a number of JSON; string(…) makes a text of it",
  ],
  ["base64Decode('*')", "base64Decode: The text is no base64"],
  ["base64Decode('/w==')", "base64Decode: The bytes are no UTF-8"],
  ["sha256(n)", "sha256: Expected a string, not a double"],
];

describe("fails", () => {
  for (const [expression, error] of FAILS) {
    test(expression, () => expect(errorOf(expression, CONTEXT)).toBe(error));
  }
});

test("every function is called above, or with the times", () => {
  const called = GIVES.map(([expression]) => expression).join();
  const times = [...FUNCTIONS.keys()].filter((name) => /^(?:timestamp|duration|get[A-Z]\w+)$/.test(name));
  const missing = [...FUNCTIONS.keys()].filter((name) => !called.includes(`${name}(`) && !times.includes(name));
  expect(missing).toEqual([]);
});

describe("calls that can't be", () => {
  const wrong: [expression: string, message: string][] = [
    ["nope()", "There is no function `nope`"],
    ["toString()", "There is no function `toString`"],
    ["text.constructor()", "There is no function `constructor`"],
    [
      "text.matches('a')",
      "Regular expressions are not available: startsWith, endsWith, contains, indexOf and split are",
    ],
    ["contains(text, 'a')", "`contains` is called as x.contains(…)"],
    ["text.sha256()", "`sha256` is called as sha256(…)"],
    ["text.contains()", "`contains` takes 1 argument, not 0"],
    ["text.split('a', 1, 2)", "`split` takes 1 or 2 arguments, not 3"],
    ["range()", "`range` takes 1 argument, not 0"],
    ["items.map(a, b, c, d)", "There is no function `map`"],
  ];
  for (const [expression, message] of wrong) {
    test(expression, () => {
      expect(faultsOf(expression)).toEqual([
        { type: "expression_function", message, offset: 0, length: expression.length },
      ]);
    });
  }
});
