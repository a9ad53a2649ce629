/** Expressions in the configs of steps, over HTTP. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client } from "./harness/http/client.ts";
import { expectReply } from "./harness/http/expect.ts";
import { textAt } from "./harness/http/json.ts";
import { Platform } from "./harness/platform.ts";

let platform: Platform;
let api: Client;
beforeAll(async () => {
  platform = await Platform.start();
  api = new Client(platform.url);
});
afterAll(() => platform.close());

const PAYLOAD = {
  name: "Ada",
  lines: [
    { sku: "x", price: 2.5, count: 4 },
    { sku: "y", price: 10, count: 1 },
  ],
};

function transform(name: string, value: unknown) {
  return { name, type: "transform", config: { value } };
}

test("the definition of docs/language.md does what it says", async () => {
  const text = await Bun.file(new URL("../docs/language.md", import.meta.url)).text();
  const definition: unknown = JSON.parse(/<!-- definition -->\n```json\n([\s\S]*?)```/.exec(text)?.[1] ?? "");
  const created = await api.post("/api/v1/workflows", definition);
  expectReply(created, 200);
  const run = await api.untilEnded(await api.trigger(textAt(created.body, "workflow_id"), PAYLOAD));
  expect(run.output("tell")).toEqual({
    type: "transform",
    value: { text: "Ada pays 30", took: "success", code: "${{ no expression }}" },
  });
});

describe("a run", () => {
  test("has what expressions give, of payload and steps before", async () => {
    const steps = [
      transform("prices", "${{ payload.lines.map(l, l.price * l.count) }}"),
      transform("total", {
        sum: "${{ prices.value.sum() }}",
        text: "${payload.name} pays ${{ prices.value.sum() + 0.5 }}",
      }),
      transform("how", '${{ steps.total.status + " after " + string(steps["prices"].attempts) }}'),
      transform("literal", "$${{ 1 + 1 }}"),
    ];
    const run = await api.run(steps, PAYLOAD);
    expect(run.output("prices")).toEqual({ type: "transform", value: [10, 10] });
    expect(run.output("total")).toEqual({ type: "transform", value: { sum: 20, text: "Ada pays 20.5" } });
    expect(run.output("how")).toEqual({ type: "transform", value: "success after 1" });
    expect(run.output("literal")).toEqual({ type: "transform", value: "${{ 1 + 1 }}" });
  });

  test("takes a number where a config wants one", async () => {
    const step = { name: "wait", type: "delay", config: { duration: "${{ payload.ms / 1000 }}" } };
    expect((await api.run([step], { ms: 10 })).output("wait")).toMatchObject({ duration: 0.01 });
  });

  test("has them in the output of a block", async () => {
    const steps = [transform("a", 1), transform("b", 2)];
    const config = { steps, output: { sum: "${{ a.value + b.value }}", first: "${{ steps.a.output.value }}" } };
    const run = await api.run([{ name: "both", type: "block", config }, transform("after", "${{ both.sum * 2 }}")], {});
    expect(run.output("both")).toEqual({ sum: 3, first: 1 });
    expect(run.output("after")).toMatchObject({ value: 6 });
  });

  const failing: [expression: string, error: string][] = [
    ["payload.missing", 'There is no field "missing"'],
    ["payload.name + 1", "`+` does not take a string and an int"],
    ["range(60000).all(x, true)", "It costs too much"],
  ];
  for (const [expression, error] of failing) {
    test(`fails by ${expression}`, async () => {
      const run = await api.run([transform("bad", `\${{ ${expression} }}`)], PAYLOAD);
      expect(run.status).toBe("failed");
      expect(run.body.error).toBe(`Step "bad" failed: The expression ${expression} failed: ${error}`);
    });
  }
});

describe("faults at creation say where", () => {
  const faults: [value: string, type: string, msg: string, part: string][] = [
    ["${{ 1 + }}", "expression_syntax", "Something is missing at the end", ""],
    ["n: ${{ nope(1) }}", "expression_function", "There is no function `nope`", "nope(1)"],
    ["${{ 1 + 1 }", "expression_syntax", "The expression has no end: }} is missing", "${{ 1 + 1 }"],
  ];
  for (const [value, type, msg, part] of faults) {
    test(value, async () => {
      const reply = await api.post("/api/v1/workflows", { name: "faulty", steps: [transform("a", [value])] });
      expectReply(reply, 422);
      const ctx = { offset: part === "" ? value.indexOf("}}") : value.indexOf(part), length: part.length };
      const loc = ["body", "steps", 0, "config", "value", 0];
      expect(reply.body).toMatchObject({ detail: [{ loc, msg, type, ctx }], code: "validation_failed" });
    });
  }
});

test("the address of a webhook is judged with its expressions", async () => {
  const step = (url: string) => ({ name: "call", type: "webhook", config: { url, method: "GET" } });
  const reply = await api.post("/api/v1/workflows", { name: "w", steps: [step("https://a.example${{ payload.x }}/")] });
  expectReply(reply, 422);
  expectReply(
    await api.post("/api/v1/workflows", { name: "w", steps: [step("https://a.example/${{ payload.x + '/' }}")] }),
    200,
  );
});
