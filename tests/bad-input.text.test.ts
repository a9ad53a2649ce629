/** JSON that some store or program would not give back unchanged: refused wherever it stands. */
import { afterAll, beforeAll, describe, test } from "bun:test";
import { expectFaultsBelow, Ground, workflowText } from "./harness/http/bad-input.ts";

let ground: Ground;
beforeAll(async () => {
  ground = await Ground.prepare();
});
afterAll(() => ground.close());

/** What may stand anywhere in a body and must not get in; `place` is where in the payload or value the fault is. */
const contents: { title: string; text: string; place: (string | number)[] }[] = [
  ...["__proto__", "constructor", "prototype"].flatMap((key) => [
    { title: `the key ${key}`, text: `{"${key}":1}`, place: [key] },
    { title: `the key ${key} deep down`, text: `{"a":[1,{"b":{"${key}":{"polluted":1}}}]}`, place: ["a", 1, "b", key] },
  ]),
  { title: "the key __proto__ in escapes", text: '{"\\u005f_proto_\\u005f":1}', place: ["__proto__"] },
  { title: "NUL in text", text: '{"a":"x\\u0000y"}', place: ["a"] },
  { title: "NUL in a key", text: '{"a":{"x\\u0000":1}}', place: ["a"] },
  { title: "a lone high surrogate", text: '{"a":["\\ud83d"]}', place: ["a", 0] },
  { title: "a lone low surrogate", text: '{"a":"x\\ude00y"}', place: ["a"] },
  { title: "surrogates the wrong way round", text: '{"a":"\\ude00\\ud83d"}', place: ["a"] },
  { title: "a lone surrogate in a key", text: '{"a":{"\\ud83d":1}}', place: ["a"] },
  ...[
    "9007199254740993",
    "-9007199254740993",
    "1e400",
    "-1e400",
    "1e309",
    "12345678901234567890.5",
    "1e-400",
    "9007199254740993.0",
  ].map((number) => ({ title: `the number ${number}`, text: `{"a":[0,${number}]}`, place: ["a", 1] })),
];

for (const { title, text, place } of contents) {
  describe(title, () => {
    test("is refused in a payload", async () => {
      const request = ground.api.sendText("POST", "/api/v1/trigger", ground.triggerText(text));
      await ground.refuses(request, (reply) => expectFaultsBelow(reply, "body", "payload", ...place));
    });
    test("is refused in a workflow", async () => {
      const below = ["body", "steps", 0, "config", "value", ...place];
      const create = ground.api.sendText("POST", "/api/v1/workflows", workflowText(text));
      await ground.refuses(create, (reply) => expectFaultsBelow(reply, ...below));
      const change = ground.api.sendText("PUT", `/api/v1/workflows/${ground.workflow}`, workflowText(text));
      await ground.refuses(change, (reply) => expectFaultsBelow(reply, ...below));
    });
  });
}

describe("in names and as fields of the body", () => {
  const bodies: { title: string; text: () => string; place: (string | number)[] }[] = [
    { title: "NUL in a name", text: () => workflowText("1").replace("a workflow", "a\\u0000b"), place: ["name"] },
    { title: "a surrogate in a name", text: () => workflowText("1").replace("a workflow", "\\ud800"), place: ["name"] },
    {
      title: "NUL in a step's name",
      text: () => workflowText("1").replace('"a"', '"a\\u0000"'),
      place: ["steps", 0, "name"],
    },
    {
      title: "a duration of 1e309",
      text: () => workflowText("1").replace('"value":1', '"duration":1e309').replace("transform", "delay"),
      place: ["steps", 0, "config", "duration"],
    },
    ...["__proto__", "constructor", "prototype"].flatMap((key) => [
      { title: `${key} in the body`, text: () => workflowText("1").replace("{", `{"${key}":{},`), place: [key] },
      {
        title: `${key} in a step`,
        text: () => workflowText("1").replace("[{", `[{"${key}":{},`),
        place: ["steps", 0, key],
      },
      { title: `${key} in a config`, text: () => workflowText(`1,"${key}":{}`), place: ["steps", 0, "config", key] },
    ]),
  ];
  for (const { title, text, place } of bodies) {
    test(`${title} is refused`, async () => {
      const request = ground.api.sendText("POST", "/api/v1/workflows", text());
      await ground.refuses(request, (reply) => expectFaultsBelow(reply, "body", ...place));
    });
  }
});

describe("bytes that are no UTF-8", () => {
  const bytes = [
    { title: "a stray byte", at: [0xff] },
    { title: "an overlong NUL", at: [0xc0, 0x80] },
    { title: "a surrogate written as UTF-8", at: [0xed, 0xa0, 0x80] },
    { title: "a sequence cut short", at: [0xe2, 0x82] },
    { title: "Latin-1", at: [0x47, 0x72, 0xf6, 0xdf, 0x65] },
  ];
  for (const { title, at } of bytes) {
    for (const [path, text] of [
      ["/api/v1/trigger", () => ground.triggerText('{"a":"~"}')] as const,
      ["/api/v1/workflows", () => workflowText('"~"')] as const,
    ]) {
      test(`${title} at ${path}`, async () => {
        const [before = "", after = ""] = text().split("~");
        const encoder = new TextEncoder();
        const body = new Uint8Array([...encoder.encode(before), ...at, ...encoder.encode(after)]);
        await ground.refuses(ground.api.sendText("POST", path, body), (reply) => expectFaultsBelow(reply, "body"));
      });
    }
  }
});

test("nothing of this has changed anything or was logged as an error", () => ground.expectUntouched());
