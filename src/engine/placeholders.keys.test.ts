/** Keys that a path can't spell, and what they leave of definitions that were written before there were quotes. */
import { describe, expect, test } from "bun:test";
import { scopeOf } from "../language/expressions/scope.ts";
import { translated } from "../language/translated.ts";
import type { Json } from "../schemas/json/json.ts";
import { PlaceholderError, resolvePlaceholders } from "./placeholders.ts";

const payload: Json = JSON.parse(String.raw`{
  "a.b": 1, "[z]": {"": [10, {"x y": "deep"}]}, "": "empty", "a\"b": "quote", "a}b": "brace", "a{b": "open", "{}": "both",
  "back\\slash": "back", "ünï": "unicode", "line\nbreak": "line", " x ": "spaces", "0": "zero", "5\" pipe": "inches",
  "__proto__": {"own": 1}, "$\u007bx}": "named so", "list": [[1, 2], 3], "say \"hi\"": "said"
}`);
const values = new Map<string, Json>([
  ["payload", payload],
  ["hook", { response_data: { "x.y": [true] } }],
]);
const context = { get: (name: string) => values.get(name), step: () => undefined };

const resolved: { text: string; to: Json }[] = [
  { text: '${payload["a.b"]}', to: 1 },
  { text: 'n=${payload["a.b"]}!', to: "n=1!" },
  { text: '${payload["[z]"][""][0]}', to: 10 },
  { text: '${payload["[z]"][""][1]["x y"]}', to: "deep" },
  { text: '${payload[""]}', to: "empty" },
  { text: String.raw`\${payload["a\"b"]}`.slice(1), to: "quote" },
  { text: '${payload["a}b"]}', to: "brace" },
  { text: '<${payload["a}b"]}> <${payload["a}b"]}>', to: "<brace> <brace>" },
  { text: String.raw`\${payload["a\u007bb"]}`.slice(1), to: "open" },
  { text: String.raw`\${payload["\u007B}"]}`.slice(1), to: "both" },
  { text: String.raw`\${payload["$\u007bx}"]}`.slice(1), to: "named so" },
  { text: '${{ payload["${x}"] }}', to: "named so" },
  { text: String.raw`\${payload["back\\slash"]}`.slice(1), to: "back" },
  { text: '${payload["ünï"]}', to: "unicode" },
  { text: String.raw`\${payload["\u00fcn\u00ef"]}`.slice(1), to: "unicode" },
  { text: String.raw`\${payload["line\nbreak"]}`.slice(1), to: "line" },
  { text: '${payload[" x "]}', to: "spaces" },
  { text: '${ payload["a.b"] }', to: 1 },
  { text: '${payload["0"]}', to: "zero" },
  { text: '${payload["list"]["0"][1]}', to: 2 },
  { text: '${payload["__proto__"]["own"]}', to: 1 },
  { text: '${hook["response_data"]["x.y"][0]}', to: true },
  { text: '$${payload["a.b"]}', to: '${payload["a.b"]}' },
  { text: '${payload["a{b"]}', to: '${payload["a{b"]}' },
  { text: '${payload["a.b"]', to: '${payload["a.b"]' },
  { text: '${payload.5" pipe}', to: "inches" },
  { text: '${payload.say "hi"}', to: "said" },
];

describe("keys in quotes", () => {
  for (const { text, to } of resolved) test(text, () => expect(resolvePlaceholders(text, context)).toEqual(to));

  for (const text of [
    '${payload["A.B"]}',
    '${payload["list"]["00"]}',
    '${payload["list"]["length"]}',
    '${payload["a.b"]["0"]}',
    '${payload["a.b}',
    '${payload["a.b"x}',
    '${payload["a}',
    '${payload["a}b"] and no end',
    String.raw`\${payload["\x41"]}`.slice(1),
    '${["payload"]}',
    '${payload.["a.b"]}',
    '${payload["hasOwnProperty"]}',
  ]) {
    test(`${text} leads nowhere`, () => {
      expect(() => resolvePlaceholders(text, context)).toThrow(PlaceholderError);
      expect(() => resolvePlaceholders(text, context)).toThrow("leads nowhere");
    });
  }
});

test("a placeholder of a stored definition that is longer than those of today is followed, its error is not", () => {
  const key = "k".repeat(100_000);
  const long = scopeOf({ payload: { [key]: 7 } });
  expect(resolvePlaceholders(`\${payload.${key}}`, long)).toBe(7);
  const message = (() => {
    try {
      return String(resolvePlaceholders(`\${payload.${key}x}`, long));
    } catch (error) {
      return String(error);
    }
  })();
  expect(message).toContain("leads nowhere");
  expect(message.length).toBeLessThan(1200);
});

describe("texts that meant something before there were quotes", () => {
  /** Keys of two characters that matter, three levels deep; each leaf says where it is. */
  const keys = ["a", "0", " ", '"', "a0", " a", "a ", '"a', "\\", "$"];
  const tree = (depth: number, path: string): Json =>
    depth === 0 ? `<${path}>` : Object.fromEntries(keys.map((key) => [key, tree(depth - 1, `${path}/${key}`)]));
  const everything = new Map(keys.map((key): [string, Json] => [key, tree(2, key)]));

  const scope = { get: (name: string) => everything.get(name), step: () => undefined };

  /** What a text became then; undefined where its step failed. */
  function before(text: string): Json | undefined {
    let failed = false;
    const fetch = (path: string): Json => {
      const value = follow(path) ?? follow(path.trim());
      if (value === undefined) failed = true;
      return value ?? null;
    };
    const written = (value: Json) => (typeof value === "string" ? value : JSON.stringify(value));
    const whole = /^\$\{([^{}]*)\}$/.exec(text)?.[1];
    const became =
      whole === undefined
        ? text.replace(/\$\$\{|\$\{([^{}]*)\}/g, (_, path?: string) =>
            path === undefined ? "${" : written(fetch(path)),
          )
        : fetch(whole);
    return failed ? undefined : became;
  }

  function follow(path: string): Json | undefined {
    const segments: string[] = [];
    for (const part of path.split(".")) {
      const [, name, indexes = ""] = /^([^[\]]+)((?:\[\d+\])*)$/.exec(part) ?? [];
      if (name === undefined) return undefined;
      segments.push(name, ...indexes.matchAll(/\d+/g).map(([index]) => index));
    }
    let value: Json | undefined = everything.get(segments[0] ?? "");
    for (const segment of segments.slice(1)) {
      if (value === undefined || value === null || typeof value !== "object" || Array.isArray(value)) return undefined;
      value = Object.hasOwn(value, segment) ? value[segment] : undefined;
    }
    return value;
  }

  test("mean the same, for 40,000 texts of the characters that matter", () => {
    const pieces = ["$", "{", "}", "[", "]", '"', "\\", ".", "0", "a", " ", "${", "${a", '["', '"]', "}", "${{", "}}"];
    let state = 20_261_128;
    const below = (bound: number) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return (state >>> 8) % bound;
    };
    const seen = { literal: 0, resolved: 0 };
    for (let round = 0; round < 40_000; round++) {
      const text = Array.from({ length: 1 + below(10) }, () => pieces[below(pieces.length)]).join("");
      const then = before(text);
      if (then === undefined) continue;
      seen[then === text ? "literal" : "resolved"]++;
      const read: Json = JSON.parse(translated(JSON.stringify(text), 1));
      const now = resolvePlaceholders(read, scope);
      if (JSON.stringify(now) !== JSON.stringify(then)) throw new Error(`${text} became ${then}, and now ${now}`);
    }
    expect(seen.literal > 10_000 && seen.resolved > 1_000).toBe(true);
  });
});
