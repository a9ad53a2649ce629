/** Text goes in and comes out unchanged, whatever script it is in. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { Client } from "./harness/http/client.ts";
import { expectError, expectReply } from "./harness/http/expect.ts";
import { at, textAt } from "./harness/http/json.ts";
import { type PlatformUnderTest, platformUnderTest } from "./harness/under-test.ts";

let platform: PlatformUnderTest;
let api: Client;

beforeAll(async () => {
  platform = await platformUnderTest();
  api = new Client(platform.url);
});
afterAll(() => platform.close());

const texts = [
  { title: "German and Greek", text: "Größe Ωμέγα" },
  { title: "emoji, some of several code points", text: "🚀👩‍👩‍👧‍👦🏴󠁧󠁢󠁳󠁣󠁴󠁿❤️" },
  { title: "right to left, with marks of direction", text: "\u200fשלום עולם\u200e مرحبا \u202eabc\u202c" },
  { title: "combining marks", text: "e\u0301 n\u0303 Z\u0351\u036b\u0343" },
  { title: "the same letters composed", text: "é ñ" },
  { title: "Chinese, Japanese, Korean, Hindi and Thai", text: "工作流 ワークフロー 워크플로 कार्य ขั้นตอน" },
  { title: "outside the basic plane", text: "𝒳𐍈𠜎" },
  { title: "noncharacters and the replacement character", text: "\uffff\ufffe\ufffd" },
  { title: "spaces of all kinds", text: " a\u00a0b\u2003c\u2028d\u2029e\ufeff " },
  {
    title: "quotes, backslashes and what looks like code",
    text: `"'\`\\ <script>alert(1)</script> ' or 1=1 -- %00 %s`,
  },
];

for (const { title, text } of texts) {
  test(`${title} in every name and text`, async () => {
    const id = `${text} ${crypto.randomUUID()}`.replaceAll("/", "-").replaceAll("\\", "-");
    const payload = { [text]: text, list: [text, { [text]: [text] }] };
    const sent = {
      id,
      name: text,
      description: text,
      steps: [
        { name: text, type: "transform", config: { value: { [text]: text, whole: "${payload}" } } },
        { name: `${text} again`, type: "transform", config: { value: `${text} \${${text}.value.whole.list[0]}` } },
      ],
    };
    const created = await api.post("/api/v1/workflows", sent);
    expectReply(created, 200);
    const uuid = textAt(created.body, "workflow_id");
    const shown = await api.get(`/api/v1/workflows/${encodeURIComponent(id)}`);
    expectReply(shown, 200, expect.objectContaining({ ...sent, uuid }));

    const run = await api.untilEnded(await api.trigger(id, payload));
    expect(run.body.payload).toEqual(payload);
    expect(Object.keys(run.body.step_results ?? {})).toEqual([text, `${text} again`]);
    expect(run.step(text).step_name).toBe(text);
    expect(run.output(text)).toEqual({ type: "transform", value: { [text]: text, whole: payload } });
    expect(run.output(`${text} again`)).toEqual({ type: "transform", value: `${text} ${text}` });

    expectReply(await api.delete(`/api/v1/workflows/${encodeURIComponent(id)}`), 200);
    expectError(await api.get(`/api/v1/workflows/${encodeURIComponent(id)}`), 404, `Workflow ${id} not found`);
  });
}

test("names that only differ in how a letter is composed are two names", async () => {
  const [one, two] = ["é", "e\u0301"];
  const step = (name: string) => ({ name, type: "transform", config: { value: name } });
  const run = await api.run([step(one), step(two)]);
  expect([at(run.output(one), "value"), at(run.output(two), "value")]).toEqual([one, two]);
});

const values = [
  {
    title: "numbers",
    text: "[0,-1,1.5,0.1,1e21,1e-7,9007199254740991,-9007199254740991,1.7976931348623157e308,5e-324]",
  },
  { title: "empty things", text: '[{},[],"",null,false,{"":""},[[]]]' },
  { title: "escapes", text: '["\\u00e9\\ud83d\\ude00\\n\\t\\b\\f\\r\\"\\\\\\/\\u007f\\u2028"]' },
];
for (const { title, text } of values) {
  test(`a payload of ${title} comes back unchanged`, async () => {
    const value: unknown = JSON.parse(text);
    const workflow = await api.create([{ name: "echo", type: "transform", config: { value: "${payload.value}" } }]);
    const body = `{"workflow_id":"${workflow}","payload":{"value":${text}}}`;
    const reply = await api.sendText("POST", "/api/v1/trigger", body);
    expectReply(reply, 200);
    const run = await api.untilEnded(textAt(reply.body, "run_id"));
    expect(run.body.payload).toEqual({ value });
    expect(run.output("echo")).toEqual({ type: "transform", value });
  });
}
