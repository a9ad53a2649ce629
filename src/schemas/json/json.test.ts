import { describe, expect, test } from "bun:test";
import { findJsonFaults, type Json, type JsonFaultKind, MAX_DEPTH, MAX_FAULTS, pathsToOffsets } from "./json.ts";

function kinds(text: string): JsonFaultKind[] {
  JSON.parse(text);
  return findJsonFaults(text).map(({ kind }) => kind);
}

const nested = (depth: number, open = "[", close = "]") => open.repeat(depth) + close.repeat(depth);

describe("numbers", () => {
  const exact = `0 -0 1 -1 10 0.1 -0.1 1.0 1.50 0.10 100 123456789012345 -123456789012345 1E5 1e5 1e+5 1E-5 -1e-5 -1E+5
    0e0 0e99999 0E-99999 0.0e400 1e0 12.5e1 1e21 1e22 1.5e300 1.5e+300 -1.5E+300 1e-300 1.7976931348623157e308 5e-324
    2.2250738585072014e-308 9007199254740992 -9007199254740992 9007199254740991 9007199254740994 3.141592653589793
    0.30000000000000004 100000000000000000000 1000000000000000000000000 0.00000000000000000000001 1.00000000000000000000000
    10.000000000000000000000e-1 0.1000000000000000000000000 123456789012345680 1234567890123456e1
    100000000000000000000.0 9007199254740992.0 9007199254740993000 1e-320 -0.0 -0e-400`;
  const nearest = `0.10000000000000001 33.3333333333333333333 -33.3333333333333333333 3.14159265358979323846 0.30000000000000001
    0.1000000000000000055511151231257827 1.00000000000000000001 12345678901234567890e-5 900719925474099.35
    1.2345678901234567e+30 -1.23456789012345678E30 1.7976931348623158e308 2.2250738585072012e-308 123.456789012345678e-200
    0.${"0".repeat(300)}12345678901234567 100000000000000000001e-6 1234567890123456.7e1`;
  const refused = `9007199254740993 -9007199254740993 9007199254740993.0 9007199254740993.5 12345678901234567890.5 123456789012345678 123456789012345678e0
    1e400 -1e400 1e309 1.8e308 1e-400 -1e-400 4.9e-324 1.2345e-320 1.2345678901234567e-310 100000000000000000001
    99999999999999999999 1e99999999999999999999 1e-99999999999999999999 72057594037927936
    1${"0".repeat(309)} 0.${"0".repeat(400)}1`;
  for (const number of exact.split(/\s+/)) {
    test(`${number} comes back as it was sent`, () => {
      expect(kinds(`{"a":[${number}]}`)).toEqual([]);
    });
  }
  for (const number of nearest.split(/\s+/)) {
    test(`${number.slice(0, 60)} becomes the nearest double`, () => {
      expect(kinds(`{"a":[${number}]}`)).toEqual([]);
    });
  }
  for (const number of refused.split(/\s+/)) {
    test(`${number.slice(0, 60)} is refused`, () => {
      expect(kinds(number)).toEqual(["number"]);
      expect(findJsonFaults(`{"a":[1, ${number} ]}`)).toEqual([{ kind: "number", offset: 9 }]);
    });
  }

  test("a fraction of any double in any number of digits is taken, and comes back as that double", () => {
    const bits = new DataView(new ArrayBuffer(8));
    let state = 20_261_128;
    const next = () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state;
    };
    for (let round = 0; round < 20_000; round++) {
      bits.setUint32(0, next());
      bits.setUint32(4, next());
      const value = bits.getFloat64(0);
      if (!Number.isFinite(value) || Math.abs(value) < 2 ** -1022) continue;
      const digits = 16 + (next() % 40);
      const written = [value.toExponential(digits), (value % 1e15 || 0.5).toPrecision(digits)];
      for (const number of written) {
        const size = Math.abs(Number(number));
        if (number.includes(".") && size >= 2 ** -1022) expect([number, ...kinds(number)]).toEqual([number]);
      }
    }
  });

  test("an integer beyond 2^53 is taken where its text comes back", () => {
    for (let power = 53n; power < 69n; power++) {
      for (const offset of [-1n, 0n, 1n, 2n, 3n, 1000n]) {
        const number = String(2n ** power + offset);
        const comesBack = String(Number(number)) === number;
        expect([number, ...kinds(number)]).toEqual(comesBack ? [number] : [number, "number"]);
      }
    }
  });

  test("as text they are no numbers", () => {
    expect(kinds('["9007199254740993", "1e400", {"9007199254740993": "-1e-400"}]')).toEqual([]);
  });

  test("side by side each is judged by itself", () => {
    expect(findJsonFaults("[1e400,2,-1e400,3]").map(({ offset }) => offset)).toEqual([1, 9]);
  });

  // A body of 1 MiB is allowed: what takes the square of its length would take hours here.
  test("a number of 500,000 digits is judged as any other", () => {
    const zeros = "0".repeat(500_000);
    for (const [number, fault] of [
      [`0.1${zeros}1`, []],
      [`0.1${zeros}`, []],
      [`0.${zeros}1`, ["number"]],
      [`1${zeros}`, ["number"]],
      [`0.${"10".repeat(250_000)}1`, []],
      [`${"10".repeat(150)}${zeros}.1`, ["number"]],
    ] as const) {
      expect(findJsonFaults(`[${number}]`).map(({ kind }) => kind)).toEqual([...fault]);
    }
  });
});

describe("strings", () => {
  const cases: { name: string; text: string; faults: JsonFaultKind[] }[] = [
    { name: "NUL", text: String.raw`"a\u0000b"`, faults: ["string"] },
    { name: "NUL in a key", text: String.raw`{"\u0000":1}`, faults: ["string"] },
    { name: "a backslash before u0000", text: String.raw`"a\\u0000b"`, faults: [] },
    { name: "a backslash and NUL", text: String.raw`"a\\\u0000b"`, faults: ["string"] },
    { name: "other control characters", text: String.raw`"\u0001\u001f\u007f\b\f\n\r\t"`, faults: [] },
    { name: "a high surrogate alone", text: String.raw`"\ud800"`, faults: ["string"] },
    { name: "a high surrogate before a letter", text: String.raw`"\uD83Dx"`, faults: ["string"] },
    { name: "a low surrogate alone", text: String.raw`"x\udfff"`, faults: ["string"] },
    { name: "a pair the wrong way round", text: String.raw`"\ude00\ud83d"`, faults: ["string"] },
    { name: "two high ones and a low one", text: String.raw`"\ud83d\ud83d\ude00"`, faults: ["string"] },
    { name: "a lone surrogate in a key", text: String.raw`{"a":{"\ud800":1}}`, faults: ["string"] },
    { name: "a pair in escapes", text: String.raw`"\ud83d\ude00"`, faults: [] },
    { name: "a pair as it is", text: '"😀"', faults: [] },
    { name: "half a pair in escapes, half as it is", text: '"\\ud83d😀"', faults: ["string"] },
    { name: "the last code points", text: '"\\uffff\\udbff\\udfff\u{10ffff}"', faults: [] },
    { name: "escaped quotes and brackets", text: String.raw`"\"[{\\"`, faults: [] },
    { name: "each string by itself", text: String.raw`["\u0000","a","\ud800"]`, faults: ["string", "string"] },
    { name: "an escape elsewhere hides nothing", text: String.raw`["\u0041","\u0000"]`, faults: ["string"] },
  ];
  for (const { name, text, faults } of cases) test(name, () => expect(kinds(text)).toEqual(faults));
});

describe("keys", () => {
  const cases: { name: string; text: string; faults: JsonFaultKind[] }[] = [
    { name: "__proto__", text: '{"__proto__":1}', faults: ["key"] },
    { name: "constructor", text: '{"constructor":1}', faults: ["key"] },
    { name: "prototype", text: '{"prototype":1}', faults: ["key"] },
    { name: "at depth, beside others", text: '{"a":[{"b":1,"__proto__":{"constructor":2}}]}', faults: ["key", "key"] },
    { name: "white space before the colon", text: '{"__proto__" \n\r\t : 1}', faults: ["key"] },
    { name: "the first letter in an escape", text: String.raw`{"\u005f_proto__":1}`, faults: ["key"] },
    { name: "a letter in the middle in an escape", text: String.raw`{"const\u0072uctor" :1}`, faults: ["key"] },
    {
      name: "every letter in an escape",
      text: `{"${[..."prototype"].map((letter) => `\\u00${letter.charCodeAt(0).toString(16)}`).join("")}":1}`,
      faults: ["key"],
    },
    { name: "as a value", text: '{"a":"__proto__","b":["constructor","prototype"]}', faults: [] },
    { name: "as a value in escapes", text: String.raw`["\u005f_proto__"]`, faults: [] },
    { name: "as a value before a colon in a string", text: '["__proto__",":"]', faults: [] },
    { name: "as part of a key", text: '{"__proto__x":1,"my constructor":1,"Prototype":1,"_proto_":1}', faults: [] },
    { name: "other keys as long", text: '{"abcdefghi":1,"abcdefghijk":1}', faults: [] },
    { name: "in a string of JSON", text: JSON.stringify('{"__proto__":1}'), faults: [] },
  ];
  for (const { name, text, faults } of cases) test(name, () => expect(kinds(text)).toEqual(faults));
});

describe("depth", () => {
  const cases: { name: string; text: string; faults: JsonFaultKind[] }[] = [
    { name: "64 arrays", text: nested(MAX_DEPTH), faults: [] },
    { name: "65 arrays", text: nested(MAX_DEPTH + 1), faults: ["depth"] },
    { name: "64 objects", text: `${'{"a":'.repeat(MAX_DEPTH)}1${"}".repeat(MAX_DEPTH)}`, faults: [] },
    { name: "65 objects", text: `${'{"a":'.repeat(MAX_DEPTH + 1)}1${"}".repeat(MAX_DEPTH + 1)}`, faults: ["depth"] },
    { name: "65 of both", text: `${'[{"a":'.repeat(32)}[1]${"}]".repeat(32)}`, faults: ["depth"] },
    { name: "64 of both", text: `${'[{"a":'.repeat(32)}1${"}]".repeat(32)}`, faults: [] },
    { name: "200,000 arrays are one fault", text: nested(200_000), faults: ["depth"] },
    { name: "twice too deep are two", text: `[${nested(MAX_DEPTH)},${nested(MAX_DEPTH)}]`, faults: ["depth", "depth"] },
    { name: "side by side is not deep", text: `[${Array(100).fill("[[]],{}").join(",")}]`, faults: [] },
    { name: "brackets in strings", text: JSON.stringify(["[{".repeat(100), { [nested(70)]: "]}" }]), faults: [] },
    { name: "brackets behind an escaped quote", text: JSON.stringify(`"${"[".repeat(100)}\\`), faults: [] },
  ];
  for (const { name, text, faults } of cases) {
    test(name, () => expect(findJsonFaults(text).map(({ kind }) => kind)).toEqual(faults));
  }
});

test("faults come in the order of the text, all kinds, and no more than MAX_FAULTS", () => {
  expect(kinds(String.raw`{"a":1e400,"__proto__":["\u0000"]}`)).toEqual(["number", "key", "string"]);
  expect(
    findJsonFaults(
      `[${Array(MAX_FAULTS * 2)
        .fill("1e400")
        .join(",")}]`,
    ),
  ).toHaveLength(MAX_FAULTS);
});

describe("the path to a fault", () => {
  const cases: { text: string; paths: (string | number)[][] }[] = [
    { text: "1e400", paths: [[]] },
    { text: String.raw`"\u0000"`, paths: [[]] },
    { text: "[1e400]", paths: [[0]] },
    { text: '{"a":1e400}', paths: [["a"]] },
    { text: '{"a":1,"b":[{"c":[1,[2],{"d":0},1e400]}]}', paths: [["b", 0, "c", 3]] },
    { text: ' { "a b" : [ "x,]" , 1e400 ] } ', paths: [["a b", 1]] },
    { text: '{"__proto__":1}', paths: [["__proto__"]] },
    { text: '{"a":{"b":1},"c":{"x":1,"constructor":1}}', paths: [["c", "constructor"]] },
    { text: String.raw`{"\u005f_proto__":1}`, paths: [["__proto__"]] },
    { text: String.raw`{"a\"}":{"\n":"\ud800"}}`, paths: [['a"}', "\n"]] },
    { text: '{"":[],"0":{"":1e400}}', paths: [["0", ""]] },
    { text: '[[[],[1,2]],{"a":[]},1e400]', paths: [[2]] },
    {
      text: '[1e400,{"a":1e400,"b":2},{"prototype":1e400}]',
      paths: [[0], [1, "a"], [2, "prototype"], [2, "prototype"]],
    },
    { text: nested(MAX_DEPTH + 1), paths: [Array(MAX_DEPTH).fill(0)] },
    { text: `{"a":[1,${nested(MAX_DEPTH - 1)}]}`, paths: [["a", 1, ...Array(MAX_DEPTH - 2).fill(0)]] },
  ];
  for (const { text, paths } of cases) {
    test(text.slice(0, 80), () => {
      const offsets = findJsonFaults(text).map(({ offset }) => offset);
      expect(pathsToOffsets(text, offsets)).toEqual(paths);
    });
  }

  test("none for none", () => expect(pathsToOffsets("[1]", [])).toEqual([]));
});

describe("any JSON value", () => {
  const seed = 20_261_121;
  let state = seed;
  /** A whole number from 0 up to a bound (mulberry32). */
  function below(bound: number): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound);
  }
  const bits = new DataView(new ArrayBuffer(8));

  function number(): number {
    if (below(2) === 0) return (below(2 ** 32) - 2 ** 31) / 10 ** below(12);
    bits.setUint32(0, below(2 ** 32));
    bits.setUint32(4, below(2 ** 32));
    const any = bits.getFloat64(0);
    return Number.isFinite(any) ? any : 0;
  }

  function text(): string {
    const points = [
      0x20 + below(0x60),
      1 + below(0xd7ff),
      0xe000 + below(0x2000),
      0x10000 + below(0x100000),
      0x22,
      0x5c,
      0x5b,
      0x7b,
    ];
    return String.fromCodePoint(...Array.from({ length: below(12) }, () => points[below(points.length)] ?? 0x61));
  }

  function value(depth: number): Json {
    const kind = below(depth > 6 ? 4 : 6);
    if (kind === 0) return number();
    if (kind < 3) return text();
    if (kind === 3) return [null, true, false][below(3)] ?? null;
    if (kind === 4) return Array.from({ length: below(6) }, () => value(depth + 1));
    return Object.fromEntries(Array.from({ length: below(6) }, () => [text(), value(depth + 1)]));
  }

  test(`written by JSON.stringify has no fault, and one put into it is found where it is (seed ${seed})`, () => {
    for (let round = 0; round < 5000; round++) {
      const before = state;
      const [head, tail] = [value(0), value(0)];
      for (const indent of [0, 2]) {
        const json = JSON.stringify({ head, tail: [tail] }, null, indent);
        if (findJsonFaults(json).length > 0) throw new Error(`state ${before}: ${json}`);
        const marked = JSON.stringify({ head, tail: [tail, "MARK"] }, null, indent).replace(
          /"MARK"(?=\s*\]\s*\}$)/,
          "1e400",
        );
        const [fault] = findJsonFaults(marked);
        expect([round, fault?.kind, ...pathsToOffsets(marked, [fault?.offset ?? 0])]).toEqual([
          round,
          "number",
          ["tail", 1],
        ]);
      }
    }
  });
});
