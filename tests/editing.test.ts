/** What editors of definitions ask for: checks without making anything, the step types, and the schema of a definition. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { loadStepTypes } from "../src/connectors/index.ts";
import { CONTAINER_TYPES } from "../src/language/definition/control.ts";
import { Client, type StepInput } from "./harness/http/client.ts";
import { expectFaults, expectReply } from "./harness/http/expect.ts";
import { at, listAt, objectAt, textAt } from "./harness/http/json.ts";
import { type PlatformUnderTest, platformUnderTest } from "./harness/under-test.ts";

let platform: PlatformUnderTest;
let api: Client;
beforeAll(async () => {
  platform = await platformUnderTest();
  api = new Client(platform.url);
});
afterAll(() => platform.close());

const VALIDATE = "/api/v1/workflows/validate";
const pure = (name: string, value: unknown, more: object = {}): StepInput => {
  return { name, type: "transform", config: { value }, ...more };
};

describe("validate", () => {
  test("says that a definition can be made, and makes none", async () => {
    const before = (await api.get("/api/v1/workflows?limit=1")).text;
    expectReply(await api.post(VALIDATE, { name: "w", steps: [pure("a", 1)] }), 200, { valid: true, warnings: [] });
    const warned = await api.post(VALIDATE, { name: "w", steps: [pure("run", 1)] });
    expect(warned.body).toMatchObject({ valid: true, warnings: [{ type: "name_is_root" }] });
    expect((await api.get("/api/v1/workflows?limit=1")).text).toBe(before);
  });

  test("refuses what creating it would", async () => {
    for (const body of [{ steps: [pure("a", "${b}")] }, [], { name: "w", steps: [] }]) {
      const { detail } = objectAt((await api.post("/api/v1/workflows", body)).body);
      const reply = await api.post(VALIDATE, body);
      expectReply(reply, 422);
      expect(objectAt(reply.body).detail).toEqual(detail);
    }
    expectFaults(await api.post(`${VALIDATE}?explain=1`, { name: "w", steps: [pure("a", 1)] }), [
      { loc: ["query", "explain"], type: "enum" },
    ]);
  });

  test("explains what steps can read, and what they do", async () => {
    const handler = { catch: [{ steps: [pure("h", "${error.code}")] }] };
    const branches = [
      { name: "left", steps: [pure("x", "${a}"), pure("y", "${x.value}${ a }")] },
      { name: "right", steps: [pure("x", '${{ payload.n + steps["a"].attempts }}')], output: "${x}" },
    ];
    const steps = [pure("a", 1, handler), { name: "fan", type: "parallel", config: { branches } }, pure("z", "${fan}")];
    const { body } = await api.post(`${VALIDATE}?explain=true`, { name: "w", steps });
    const left = "body.steps.1.config.branches.0.steps";
    expect(at(body, "scope")).toEqual({
      "body.steps.0": ["payload", "run"],
      "body.steps.0.catch.0.steps.0": ["payload", "run", "error"],
      "body.steps.1": ["payload", "run", "a"],
      [`${left}.0`]: ["payload", "run", "a"],
      [`${left}.1`]: ["payload", "run", "a", "x"],
      "body.steps.1.config.branches.1.steps.0": ["payload", "run", "a"],
      "body.steps.2": ["payload", "run", "a", "fan"],
    });
    const inBranch = (branch: number, ...path: (string | number)[]) => [
      ...["body", "steps", 1, "config", "branches", branch],
      ...path,
    ];
    expect(listAt(body, "references")).toEqual([
      { from: ["body", "steps", 0, "catch", 0, "steps", 0, "config", "value"], to: "error" },
      { from: inBranch(0, "steps", 0, "config", "value"), to: "a" },
      { from: inBranch(0, "steps", 1, "config", "value"), to: "fan.left.x" },
      { from: inBranch(0, "steps", 1, "config", "value"), to: "a" },
      { from: inBranch(1, "output"), to: "fan.right.x" },
      { from: inBranch(1, "steps", 0, "config", "value"), to: "payload" },
      { from: inBranch(1, "steps", 0, "config", "value"), to: "a" },
      { from: ["body", "steps", 2, "config", "value"], to: "fan" },
    ]);
  });

  test("explains no more of a large definition than can be read", async () => {
    const steps = Array.from({ length: 3000 }, (_, index) => pure(`s${index}`, "${payload}"));
    const { body, text } = await api.post(`${VALIDATE}?explain=true`, { name: "w", steps });
    expect(Object.keys(objectAt(body, "scope")).length).toBeGreaterThan(400);
    expect(listAt(body, "references")).toHaveLength(3000);
    expect(text.length).toBeLessThan(2_000_000);
  });
});

describe("the step types", () => {
  test("are all there, each with a form that its own example fits", async () => {
    const items = listAt((await api.get("/api/v1/step-types")).body, "items");
    const known = [...(await loadStepTypes()).keys(), ...CONTAINER_TYPES];
    expect(items.map((item) => textAt(item, "type")).toSorted()).toEqual(known.toSorted());
    for (const item of items) {
      const [type, config] = [textAt(item, "type"), objectAt(item, "config")];
      expect([type, textAt(item, "title"), textAt(item, "description")]).not.toContain("");
      for (const [field, schema] of Object.entries(objectAt(config, "properties"))) {
        expect({ type, field, schema }).toMatchObject({
          schema: expect.objectContaining("$ref" in objectAt(schema) ? {} : { title: expect.any(String) }),
        });
      }
      const steps = listAt(config, "examples").map((example, index) => ({ name: `s${index}`, type, config: example }));
      expect({ type, examples: steps.length > 0 }).toEqual({ type, examples: true });
      // Some set variables, which a list around them has.
      const block = { name: "b", type: "block", config: { vars: { total: 0 }, steps } };
      expectReply(await api.post(VALIDATE, { name: "w", steps: [block] }), 200);
    }
  });

  test("say which fields take placeholders and expressions", async () => {
    const items = listAt((await api.get("/api/v1/step-types")).body, "items");
    const webhook = items.find((item) => textAt(item, "type") === "webhook");
    expect(at(webhook, "kind")).toBe("effect");
    expect(at(webhook, "config", "properties", "method")).toMatchObject({ "x-template": true, type: "string" });
    const { body: schema } = await api.get("/api/v1/schema/workflow.json");
    expect(at(schema, "$defs", "Case", "properties", "if")).toMatchObject({ "x-expression": true });
  });
});

describe("the schema of a definition", () => {
  test("is one, whose references lead somewhere", async () => {
    const reply = await api.get("/api/v1/schema/workflow.json");
    expectReply(reply, 200);
    expect(at(reply.body, "$schema")).toBe("https://json-schema.org/draft/2020-12/schema");
    const references = [...reply.text.matchAll(/"\$ref":"([^"]*)"/g)].map(([, reference = ""]) => reference);
    expect(references.length).toBeGreaterThan(20);
    const types = (await api.get("/api/v1/step-types")).text;
    const relative = [...types.matchAll(/"\$ref":"schema\/workflow\.json([^"]*)"/g)].map(([, one = ""]) => one);
    expect(relative.length).toBeGreaterThan(3);
    for (const reference of [...references, ...relative]) {
      const [root, defs, name = ""] = reference.split("/");
      expect([reference, root, defs]).toEqual([reference, "#", "$defs"]);
      expect(objectAt(reply.body, "$defs", name)).not.toEqual({});
    }
  });
});

test("what a caller has already is not sent again", async () => {
  for (const path of ["/api/v1/step-types", "/api/v1/schema/workflow.json"]) {
    const first = await fetch(`${platform.url}${path}`);
    const tag = first.headers.get("etag") ?? "";
    expect([first.status, first.headers.get("content-type"), tag]).toEqual([
      ...[200, "application/json"],
      expect.stringMatching(/^"\w{20}"$/),
    ]);
    const again = await fetch(`${platform.url}${path}`, { headers: { "if-none-match": `"x", W/${tag}` } });
    expect([again.status, await again.text(), again.headers.get("etag")]).toEqual([304, "", tag]);
  }
});
