import { describe, expect, test } from "bun:test";
import type { Json } from "../schemas/json/json.ts";
import { Expressions } from "./checks/reading/expressions.ts";
import { MAX_PLACEHOLDER, nextPlaceholder, parsePath, wholePlaceholder } from "./placeholder.ts";
import { type PlaceholderFault, readPlaceholders } from "./placeholder-faults.ts";

describe("paths", () => {
  const paths: { path: string; segments: string[] | null }[] = [
    { path: "payload", segments: ["payload"] },
    { path: "payload.items[0].id", segments: ["payload", "items", "0", "id"] },
    { path: "a[1][22].b[3]", segments: ["a", "1", "22", "b", "3"] },
    { path: "a b.c", segments: ["a b", "c"] },
    { path: 'a["b.c"]', segments: ["a", "b.c"] },
    { path: 'a["[z]"]["]"][0]["\\""].d["e"]', segments: ["a", "[z]", "]", "0", '"', "d", "e"] },
    { path: 'a[""]', segments: ["a", ""] },
    { path: 'a["{}"].b', segments: ["a", "{}", "b"] },
    { path: String.raw`a["\u007b\n\\"]`, segments: ["a", "{\n\\"] },
    { path: 'a["ünï 🚚"]', segments: ["a", "ünï 🚚"] },
    { path: 'say "hi".b', segments: ['say "hi"', "b"] },
    { path: "", segments: null },
    { path: "a..b", segments: null },
    { path: "a[x]", segments: null },
    { path: "a[0]b", segments: null },
    { path: "[0]", segments: null },
    { path: '["a"]', segments: null },
    { path: 'a.["b"]', segments: null },
    { path: 'a["b"]c', segments: null },
    { path: 'a["b]', segments: null },
    { path: 'a["b"', segments: null },
    { path: 'a["b" ]', segments: null },
    { path: "a['b']", segments: null },
    { path: String.raw`a["\x"]`, segments: null },
    { path: 'a["b\n"]', segments: null },
  ];
  for (const { path, segments } of paths) {
    test(JSON.stringify(path), () => expect(parsePath(path)).toEqual(segments));
  }

  test("every key is reached as its JSON string, an opening brace as an escape", () => {
    for (let code = 0; code < 0x3000; code++) {
      const key = String.fromCharCode(code);
      const path = `payload[${JSON.stringify(key).replace("{", "\\u007b")}].x`;
      expect(parsePath(path)).toEqual(["payload", key, "x"]);
      expect(wholePlaceholder(`\${${path}}`)).toEqual({ path });
    }
  });
});

describe("faults of placeholders, and where they stand", () => {
  const names = "names __proto__, constructor or prototype";
  const noPath = "is no path: a key in brackets is a JSON string";
  const cases: { value: Json; faults: [path: string, message: string][] }[] = [
    { value: "${payload.__proto__}", faults: [["", `The placeholder \${payload.__proto__} ${names}`]] },
    { value: "${payload.a.constructor.name}", faults: [["", names]] },
    { value: '${payload["__proto__"]}', faults: [["", names]] },
    { value: String.raw`\${payload["\u005f_proto__"]}`.slice(1), faults: [["", names]] },
    { value: "${prototype}", faults: [["", names]] },
    { value: "${ payload.items[0].__proto__ }", faults: [["", names]] },
    {
      value: "a ${payload.__proto__} b ${payload.ok} c ${constructor}",
      faults: [
        ["", "payload.__proto__"],
        ["", "${constructor}"],
      ],
    },
    { value: { a: [1, { b: "${payload.prototype}" }], c: "${payload.c}" }, faults: [["a/1/b", names]] },
    { value: "$${payload.__proto__}", faults: [] },
    { value: "payload.__proto__ and {constructor}", faults: [] },
    { value: "${payload.__proto} ${payload.constructors} ${payload.my prototype}", faults: [] },
    { value: [1, null, true, "__proto__", {}], faults: [] },

    { value: '${payload["a.b}', faults: [["", `The placeholder \${payload["a.b} ${noPath}`]] },
    { value: '${payload["a.b"}', faults: [["", noPath]] },
    { value: "${payload['a.b']}", faults: [["", noPath]] },
    { value: '${payload["a"]b}', faults: [["", noPath]] },
    { value: '${payload.["a"]}', faults: [["", noPath]] },
    { value: '${["a"]}', faults: [["", noPath]] },
    { value: String.raw`\${payload["\q"]}`.slice(1), faults: [["", noPath]] },
    { value: '${payload["a}b"]} ${payload["a"][0][""]} ${ payload["x"] }', faults: [] },
    { value: '${payload["a{b"]} ${payload["a.b', faults: [] },
    { value: "${payload[a]} ${payload[-1]} ${payload[0}", faults: [] },
    {
      value: "${} ${ a..b } ${payload.} ${.payload}",
      faults: [
        ["", "The placeholder ${} is no path: it has an empty name"],
        ["", "${ a..b } is no path"],
        ["", "${payload.} is no path"],
        ["", "${.payload} is no path"],
      ],
    },

    { value: `\${${"x".repeat(MAX_PLACEHOLDER - 3)}}`, faults: [] },
    { value: [`\${${"x".repeat(MAX_PLACEHOLDER - 2)}}`], faults: [["0", "xxx… is longer than 1024 characters"]] },
    { value: `\${x${"1.00.01.02.".repeat(100_000)}}`, faults: [["", "is longer than 1024 characters"]] },
    { value: `$\${${"x".repeat(MAX_PLACEHOLDER)}} \${${"x".repeat(MAX_PLACEHOLDER)}`, faults: [] },
  ];
  for (const { value, faults } of cases) {
    test(JSON.stringify(value).slice(0, 80), () => {
      const found = faultsIn(value);
      expect(found.map(({ path, message }): [string, string] => [path.join("/"), message])).toEqual(
        faults.map(([path, message]) => [path, expect.stringContaining(message)]),
      );
    });
  }
});

/** The faults in the placeholders of a value, each with the path to it. */
function faultsIn(value: Json): (PlaceholderFault & { path: (string | number)[] })[] {
  const expressions = new Expressions();
  return [...readPlaceholders(value, (text) => expressions.read(text))].flatMap(({ path, faults }) =>
    faults.map((fault) => ({ ...fault, path })),
  );
}

describe("faults of expressions", () => {
  const cases: [text: string, type: string, message: string, part: string][] = [
    ["${{ 1 + }}", "expression_syntax", "Something is missing at the end", ""],
    ["a ${{ payload.a }} ${{ nope(1) }}", "expression_function", "There is no function `nope`", "nope(1)"],
    ["${a} ${{ 'a", "expression_syntax", "The expression has no end: }} is missing", "${{ 'a"],
    ["${{ a } }", "expression_syntax", "The expression has no end: }} is missing", "${{ a } }"],
    ["${{}}", "expression_syntax", "Something is missing at the end", ""],
    [
      `\${{${" ".repeat(4097)}}}`,
      "expression_too_large",
      "The expression is longer than 4096 characters",
      " ".repeat(4097),
    ],
  ];
  for (const [text, type, message, part] of cases) {
    test(text.slice(0, 60), () => {
      const [fault, ...more] = faultsIn({ a: [text] });
      const { offset = -1, length = -1 } = fault?.ctx ?? {};
      expect({ ...fault, part: text.slice(offset, offset + length) }).toMatchObject({
        path: ["a", 0],
        type,
        message,
        part,
      });
      expect(more).toEqual([]);
    });
  }

  test("there are none in what is written out, or in an expression that is right", () => {
    expect(faultsIn(["$${{ 1 + }}", "${{ 1 + 1 }}", "${{ {'a': {'b': '}}'}} }}", "{{ 1 + }}"])).toEqual([]);
  });
});

describe("a value that is one placeholder", () => {
  for (const value of ["${a}", "${payload.a[0]}", "${}", "${ a }", '${a["}"]}', '${a["b"]["}}"].c}']) {
    test(JSON.stringify(value), () => expect(wholePlaceholder(value)).toEqual({ path: value.slice(2, -1) }));
  }
  for (const value of ["${{a}}", "${{ 1 + 1 }}", "${{ {'a': {}} }}", "${{ '}}' }}", "${{}}"]) {
    test(value, () => expect(wholePlaceholder(value)).toEqual({ expression: value.slice(3, -2) }));
  }
  for (const value of [
    "",
    "a",
    " ${a}",
    "${a} ",
    "${a}${b}",
    "$${a}",
    "${a",
    "${a{b}}",
    "${{a}} ",
    "$${{a}}",
    "${{a}}${{b}}",
    1,
    null,
    ["${a}"],
    {},
  ]) {
    test(`not ${JSON.stringify(value)}`, () => expect(wholePlaceholder(value)).toBeNull());
  }
});

describe("texts of 1 MiB", () => {
  const size = 2 ** 20;
  const pieces = [
    "${",
    "$",
    "$${",
    "${a",
    "${[",
    '${["',
    '["',
    '${a["}',
    '${a["\\"',
    "${a}",
    "${{",
    "${{'",
    '${{"""',
    "${{a}}",
    '${a["}"]}',
    "[",
    "{",
    "}",
  ];
  for (const piece of pieces) {
    // Read twice for each character it would take hours.
    test(`of ${JSON.stringify(piece)} are read in one pass`, () => {
      for (const text of [piece.repeat(size / piece.length), `\${${piece.repeat(size / piece.length)}`]) {
        let [at, count, backwards] = [0, 0, 0];
        for (let found = nextPlaceholder(text, at); found !== null; found = nextPlaceholder(text, at)) {
          if (found.start < at || found.end <= found.start) backwards++;
          at = found.end;
          count++;
        }
        expect(backwards).toBe(0);
        expect(faultsIn(text).length <= count).toBe(true);
      }
    });
  }
});
