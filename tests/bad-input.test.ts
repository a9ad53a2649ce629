/** Bodies that are JSON but no workflow and no trigger: each fault is named, and nothing is stored. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Case, fault, Ground, refusesWorkflows } from "./harness/http/bad-input.ts";
import { expectError, expectFaults, type Fault } from "./harness/http/expect.ts";
import { textAt } from "./harness/http/json.ts";

let ground: Ground;
beforeAll(async () => {
  ground = await Ground.prepare();
});
afterAll(() => ground.close());

const STEP = { name: "a", type: "delay", config: { duration: 1 } };
const workflow = (change: object) => ({ name: "a workflow", steps: [STEP], ...change });
const step = (change: object) => workflow({ steps: [{ ...STEP, ...change }] });

const fields: Case[] = [
  { title: "nothing at all", body: {}, faults: [fault("missing", "name"), fault("missing", "steps")] },
  { title: "no name", body: { steps: [STEP] }, faults: [fault("missing", "name")] },
  { title: "no steps", body: { name: "a workflow" }, faults: [fault("missing", "steps")] },
  { title: "a list for a body", body: [STEP], faults: [fault("dict_type")] },
  { title: "text for a body", body: "text", faults: [fault("dict_type")] },
  { title: "a number for a body", body: 3, faults: [fault("dict_type")] },
  { title: "null for a body", body: null, faults: [fault("dict_type")] },
  { title: "a name that is a number", body: workflow({ name: 5 }), faults: [fault("string_type", "name")] },
  { title: "a name that is null", body: workflow({ name: null }), faults: [fault("string_type", "name")] },
  { title: "an empty name", body: workflow({ name: "" }), faults: [fault("string_too_short", "name")] },
  {
    title: "a name without end",
    body: workflow({ name: "x".repeat(100_000) }),
    faults: [fault("string_too_long", "name")],
  },
  { title: "an id that is a number", body: workflow({ id: 5 }), faults: [fault("string_type", "id")] },
  { title: "an empty id", body: workflow({ id: "" }), faults: [fault("string_too_short", "id")] },
  { title: "an id of 10 kB", body: workflow({ id: "x".repeat(10_240) }), faults: [fault("string_too_long", "id")] },
  { title: "an id with ../", body: workflow({ id: "../x" }), faults: [fault("value_error", "id")] },
  {
    title: "a description that is a list",
    body: workflow({ description: [] }),
    faults: [fault("string_type", "description")],
  },
  { title: "an extra field", body: workflow({ colour: "red" }), faults: [fault("extra_forbidden", "colour")] },
  {
    title: "a field of the answer",
    body: workflow({ uuid: "x", version: 3 }),
    faults: [fault("extra_forbidden", "uuid"), fault("extra_forbidden", "version")],
  },
  { title: "steps that are an object", body: workflow({ steps: { a: STEP } }), faults: [fault("list_type", "steps")] },
  { title: "steps that are null", body: workflow({ steps: null }), faults: [fault("list_type", "steps")] },
  { title: "0 steps", body: workflow({ steps: [] }), faults: [fault("too_short", "steps")] },
  {
    title: "10,001 steps",
    body: workflow({ steps: Array.from({ length: 10_001 }, (_, n) => ({ ...STEP, name: `s${n}` })) }),
    faults: [fault("too_long", "steps")],
  },
  {
    title: "steps that are none",
    body: workflow({ steps: [5, "x", null, []] }),
    faults: [0, 1, 2, 3].map((n) => fault("dict_type", "steps", n)),
  },
  {
    title: "an empty step",
    body: workflow({ steps: [STEP, {}] }),
    faults: ["name", "type", "config"].map((key) => fault("missing", "steps", 1, key)),
  },
  {
    title: "an extra field in a step",
    body: step({ colour: 3 }),
    faults: [fault("extra_forbidden", "steps", 0, "colour")],
  },
  {
    title: "a step's name that is a number",
    body: step({ name: 5 }),
    faults: [fault("string_type", "steps", 0, "name")],
  },
  {
    title: "a step's type that is a number",
    body: step({ type: 5 }),
    faults: [fault("string_type", "steps", 0, "type")],
  },
  {
    title: "a step's config that is a list",
    body: step({ config: [] }),
    faults: [fault("dict_type", "steps", 0, "config")],
  },
  {
    title: "a step's config that is null",
    body: step({ config: null }),
    faults: [fault("dict_type", "steps", 0, "config")],
  },
  {
    title: "faults all over, each named",
    body: {
      name: 5,
      colour: "red",
      steps: [
        { ...STEP, config: {} },
        { name: "b", type: "delay", config: { duration: "x", speed: 1 } },
        { name: "c" },
      ],
    },
    faults: [
      fault("string_type", "name"),
      fault("extra_forbidden", "colour"),
      fault("missing", "steps", 0, "config", "duration"),
      fault("float_type", "steps", 1, "config", "duration"),
      fault("extra_forbidden", "steps", 1, "config", "speed"),
      fault("missing", "steps", 2, "type"),
      fault("missing", "steps", 2, "config"),
    ],
  },
];

const names: Case[] = [
  {
    title: "two steps of one name",
    body: workflow({ steps: [STEP, { ...STEP, name: "b" }, STEP] }),
    faults: [fault("value_error", "steps", 2, "name")],
  },
  { title: "a step without a name", body: step({ name: "" }), faults: [fault("string_too_short", "steps", 0, "name")] },
  ...["payload", "a.b", "a[", "a]", "{a", "a}", "$a", "a$", "__proto__", "constructor", "prototype"].map((name) => ({
    title: `a step named ${JSON.stringify(name)}`,
    body: step({ name }),
    faults: [fault("value_error", "steps", 0, "name")],
  })),
  ...["\n", "\u001f", "\u007f", "\u0080", "\u0085", "\u009f"].map((control) => ({
    title: `a step whose name has U+${control.charCodeAt(0).toString(16)}`,
    body: step({ name: `a${control}b` }),
    faults: [fault("value_error", "steps", 0, "name")],
  })),
];

refusesWorkflows(() => ground, [...fields, ...names]);

describe("a trigger", () => {
  const target = () => ground.workflow;
  const triggers: { title: string; body: () => unknown; faults: Fault[] }[] = [
    { title: "without workflow_id", body: () => ({ payload: {} }), faults: [fault("missing", "workflow_id")] },
    { title: "with nothing", body: () => ({}), faults: [fault("missing", "workflow_id")] },
    { title: "that is a list", body: () => [], faults: [fault("dict_type")] },
    { title: "of a number", body: () => ({ workflow_id: 5 }), faults: [fault("string_type", "workflow_id")] },
    { title: "of null", body: () => ({ workflow_id: null }), faults: [fault("string_type", "workflow_id")] },
    {
      title: "with extra fields",
      body: () => ({ workflow_id: target(), version: 1, run_id: "x" }),
      faults: [fault("extra_forbidden", "version"), fault("extra_forbidden", "run_id")],
    },
    ...[[1], "text", 5, true].map((payload) => ({
      title: `with the payload ${JSON.stringify(payload)}`,
      body: () => ({ workflow_id: target(), payload }),
      faults: [fault("dict_type", "payload")],
    })),
  ];
  for (const { title, body, faults } of triggers) {
    test(`${title} is refused`, async () => {
      await ground.refuses(ground.api.post("/api/v1/trigger", body()), (reply) => expectFaults(reply, faults));
    });
  }

  for (const id of [
    "nobody",
    "00000000-0000-7000-8000-000000000000",
    "%00",
    "__proto__",
    "constructor",
    "' or 1=1 --",
  ]) {
    test(`of the unknown ${JSON.stringify(id)} is a 404 that names it`, async () => {
      const trigger = ground.api.post("/api/v1/trigger", { workflow_id: id });
      await ground.refuses(trigger, (reply) => expectError(reply, 404, `Workflow ${id} not found`));
    });
  }

  for (const id of ["", "../x", "x".repeat(10_240)]) {
    test(`of ${JSON.stringify(id.slice(0, 20))} (${id.length} characters) is refused`, async () => {
      const trigger = ground.api.post("/api/v1/trigger", { workflow_id: id });
      await ground.refuses(trigger, (reply) => {
        if (reply.status === 404) expectError(reply, 404, `Workflow ${id} not found`);
        else expect(textAt(reply.body, "detail", 0, "loc", 1)).toBe("workflow_id");
      });
    });
  }
});

test("nothing of this has changed anything or was logged as an error", () => ground.expectUntouched());
