/** Workflows whose steps cannot be: unknown types, configs that do not fit, placeholders that no run may follow. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Case, fault, Ground, refusesWorkflows } from "./harness/http/bad-input.ts";
import { expectReply } from "./harness/http/expect.ts";
import { textAt } from "./harness/http/json.ts";

let ground: Ground;
beforeAll(async () => {
  ground = await Ground.prepare();
});
afterAll(() => ground.close());

const STEP = { name: "a", type: "delay", config: { duration: 1 } };
const step = (change: object) => ({ name: "a workflow", steps: [{ ...STEP, ...change }] });
const delay = (duration: unknown) => step({ config: { duration } });
const transform = (value: unknown) => step({ type: "transform", config: { value } });
const webhook = (change: object) => {
  return step({ type: "webhook", config: { url: "http://127.0.0.1:9/", method: "POST", ...change } });
};
const inConfig = (type: string, ...path: (string | number)[]) => fault(type, "steps", 0, "config", ...path);

const configs: Case[] = [
  { title: "a delay without duration", body: step({ config: {} }), faults: [inConfig("missing", "duration")] },
  { title: "a duration below 0", body: delay(-1), faults: [inConfig("greater_than_equal", "duration")] },
  { title: "a duration just below 0", body: delay(-0.001), faults: [inConfig("greater_than_equal", "duration")] },
  { title: "a duration over 366 days", body: delay(31_622_401), faults: [inConfig("less_than_equal", "duration")] },
  { title: "a duration of 1e308", body: delay(1e308), faults: [inConfig("less_than_equal", "duration")] },
  ...["1", "", "soon", null, true, [1], {}].map((duration) => ({
    title: `a duration of ${JSON.stringify(duration)}`,
    body: delay(duration),
    faults: [inConfig("float_type", "duration")],
  })),
  {
    title: "a transform without value",
    body: step({ type: "transform", config: {} }),
    faults: [inConfig("missing", "value")],
  },
  {
    title: "an extra field in a config",
    body: step({ type: "transform", config: { value: 1, more: 2 } }),
    faults: [inConfig("extra_forbidden", "more")],
  },
  {
    title: "a message of a fail over 4,096 characters",
    body: step({ type: "fail", config: { message: "x".repeat(4097) } }),
    faults: [inConfig("string_too_long", "message")],
  },
  {
    title: "details of a fail over 16 KiB",
    body: step({ type: "fail", config: { message: "no", details: "x".repeat(16_384) } }),
    faults: [inConfig("too_large", "details")],
  },
  {
    title: "the name of an item that is no name",
    body: step({ type: "map", config: { items: [1], as: "x y", steps: [{ ...STEP, name: "b" }] } }),
    faults: [inConfig("value_error", "as")],
  },
  {
    title: "a webhook without anything",
    body: step({ type: "webhook", config: {} }),
    faults: [inConfig("missing", "url"), inConfig("missing", "method")],
  },
  ...[
    "not a url",
    "ftp://example.com/",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "//example.com/",
    "http://",
    "http://a b/",
  ].map((url) => ({
    title: `a url ${JSON.stringify(url)}`,
    body: webhook({ url }),
    faults: [inConfig("value_error", "url")],
  })),
  {
    title: "a set of nothing",
    body: step({ type: "set", config: { variables: {} } }),
    faults: [{ ...inConfig("too_short", "variables"), msg: "Dictionary should have at least 1 items" }],
  },
  {
    title: "a version of a child that is none",
    body: step({ type: "workflow", config: { workflow_id: "w", version: "same" } }),
    faults: [{ ...inConfig("enum", "version"), msg: "Input should be 'latest' or a whole number from 1 on" }],
  },
  { title: "a url that is a number", body: webhook({ url: 5 }), faults: [inConfig("string_type", "url")] },
  { title: "an empty url", body: webhook({ url: "" }), faults: [inConfig("string_too_short", "url")] },
  ...["BREW", "TRACE", "CONNECT", ""].map((method) => ({
    title: `the method ${JSON.stringify(method)}`,
    body: webhook({ method }),
    faults: [inConfig("enum", "method")],
  })),
  ...["x\n", "x\r\ny", "x y", "x:", "\u0001", "\u007f", "é", ""].map((name) => ({
    title: `the header name ${JSON.stringify(name)}`,
    body: webhook({ headers: { [name]: "1" } }),
    faults: [inConfig("value_error", "headers", name)],
  })),
  ...["a\r\nb", "a\n", "\u0001", "\u007f", "a\u000bb"].map((value) => ({
    title: `the header value ${JSON.stringify(value)}`,
    body: webhook({ headers: { "x-a": value } }),
    faults: [inConfig("value_error", "headers", "x-a")],
  })),
  {
    title: "a header value that is a number",
    body: webhook({ headers: { "x-a": 1 } }),
    faults: [inConfig("string_type", "headers", "x-a")],
  },
  {
    title: "headers that are a list",
    body: webhook({ headers: ["x-a: 1"] }),
    faults: [inConfig("dict_type", "headers")],
  },
  { title: "accept that is no list", body: webhook({ accept: "4xx" }), faults: [inConfig("list_type", "accept")] },
  ...["6xx", "4XX?", "", 99, 600, 404.5, null].map((status) => ({
    title: `accept of ${JSON.stringify(status)}`,
    body: webhook({ accept: [200, status] }),
    faults: [inConfig("value_error", "accept", 1)],
  })),
];

const placeholders: Case[] = [
  ...[
    "${__proto__}",
    "${payload.__proto__.x}",
    "${payload.constructor}",
    "${payload.a[0].prototype.x}",
    "x ${a.constructor} y",
  ].map((value) => ({
    title: `the placeholder ${value}`,
    body: transform(value),
    faults: [inConfig("value_error", "value")],
  })),
  ...[
    '${payload["a.b}',
    '<${payload["a.b"}>',
    "${payload['a.b']}",
    '${payload["__proto__"]}',
    `\${payload.${"x".repeat(2_000)}}`,
    `\${x${"1.00.01.02.".repeat(80_000)}}`,
  ].map((value) => ({
    title: `the placeholder ${value.slice(0, 40)} of ${value.length} characters`,
    body: transform(value),
    faults: [inConfig("value_error", "value")],
  })),
  {
    title: "forbidden placeholders deep in a value",
    body: transform({ a: ["fine", { b: "${payload.__proto__}" }], c: "${payload.constructor}" }),
    faults: [inConfig("value_error", "value", "a", 1, "b"), inConfig("value_error", "value", "c")],
  },
  {
    title: "a forbidden placeholder in a header",
    body: webhook({ headers: { "x-a": "${payload.constructor.name}" } }),
    faults: [inConfig("value_error", "headers", "x-a")],
  },
];

refusesWorkflows(() => ground, [...configs, ...placeholders]);

for (const type of ["nothing-known", "Delay", "", " delay", "../delay", "index", "toString"]) {
  test(`an unknown step type ${JSON.stringify(type)} is told which there are`, async () => {
    await ground.refuses(ground.api.post("/api/v1/workflows", step({ type })), (reply) => {
      expectReply(reply, 422);
      expect(reply.body).toMatchObject({ detail: [{ loc: ["body", "steps", 0, "type"] }], code: "validation_failed" });
      const message = textAt(reply.body, "detail", 0, "msg");
      if (type !== "") for (const known of ["delay", "transform", "webhook"]) expect(message).toContain(known);
    });
  });
}

test("nothing of this has changed anything or was logged as an error", () => ground.expectUntouched());
