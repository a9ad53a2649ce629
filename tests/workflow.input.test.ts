/** `input` of a workflow: what a payload has to be, and its defaults; and `tags`, which each run has. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client } from "./harness/http/client.ts";
import { expectFaults, expectReply } from "./harness/http/expect.ts";
import { at, listAt } from "./harness/http/json.ts";
import { type PlatformUnderTest, platformUnderTest } from "./harness/under-test.ts";

let platform: PlatformUnderTest;
let api: Client;

beforeAll(async () => {
  platform = await platformUnderTest();
  api = new Client(platform.url);
});
afterAll(() => platform.close());

const STEPS = [{ name: "a", type: "transform", config: { value: "${payload.currency}" } }];
const INPUT = {
  type: "object",
  required: ["order"],
  properties: { order: { type: "string", minLength: 1 }, currency: { enum: ["EUR", "USD"], default: "EUR" } },
};

const trigger = (workflow: string, payload?: unknown) =>
  api.post("/api/v1/trigger", { workflow_id: workflow, payload });

async function runsOf(workflow: string): Promise<unknown[]> {
  const { body } = await api.get("/api/v1/runs?limit=200");
  return listAt(body, "items").filter((run) => at(run, "workflow_id") === workflow);
}

describe("input", () => {
  test("a payload that does not fit is refused with each fault, and starts nothing", async () => {
    const workflow = await api.create(STEPS, { input: INPUT });
    // More than once: what is executed before its insert is refused as well.
    for (let time = 0; time < 4; time++) {
      expectFaults(await trigger(workflow, { currency: "GBP" }), [
        { loc: ["body", "payload", "order"], type: "missing" },
        { loc: ["body", "payload", "currency"], type: "enum" },
      ]);
      expectFaults(await trigger(workflow), [{ loc: ["body", "payload", "order"], type: "missing" }]);
    }
    expect(await runsOf(workflow)).toEqual([]);
  });

  test("its defaults are filled in before the run is stored", async () => {
    const workflow = await api.create(STEPS, { input: INPUT });
    for (let time = 0; time < 4; time++) {
      const { body } = await api.untilEnded(await api.trigger(workflow, { order: "o" }));
      expect(at(body, "payload")).toEqual({ order: "o", currency: "EUR" });
      expect(at(body, "step_results", "a", "output", "value")).toBe("EUR");
    }
    const { body } = await api.untilEnded(await api.trigger(workflow, { order: "o", currency: "USD" }));
    expect(at(body, "payload", "currency")).toBe("USD");
  });

  test("is that of the version that the run gets, whoever triggered the one before", async () => {
    const id = `input-${crypto.randomUUID()}`;
    const workflow = await api.create(STEPS, { id, input: INPUT });
    await api.untilEnded(await api.trigger(id, { order: "o" }));
    const put = (more: object) => api.put(`/api/v1/workflows/${workflow}`, { name: "n", steps: STEPS, ...more });
    const eased = { ...INPUT, required: [], properties: { currency: { default: "CHF" } } };
    expectReply(await put({ input: eased }), 200);
    const run = await api.untilEnded(await api.trigger(id));
    expect(run.body).toMatchObject({ workflow_version: 2, payload: { currency: "CHF" } });
    expectReply(await put({}), 200);
    const plain = await api.untilEnded(await api.trigger(id, { currency: "any" }));
    expect(plain.body).toMatchObject({ workflow_version: 3, payload: { currency: "any" } });
    expectReply(await put({ input: { required: ["more"] } }), 200);
    expectFaults(await trigger(id, { order: "o" }), [{ loc: ["body", "payload", "more"], type: "missing" }]);
    expectReply(await api.delete(`/api/v1/workflows/${workflow}`), 200);
    expectReply(await trigger(id, {}), 404);
  });

  const bad: [title: string, input: unknown, type: string, ...loc: (string | number)[]][] = [
    ["a word that is none", { properties: { a: { pattern: "a+" } } }, "schema_word", "properties", "a", "pattern"],
    [
      "a default that does not fit",
      { properties: { a: { type: "string", default: 1 } } },
      "schema_default",
      "properties",
      "a",
      "default",
    ],
    [
      "a reference in a circle",
      { $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/a" } } },
      "schema_word",
      "$defs",
      "a",
    ],
    ["a text", "object", "dict_type"],
  ];
  for (const [title, input, type, ...loc] of bad) {
    test(`refused: ${title}`, async () => {
      const reply = await api.post("/api/v1/workflows", { name: "n", steps: STEPS, input });
      expectFaults(reply, [{ loc: ["body", "input", ...loc], type }]);
    });
  }
});

test("each run of a workflow has its tags, once each", async () => {
  const workflow = await api.create(STEPS, { tags: ["billing", "eu", "billing"] });
  for (let time = 0; time < 3; time++) {
    const { body } = await api.untilEnded(await api.trigger(workflow, { currency: "EUR" }));
    expect(at(body, "tags")).toEqual(["billing", "eu"]);
  }
  expect((await runsOf(workflow)).map((run) => at(run, "tags"))).toEqual(Array(3).fill(["billing", "eu"]));
});
