/** What a definition says beside its steps: kept as it was written, with every version, and shown again. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client } from "./harness/http/client.ts";
import { expectFaults } from "./harness/http/expect.ts";
import { objectAt } from "./harness/http/json.ts";
import { type PlatformUnderTest, platformUnderTest } from "./harness/under-test.ts";

let platform: PlatformUnderTest;
let api: Client;

beforeAll(async () => {
  platform = await platformUnderTest();
  api = new Client(platform.url);
});
afterAll(() => platform.close());

const BASE = { name: "options", steps: [{ name: "a", type: "transform", config: { value: 1 } }] };
const OPTIONS = {
  $schema: "https://flows.example/schema/workflow.json",
  input: { type: "object", properties: { z: { type: "string" }, a: {} } },
  timeout: "P1D",
  defaults: { retry: { max_attempts: 4 }, timeout: 20 },
  output: { z: "${a.value}", a: null },
  tags: ["billing", "eu"],
  retention: 90,
  ui: { folded: ["a"], colours: { a: "red" } },
};

async function created(fields: Record<string, unknown>): Promise<string> {
  return api.create(BASE.steps, fields);
}

describe("options of a workflow", () => {
  test("come back as they were written, behind the steps", async () => {
    const { text } = await api.get(`/api/v1/workflows/${await created(OPTIONS)}`);
    expect(text).toContain(
      `"steps":${JSON.stringify(BASE.steps)},${JSON.stringify(OPTIONS).slice(1, -1)},"version":1,`,
    );
  });

  test("belong to a version", async () => {
    const id = await created({ tags: ["first"] });
    await api.put(`/api/v1/workflows/${id}`, BASE);
    const [first, second] = [1, 2].map((version) => api.get(`/api/v1/workflows/${id}?version=${version}`));
    expect((await first)?.body).toMatchObject({ version: 1, tags: ["first"] });
    expect(Object.keys(objectAt((await second)?.body))).not.toContain("tags");
  });

  test("are no fields of a workflow that has none", async () => {
    const { body } = await api.get(`/api/v1/workflows/${await created({})}`);
    expect(Object.keys(objectAt(body))).toEqual([
      ...["uuid", "id", "name", "description", "steps", "version", "created_at", "updated_at"],
    ]);
  });

  const bad: [title: string, fields: object, ...faults: [type: string, ...loc: (string | number)[]][]][] = [
    ["a timeout of nothing", { timeout: 0 }, ["duration_range", "timeout"]],
    ["a timeout of more than 366 days", { timeout: "P367D" }, ["duration_range", "timeout"]],
    ["a word for a timeout", { timeout: "soon" }, ["value_error", "timeout"]],
    ["21 tags", { tags: Array.from({ length: 21 }, () => "t") }, ["too_long", "tags"]],
    ["an empty tag", { tags: [""] }, ["string_too_short", "tags", 0]],
    ["a tag of 65 characters", { tags: ["x".repeat(65)] }, ["string_too_long", "tags", 0]],
    ["a tag that is no text", { tags: [1] }, ["string_type", "tags", 0]],
    ["no days", { retention: 0 }, ["greater_than_equal", "retention"]],
    ["more than ten years", { retention: 3651 }, ["less_than_equal", "retention"]],
    ["half a day", { retention: 0.5 }, ["int_type", "retention"]],
    ["days as a duration", { retention: "P7D" }, ["int_type", "retention"]],
    ["ui of 17 KiB", { ui: { x: "x".repeat(17 * 1024) } }, ["too_large", "ui"]],
    ["ui that is a text", { ui: "red" }, ["dict_type", "ui"]],
    ["an output that names a prototype", { output: ["${a.__proto__}"] }, ["value_error", "output", 0]],
    ["more in defaults", { defaults: { catch: [] } }, ["extra_forbidden", "defaults", "catch"]],
    ["a limit of 0", { concurrency: { limit: 0 } }, ["greater_than_equal", "concurrency", "limit"]],
    ["a rate without a time", { rate_limit: { limit: 1 } }, ["missing", "rate_limit", "per"]],
  ];
  for (const [title, fields, ...faults] of bad) {
    test(`refused: ${title}`, async () => {
      const reply = await api.post("/api/v1/workflows", { ...BASE, ...fields });
      expectFaults(
        reply,
        faults.map(([type, ...loc]) => ({ type, loc: ["body", ...loc] })),
      );
    });
  }
});
