/** `POST /expressions/evaluate`, and the examples of docs/language.md. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client } from "./harness/http/client.ts";
import { expectFaults, expectReply } from "./harness/http/expect.ts";
import { Platform } from "./harness/platform.ts";

const DOCUMENT = await Bun.file(new URL("../docs/language.md", import.meta.url)).text();
const ROUTE = "/api/v1/expressions/evaluate";

let platform: Platform;
let api: Client;
beforeAll(async () => {
  platform = await Platform.start();
  api = new Client(platform.url);
});
afterAll(() => platform.close());

function evaluate(expression: string, context?: unknown) {
  return api.post(ROUTE, context === undefined ? { expression } : { expression, context });
}

describe("the examples of docs/language.md", () => {
  const context: unknown = JSON.parse(/<!-- context -->\n```json\n([\s\S]*?)```/.exec(DOCUMENT)?.[1] ?? "");
  const [, table = ""] = /<!-- examples -->\n([\s\S]*?)<!-- \/examples -->/.exec(DOCUMENT) ?? [];
  const examples = [...table.matchAll(/^\| `(.*)` \| `(.*)` \|$/gm)];

  test("there are some", () => expect(examples.length).toBeGreaterThan(20));

  for (const [, expression = "", value = ""] of examples) {
    test(expression, async () => {
      const reply = await evaluate(expression, context);
      expectReply(reply, 200);
      expect(reply.text).toBe(`{"value":${value}}`);
    });
  }

  test("the call prints what it says", async () => {
    const [, body = "", printed = ""] = /expressions\/evaluate .*-d '(.*)'\n(\{.*)\n```/.exec(DOCUMENT) ?? [];
    expect((await api.post(ROUTE, JSON.parse(body))).text).toBe(printed);
  });
});

describe("gives", () => {
  const values: [expression: string, value: unknown][] = [
    ["null", null],
    ["1 + 1", 2],
    ["[1, 2.5, 'a', true, null, {}]", [1, 2.5, "a", true, null, {}]],
    ["'ünï 🚚 \\u0000'", "ünï 🚚 \0"],
    ["1 == 2", false],
  ];
  for (const [expression, value] of values) {
    test(expression, async () => expectReply(await evaluate(expression), 200, { value }));
  }

  test("what its context has, steps by their names too", async () => {
    const context = { steps: { "a b": { status: "failed" } }, payload: { list: [1] } };
    expectReply(await evaluate('steps["a b"].status + string(payload.list[0])', context), 200, { value: "failed1" });
  });

  test("up to 1 MiB", async () => {
    const text = "x".repeat(1_000_000);
    const reply = await evaluate("text + 'y'", { text });
    expect(reply.text).toBe(`{"value":"${text}y"}`);
  });
});

describe("faults", () => {
  const faults: [expression: string, type: string, msg: string, offset: number, length: number][] = [
    ["1 +", "expression_syntax", "Something is missing at the end", 3, 0],
    ["1 + nope(1)", "expression_function", "There is no function `nope`", 4, 7],
    [`1${" ".repeat(4096)}`, "expression_too_large", "The expression is longer than 4096 characters", 0, 4097],
    ["payload.n", "expression", "There is no `payload` here", 0, 7],
    ["1 + 1 / 0", "expression", "An integer is divided by zero", 4, 5],
    ["range(50000).map(x, [x]).size()", "expression", "It costs too much", 20, 3],
  ];
  for (const [expression, type, msg, offset, length] of faults) {
    test(`${expression.slice(0, 40).trim()}: ${msg}`, async () => {
      const reply = await evaluate(expression);
      expectReply(reply, 422);
      expect(reply.body).toMatchObject({
        detail: [{ loc: ["body", "expression"], msg, type, ctx: { offset, length } }],
        code: "validation_failed",
      });
    });
  }

  test("several at once", async () => {
    const reply = await evaluate("a() + b()");
    expect(reply.body).toMatchObject({ detail: [{ ctx: { offset: 0 } }, { ctx: { offset: 6 } }] });
  });

  test("of the body", async () => {
    expectFaults(await api.post(ROUTE, {}), [{ loc: ["body", "expression"], type: "missing" }]);
    expectFaults(await api.post(ROUTE, { expression: 1 }), [{ loc: ["body", "expression"], type: "string_type" }]);
    expectFaults(await api.post(ROUTE, { expression: "1", context: [] }), [
      { loc: ["body", "context"], type: "dict_type" },
    ]);
    expectFaults(await api.post(ROUTE, { expression: "1", more: 1 }), [
      { loc: ["body", "more"], type: "extra_forbidden" },
    ]);
  });
});

test("nothing that was sent leaves a word in the log", () => expect(platform.complaints()).toEqual([]));
