import { describe, expect, test } from "bun:test";
import { type ASTNode, Environment } from "@marcbachmann/cel-js";
import { faultsOf } from "./expressions.fixture.ts";
import { parse } from "./parse.ts";
import type { ExpressionFault } from "./tree.ts";

describe("the library's tree", () => {
  const tree = (text: string): ASTNode =>
    new Environment({ enableOptionalTypes: true, unlistedVariablesAreDyn: true }).parse(text).ast;

  /** What the library publishes of a node, and nothing of what it keeps to itself. */
  function shown(node: unknown): unknown {
    if (Array.isArray(node)) return node.map(shown);
    if (typeof node !== "object" || node === null || !("op" in node) || !("args" in node)) return node;
    return [node.op, shown(node.args)];
  }

  const trees: [text: string, tree: unknown][] = [
    ["a.b", [".", [["id", "a"], "b"]]],
    [
      "a.?b[?1]",
      [
        "[?]",
        [
          [".?", [["id", "a"], "b"]],
          ["value", 1n],
        ],
      ],
    ],
    [
      "!a && -b < 1.5 || c in [null]",
      [
        "||",
        [
          [
            "&&",
            [
              ["!_", ["id", "a"]],
              [
                "<",
                [
                  ["-_", ["id", "b"]],
                  ["value", 1.5],
                ],
              ],
            ],
          ],
          [
            "in",
            [
              ["id", "c"],
              ["list", [["value", null]]],
            ],
          ],
        ],
      ],
    ],
    [
      "a ? {'b': 1} : f(x)",
      [
        "?:",
        [
          ["id", "a"],
          [
            "map",
            [
              [
                ["value", "b"],
                ["value", 1n],
              ],
            ],
          ],
          ["call", ["f", [["id", "x"]]]],
        ],
      ],
    ],
    // Macros stand as they were written.
    [
      "a.map(x, x > 1, x + 1)",
      [
        "rcall",
        [
          "map",
          ["id", "a"],
          [
            ["id", "x"],
            [
              ">",
              [
                ["id", "x"],
                ["value", 1n],
              ],
            ],
            [
              "+",
              [
                ["id", "x"],
                ["value", 1n],
              ],
            ],
          ],
        ],
      ],
    ],
    [
      "a.all(x, has(x.b))",
      [
        "rcall",
        [
          "all",
          ["id", "a"],
          [
            ["id", "x"],
            ["call", ["has", [[".", [["id", "x"], "b"]]]]],
          ],
        ],
      ],
    ],
    [
      "cel.bind(x, 1, x)",
      [
        "rcall",
        [
          "bind",
          ["id", "cel"],
          [
            ["id", "x"],
            ["value", 1n],
            ["id", "x"],
          ],
        ],
      ],
    ],
  ];
  for (const [text, expected] of trees) {
    test(`of ${text} is what its types say`, () => expect(shown(tree(text))).toEqual(expected));
  }

  test("says where each part stands", () => {
    const node = tree(" payload.items.map(x, x * 2)");
    expect([node.start, node.end]).toEqual([1, 28]);
    expect(node.op === "rcall" && [node.args[1].start, node.args[1].end]).toEqual([1, 14]);
  });
});

describe("faults say where", () => {
  const faults: [text: string, type: ExpressionFault["type"], message: string, offset: number, length: number][] = [
    ["", "expression_syntax", "Something is missing at the end", 0, 0],
    ["1 +", "expression_syntax", "Something is missing at the end", 3, 0],
    ["(1 + 2", "expression_syntax", "Expected `)`, not the end", 6, 0],
    ["a b", "expression_syntax", "Unexpected character: 'b'", 2, 1],
    ["a # b", "expression_syntax", "Unexpected character: #", 2, 1],
    ["x == 'abc", "expression_syntax", "Unterminated string", 5, 4],
    ["'\\q'", "expression_syntax", "Invalid escape sequence: \\q", 1, 2],
    ["1 + 1u", "expression_syntax", "There are no unsigned integers here: leave the u out", 4, 2],
    ["9223372036854775808", "expression_syntax", "The integer is outside of 64 bits", 0, 19],
    ["if + 1", "expression_syntax", "Reserved identifier: if", 0, 2],
    ["1 + cel", "expression_syntax", '`cel` is a word of the language; steps["cel"] reads a step of that name', 4, 3],
    ["{1: 2}", "expression_syntax", "The keys of a map are strings", 1, 1],
    ["has(a)", "expression_syntax", "`has` takes a field, such as has(payload.name)", 0, 6],
    ["1 + nope(2)", "expression_function", "There is no function `nope`", 4, 7],
  ];
  for (const [text, type, message, offset, length] of faults) {
    test(JSON.stringify(text), () => expect(faultsOf(text)).toEqual([{ type, message, offset, length }]));
  }

  test("all that the tree shows", () => {
    const found = faultsOf("nope(1) + [1u, has(2)][0] + 'a'.matches('b')");
    expect(found.map(({ type, offset }) => [type, offset])).toEqual([
      ["expression_function", 0],
      ["expression_syntax", 11],
      ["expression_syntax", 15],
      ["expression_function", 28],
    ]);
  });
});

describe("limits", () => {
  const times = (count: number, part: string, between = "") => Array<string>(count).fill(part).join(between);
  const nested = (count: number, open: string, inner: string, close: string) =>
    times(count, open) + inner + times(count, close);
  const limits: [what: string, fits: string, exceeds: string, message: RegExp][] = [
    ["4,096 characters", `1${times(4095, " ")}`, `1${times(4096, " ")}`, /longer than 4096/],
    ["1,000 parts", times(500, "a", "+"), times(501, "a", "+"), /too large/],
    ["nesting of 32", nested(31, "[", "1", "]"), nested(32, "[", "1", "]"), /deeper than 32/],
    ["31 fields in a row", `a${times(31, ".b")}`, `a${times(32, ".b")}`, /deeper than 32/],
    [
      "three loops",
      nested(3, "x.map(a, ", "a", ")"),
      nested(4, "x.map(a, ", "a", ")"),
      /Comprehensions nest deeper than 3/,
    ],
    [
      "eight names",
      nested(8, "cel.bind(a, 1, ", "a", ")"),
      nested(9, "cel.bind(a, 1, ", "a", ")"),
      /cel.bind nests deeper than 8/,
    ],
  ];
  for (const [what, fits, exceeds, message] of limits) {
    test(what, () => {
      expect(faultsOf(fits)).toEqual([]);
      expect(faultsOf(exceeds)).toMatchObject([
        { type: "expression_too_large", message: expect.stringMatching(message) },
      ]);
    });
  }

  test("a loop in the range of another is not nested", () => {
    expect(faultsOf("x.map(a, a).map(a, a).map(a, a).map(a, a)")).toEqual([]);
  });

  test("thousands of signs in a row do no harm", () => {
    for (const sign of ["!", "-", "(", "[", "{", "a.", "a?b:", "a[", "a||", "f("]) {
      expect(faultsOf(times(Math.floor(4096 / sign.length), sign))).toHaveLength(1);
    }
  });
});

test("what an expression reads from outside, and where", () => {
  const parsed = parse(
    'payload.a + steps["a b"].output + steps.c.output + steps[d].x + x.map(y, y + payload.z).size()',
  );
  expect(
    "references" in parsed && parsed.references.map(({ name, step, fields, offset }) => [name, step, fields, offset]),
  ).toEqual([
    ["payload", null, ["a"], 0],
    ["steps", "a b", ["a b", "output"], 12],
    ["steps", "c", ["c", "output"], 34],
    ["steps", null, [], 51],
    ["d", null, [], 57],
    ["x", null, [], 64],
    ["payload", null, ["z"], 77],
  ]);
});
