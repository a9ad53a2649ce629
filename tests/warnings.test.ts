/** What a definition may hold though it may not be what its author meant: answered beside the 200. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client, type StepInput } from "./harness/http/client.ts";
import { expectReply } from "./harness/http/expect.ts";
import { at, objectAt, textAt } from "./harness/http/json.ts";
import { type PlatformUnderTest, platformUnderTest } from "./harness/under-test.ts";

let platform: PlatformUnderTest;
let api: Client;
beforeAll(async () => {
  platform = await platformUnderTest();
  api = new Client(platform.url);
});
afterAll(() => platform.close());

const pure = (name: string, value: unknown, more: object = {}): StepInput => {
  return { name, type: "transform", config: { value }, ...more };
};
const post = (more: object): StepInput => {
  return { name: "post", type: "webhook", config: { method: "POST", url: "https://a.example/" }, ...more };
};
const PAID = pure("paid", 1, { if: "payload.n > 0" });
const SLOW = { on: ["*"], max_attempts: 4, initial_interval: 10, jitter: 0 };
const HANDLED = { catch: [{ steps: [pure("h", 1)] }] };

interface Case {
  title: string;
  steps: StepInput[];
  type: string;
  loc: (string | number)[];
}

const cases: Case[] = [
  ...["run", "vars", "steps", "iteration", "error", "secrets"].map((name) => {
    return { title: `named ${name}`, steps: [pure(name, 1)], type: "name_is_root", loc: [0, "name"] };
  }),
  {
    title: "that reads one with a condition",
    steps: [PAID, pure("a", "<${paid.value}>")],
    type: "reference_conditional",
    loc: [1, "config", "value"],
  },
  {
    title: "that reads one with a condition in an expression",
    steps: [PAID, pure("a", ["${{ paid.value + 1 }}"])],
    type: "reference_conditional",
    loc: [1, "config", "value", 0],
  },
  {
    title: "that reads one with a condition by its output, without asking",
    steps: [PAID, pure("a", '${{ steps["paid"].output.value }}')],
    type: "reference_conditional",
    loc: [1, "config", "value"],
  },
  {
    title: "that reads one which may fail",
    steps: [pure("b", 1, { on_error: "continue" }), pure("a", "${b}")],
    type: "reference_conditional",
    loc: [1, "config", "value"],
  },
  {
    title: "that reads one whose handler gives nothing",
    steps: [pure("b", 1, HANDLED), pure("a", "${b}")],
    type: "reference_conditional",
    loc: [1, "config", "value"],
  },
  {
    title: "with a case behind one that always holds",
    steps: [
      {
        name: "s",
        type: "switch",
        config: { cases: [{ if: "true", steps: [PAID] }], default: { steps: [PAID] } },
      },
    ],
    type: "case_unreachable",
    loc: [0, "config", "default"],
  },
  {
    title: "that computes without a second brace",
    steps: [pure("a", { b: "<${payload.n + 1}>" })],
    type: "placeholder_computes",
    loc: [0, "config", "value", "b"],
  },
  {
    title: "that calls without a second brace",
    steps: [pure("a", "${payload.list.size()}")],
    type: "placeholder_computes",
    loc: [0, "config", "value"],
  },
  {
    title: "with a placeholder that is no path",
    steps: [pure("a", "${payload.list[ 1 ]}")],
    type: "placeholder_computes",
    loc: [0, "config", "value"],
  },
  { title: "that posts again", steps: [post({ retry: {} })], type: "retry_without_idempotency", loc: [0, "retry"] },
  {
    title: "that ends before its retries",
    steps: [{ name: "b", type: "block", timeout: 69, config: { steps: [pure("x", 1, { retry: SLOW })] } }],
    type: "timeout_shorter_than_retry",
    loc: [0, "timeout"],
  },
];

for (const { title, steps, type, loc } of cases) {
  describe(`a step ${title}`, () => {
    const warnings = [{ loc: ["body", "steps", ...loc], type, msg: expect.stringMatching(/\S/) }];

    test("is made, and warned of", async () => {
      const created = await api.post("/api/v1/workflows", { name: "w", steps });
      expectReply(created, 200);
      expect(Object.keys(objectAt(created.body))).toEqual(["message", "workflow_id", "warnings"]);
      expect(at(created.body, "warnings")).toMatchObject(warnings);
      const path = `/api/v1/workflows/${textAt(created.body, "workflow_id")}`;
      expect((await api.put(path, { name: "changed", steps })).body).toMatchObject({ version: 2, warnings });
    });
  });
}

test("what a workflow says of all its steps is warned of as well", async () => {
  const slow = { name: "b", type: "block", config: { steps: [pure("x", 1, { retry: SLOW }), post({})] } };
  const definition = { name: "w", timeout: 60, defaults: { retry: {} }, steps: [slow] };
  expect(at((await api.post("/api/v1/workflows/validate", definition)).body, "warnings")).toMatchObject([
    { loc: ["body", "defaults", "retry"], type: "retry_without_idempotency" },
    { loc: ["body", "timeout"], type: "timeout_shorter_than_retry" },
  ]);
  const quiet = { ...definition, timeout: 70, steps: [pure("a", 1), post({ retry: false })] };
  expect(at((await api.post("/api/v1/workflows/validate", quiet)).body, "warnings")).toEqual([]);
});

test("a workflow that is to hear of failures, and is not there, is warned of", async () => {
  const heard = (workflow_id: string) => ({ id: "w", name: "w", on_failure: { workflow_id }, steps: [pure("a", 1)] });
  const warned = async (workflow_id: string) =>
    at((await api.post("/api/v1/workflows/validate", heard(workflow_id))).body, "warnings");
  const unknown = [{ loc: ["body", "on_failure", "workflow_id"], type: "workflow_unknown" }];
  expect(await warned("nobody")).toMatchObject(unknown);
  expect(await warned("${payload.who}")).toMatchObject(unknown);
  expect(await warned("w")).toEqual([]);
});

test("nothing is said where there is nothing to say", async () => {
  const steps = [
    PAID,
    pure("asks", "${{ has(steps.paid.output) ? paid.value : 0 }}"),
    pure("asks in other ways", [
      '${{ steps.paid.status == "success" ? steps.paid.output : 0 }}',
      '${{ steps.paid.?output.orValue(0) }} ${{ steps.paid[?"output"].orValue(0) }}',
      "${{ has(steps.paid.output) && steps.paid.output.value > 1 }}",
    ]),
    pure("same", "${paid.value}", { if: "payload.n > 0" }),
    pure("told", "${paid}", { if: 'steps.paid.status == "success"' }),
    { name: "in", type: "block", if: 'has(steps["paid"].output)', config: { steps: [pure("x", "${paid}")] } },
    {
      name: "case",
      type: "switch",
      config: {
        cases: [
          { if: "has(steps.paid.output)", steps: [pure("y", "${paid}")] },
          { if: "true", steps: [pure("z", 1)] },
        ],
      },
    },
    pure("handled", 1, { catch: [{ steps: [pure("h", 1)], output: 1 }] }),
    pure("reads", "${handled}"),
    post({ retry: false }),
    { ...post({ retry: {} }), name: "put", config: { method: "PUT", url: "https://a.example/" } },
    { name: "b", type: "block", timeout: "PT70S", config: { steps: [pure("x", 1, { retry: SLOW })] } },
  ];
  const created = await api.post("/api/v1/workflows", { name: "w", steps });
  expectReply(created, 200);
  expect(created.text).toBe(
    `{"message":"Workflow created successfully","workflow_id":"${textAt(created.body, "workflow_id")}"}`,
  );
});

test("a hundred are enough", async () => {
  const steps = [PAID, pure("a", Array(200).fill("${paid}"))];
  const created = await api.post("/api/v1/workflows", { name: "w", steps });
  expect(objectAt(created.body).warnings).toHaveLength(100);
});
