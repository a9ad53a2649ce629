import { expect, test } from "bun:test";
import { systemClock as clock } from "../clock.ts";
import { newId } from "../ids.ts";
import { WorkflowRepository } from "../repositories/workflows.ts";
import { openMemoryStorage } from "../storage/sqlite/index.ts";
import { Preparing } from "./preparing.ts";

const namespace = "default";

async function preparing(options: object) {
  const storage = openMemoryStorage(clock);
  const workflowUuid = newId(clock.now());
  const workflow = { uuid: workflowUuid, namespace, id: "w", name: "w", description: null, steps: "[]" };
  await storage.insertWorkflows([{ ...workflow, options: { text: JSON.stringify(options), preparesRuns: true } }]);
  const parts = new Preparing(new WorkflowRepository(storage, clock));
  return { parts, key: { namespace, workflowUuid, version: 1 }, close: () => storage.close() };
}

test("a run has what its definition says: defaults, tags once each, and the turn of its keys", async () => {
  const { parts, key, close } = await preparing({
    input: { properties: { region: { default: "eu" } } },
    tags: ["a", "b", "a"],
    concurrency: { limit: 2, key: "${payload.region}", on_limit: "reject" },
    rate_limit: { limit: 3, per: "PT1M" },
  });
  const run = await parts.prepare(key, { payload: {} });
  expect(run).toEqual({
    payload: '{"region":"eu"}',
    tags: '["a","b"]',
    preparedFor: { workflowUuid: key.workflowUuid, version: 1 },
    turn: {
      line: 'concurrency [["",""],["eu"]]',
      most: 2,
      onLimit: "reject",
      rate: { key: "", most: 3, perMilliseconds: 60_000 },
    },
  });
  expect(await parts.prepare(key, { payload: { region: "us" } })).toMatchObject({
    turn: { line: 'concurrency [["",""],["us"]]' },
  });
  await close();
});

test("tags of the definition and of the trigger are joined, 20 at most", async () => {
  const { parts, key, close } = await preparing({ tags: ["a", "b"] });
  expect(await parts.prepare(key, { payload: {}, tags: ["c", "a", "c"] })).toMatchObject({ tags: '["a","b","c"]' });
  const many = Array.from({ length: 18 }, (_, index) => `t${index}`);
  expect(await parts.prepare(key, { payload: {}, tags: [...many, "b"] })).toHaveProperty("tags");
  expect(await parts.prepare(key, { payload: {}, tags: [...many, "more"] })).toMatchObject({
    faults: [{ loc: ["body", "tags"], type: "too_long" }],
  });
  await close();
});

test("a tag is taken that was stored when longer ones could be", async () => {
  const { parts, key, close } = await preparing({ tags: ["x".repeat(100)] });
  expect(await parts.prepare(key, { payload: {} })).toMatchObject({ tags: `["${"x".repeat(100)}"]` });
  await close();
});

test("a long key is kept as its digest, and one that leads nowhere is a fault of the payload", async () => {
  const { parts, key, close } = await preparing({ rate_limit: { limit: 1, per: 1, key: "${payload.text}" } });
  const [one, other] = ["x", "y"].map((end) => parts.prepare(key, { payload: { text: "x".repeat(1000) + end } }));
  expect(await one).toMatchObject({ turn: { line: expect.stringMatching(/^rate [0-9a-f]{64}$/), most: null } });
  expect(await one).not.toEqual(await other);
  expect(await parts.prepare(key, { payload: {} })).toMatchObject({
    faults: [{ loc: ["body", "payload"], type: "value_error" }],
  });
  await close();
});

test("what was learned of a reference is known until it is learned otherwise", async () => {
  const { parts, key, close } = await preparing({ tags: ["a"] });
  expect(parts.preparations.likelyVersion(namespace, "w")).toBeUndefined();
  parts.preparations.learn("w", key);
  expect(parts.preparations.likelyVersion(namespace, "w")).toEqual(key);
  expect(parts.preparations.likelyVersion("other", "w")).toBeUndefined();
  expect(await parts.newestVersion(namespace, "w")).toEqual(key);
  expect(parts.newestVersion(namespace, "nothing")).rejects.toThrow("not found");
  await close();
});
