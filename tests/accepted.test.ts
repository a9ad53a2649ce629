/** What is just good enough: the other side of every bound that the suites of bad input hold. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { workflowText } from "./harness/http/bad-input.ts";
import { Client, inPieces } from "./harness/http/client.ts";
import { expectReply } from "./harness/http/expect.ts";
import { textAt } from "./harness/http/json.ts";
import { type PlatformUnderTest, platformUnderTest } from "./harness/under-test.ts";

const MIB = 1_048_576;

let platform: PlatformUnderTest;
let api: Client;
let workflow: string;
beforeAll(async () => {
  platform = await platformUnderTest();
  api = new Client(platform.url);
  workflow = await api.create([{ name: "answer", type: "transform", config: { value: "${payload}" } }]);
});
afterAll(() => platform.close());

const triggerText = (payload: string) => `{"workflow_id":"${workflow}","payload":${payload}}`;

describe("a payload", () => {
  const padding = (bytes: number) => `{"pad":"${"x".repeat(bytes - triggerText('{"pad":""}').length)}"}`;
  const payloads: { title: string; text: () => string }[] = [
    { title: "in a body of exactly 1 MiB", text: () => padding(MIB) },
    { title: "in a body of 64 levels", text: () => `${'{"a":'.repeat(63)}1${"}".repeat(63)}` },
    {
      title: "with the forbidden keys as text",
      text: () => '{"a":["__proto__","constructor"],"constructors":"prototype"}',
    },
    {
      title: "with the greatest safe integer",
      text: () => '{"n":[9007199254740991,-9007199254740991,9007199254740992]}',
    },
    {
      title: "with fractions of more digits than a double has",
      text: () => '{"n":[0.10000000000000001,33.3333333333333333333,-0.1234567890123456789,1.2345678901234567e+30]}',
    },
    { title: "with numbers in other spellings", text: () => '{"n":[1.0,1e5,1E+5,0.10,100e-2,0.0,2.50]}' },
    { title: "with a pair of surrogates in escapes", text: () => '{"\\ud83d\\ude80":"\\ud83d\\ude80"}' },
    { title: "with what looks like numbers and NUL", text: () => '{"a":"9007199254740993 1e400 \\\\u0000 \\\\ud800"}' },
    { title: "between spaces and line breaks", text: () => ' {\r\n\t"a" : [ 1 , 2 ] } ' },
  ];
  for (const { title, text } of payloads) {
    test(`${title} comes back as it was`, async () => {
      const reply = await api.sendText("POST", "/api/v1/trigger", triggerText(text()));
      expectReply(reply, 200);
      const run = await api.untilEnded(textAt(reply.body, "run_id"));
      const sent: unknown = JSON.parse(text());
      expect(run.body.payload).toEqual(sent);
      expect(run.output("answer")).toEqual({ type: "transform", value: sent });
    });
  }

  test("in chunks is read as well", async () => {
    expectReply(await api.sendText("POST", "/api/v1/trigger", inPieces(triggerText(padding(MIB)), 50_000)), 200);
  });
});

describe("a content type", () => {
  for (const type of [
    "application/json",
    "application/json; charset=utf-8",
    "APPLICATION/JSON",
    "application/json;charset=UTF-8",
  ]) {
    test(`of ${type} is JSON`, async () => {
      const headers = { "content-type": type };
      expectReply(await api.send("POST", "/api/v1/trigger", { body: triggerText("{}"), headers }), 200);
    });
  }
});

describe("a workflow", () => {
  const webhook = (config: object) => ({
    name: "a",
    type: "webhook",
    config: { url: "http://h/", method: "POST", ...config },
  });
  const workflows: { title: string; body: object }[] = [
    {
      title: "of 10,000 steps",
      body: {
        steps: Array.from({ length: 10_000 }, (_, n) => ({ name: `s${n}`, type: "delay", config: { duration: 1 } })),
      },
    },
    { title: "that waits a year", body: { steps: [{ name: "a", type: "delay", config: { duration: 31_536_000 } }] } },
    { title: "that waits no time", body: { steps: [{ name: "a", type: "delay", config: { duration: 0 } }] } },
    {
      title: "that waits as long as it is told",
      body: { steps: [{ name: "a", type: "delay", config: { duration: "${payload.s}" } }] },
    },
    {
      title: "without a description",
      body: { description: null, steps: [{ name: "a", type: "delay", config: { duration: 1 } }] },
    },
    {
      title: "whose steps' names differ in case only",
      body: { steps: ["a", "A"].map((name) => ({ name, type: "delay", config: { duration: 1 } })) },
    },
    {
      title: "with a step named as an object's method is",
      body: { steps: [{ name: "toString", type: "delay", config: { duration: 1 } }] },
    },
    {
      title: "with every field of a webhook",
      body: { steps: [webhook({ headers: { "x-a": "a\tb" }, body: null, accept: ["4xx", 503] })] },
    },
    {
      title: "with placeholders in an address",
      body: { steps: [webhook({ url: "https://${payload.host}:8443/${payload.path}?q=${payload.q}" })] },
    },
    { title: "with an address that is a placeholder", body: { steps: [webhook({ url: "${payload.url}" })] } },
    {
      title: "with a literal of a forbidden placeholder",
      body: { steps: [{ name: "a", type: "transform", config: { value: "$${__proto__}" } }] },
    },
  ];
  for (const { title, body } of workflows) {
    test(`${title} is created and shown as it was sent`, async () => {
      const sent = { name: "a workflow", ...body };
      const reply = await api.post("/api/v1/workflows", sent);
      expectReply(reply, 200);
      const shown = await api.get(`/api/v1/workflows/${textAt(reply.body, "workflow_id")}`);
      expectReply(shown, 200, expect.objectContaining(sent));
    });
  }

  test("of 64 levels is created", async () => {
    const value = `${"[".repeat(60)}${"]".repeat(60)}`;
    expectReply(await api.sendText("POST", "/api/v1/workflows", workflowText(value)), 200);
  });

  test("of 10,000 transforms runs to its end", async () => {
    const steps = Array.from({ length: 10_000 }, (_, n) => ({
      name: `s${n}`,
      type: "transform",
      config: { value: n },
    }));
    const run = await api.untilEnded(await api.trigger(await api.create(steps)), 30_000);
    expect(run.output("s9999")).toEqual({ type: "transform", value: 9_999 });
  });
});

describe("a limit", () => {
  for (const limit of [1, 200]) {
    test(`of ${limit} is taken`, async () => {
      expectReply(await api.get(`/api/v1/runs?limit=${limit}`), 200);
    });
  }
});
