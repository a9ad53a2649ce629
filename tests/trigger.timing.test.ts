/** Triggers of runs that begin later, go before others, or have tags of their own. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { timeAt } from "./harness/http/all-runs.ts";
import { Client } from "./harness/http/client.ts";
import { expectFaults, expectReply } from "./harness/http/expect.ts";
import { textAt } from "./harness/http/json.ts";
import { Platform } from "./harness/platform.ts";

const STEPS = [{ name: "a", type: "transform", config: { value: 1 } }];
const DAY_MS = 24 * 60 * 60 * 1000;

let platform: Platform;
let api: Client;
let workflow: string;
beforeAll(async () => {
  platform = await Platform.start();
  api = new Client(platform.url);
  workflow = await api.create(STEPS);
  // Its runs would be executed before their insert from now on.
  for (let count = 0; count < 3; count++) await api.untilEnded(await api.trigger(workflow));
});
afterAll(async () => {
  expect(platform.complaints()).toEqual([]);
  await platform.close();
});

async function trigger(fields: Record<string, unknown>, workflow_id = workflow): Promise<string> {
  const reply = await api.post("/api/v1/trigger", { workflow_id, ...fields });
  expectReply(reply, 200);
  return textAt(reply.body, "run_id");
}

const read = async (run: string) => (await api.get(`/api/v1/runs/${run}`)).body;

describe("a run", () => {
  test.each([{ delay: 0.7 }, { delay: "PT0.7S" }])("with %j begins no earlier, and shows when", async (fields) => {
    const before = Date.now();
    const run = await trigger(fields);
    const pending = await read(run);
    expect(pending).toMatchObject({ status: "pending", started_at: null });
    expect(timeAt(pending, "start_at")).toBeWithin(before + 700, Date.now() + 701);
    const ended = await api.untilEnded(run);
    expect(ended.status).toBe("success");
    expect(timeAt(ended.body, "started_at")).toBeGreaterThanOrEqual(timeAt(pending, "start_at"));
    expect(ended.body.start_at).toBe(textAt(pending, "start_at"));
  });

  test("begins at its time, whatever the offset that this is written with", async () => {
    const at = Date.now() + 800;
    const elsewhere = new Date(at + 2 * 60 * 60 * 1000).toISOString().replace("Z", "+02:00");
    const run = await trigger({ start_at: elsewhere });
    expect(timeAt(await read(run), "start_at")).toBe(at);
    const ended = await api.untilEnded(run);
    expect(timeAt(ended.body, "started_at")).toBeGreaterThanOrEqual(at);
  });

  test("whose time is over begins at once", async () => {
    const before = Date.now();
    const ended = await api.untilEnded(await trigger({ start_at: "2020-01-01T00:00:00Z" }));
    expect(timeAt(ended.body, "start_at")).toBeGreaterThanOrEqual(before);
    expect(ended.status).toBe("success");
  });

  test("that begins later does so after a crash, too", async () => {
    const run = await trigger({ delay: 3 });
    await platform.restart();
    api = new Client(platform.url);
    const pending = await read(run);
    const ended = await api.untilEnded(run, 20_000);
    expect(timeAt(ended.body, "started_at")).toBeGreaterThanOrEqual(timeAt(pending, "start_at"));
  });

  test("has the priority and the tags that it was triggered with", async () => {
    const run = await trigger({ priority: 5, tags: ["b", "a", "b"] });
    expect((await api.untilEnded(run)).body).toMatchObject({ status: "success", priority: 5, tags: ["b", "a"] });
    const plain = await trigger({ tags: ["x"] });
    const { body } = await api.untilEnded(plain);
    expect(body.tags).toEqual(["x"]);
    expect([body.priority, body.start_at]).toEqual([undefined, undefined]);
  });

  test("has tags of 64 characters, which may be two units of UTF-16 each", async () => {
    const tags = ["x".repeat(64), "🎉".repeat(64)];
    expect((await api.untilEnded(await trigger({ tags }))).body.tags).toEqual(tags);
    expect((await api.untilEnded(await trigger({}, await api.create(STEPS, { tags })))).body.tags).toEqual(tags);
    const found = await api.get(`/api/v1/runs?tag=${encodeURIComponent(tags[1] ?? "")}`);
    expect(found.body).toMatchObject({ items: [{ tags }, { tags }] });
  });

  test("has the tags of its workflow before its own, 20 together", async () => {
    const tagged = await api.create(STEPS, { tags: ["a", "b"] });
    expect((await api.untilEnded(await trigger({ tags: ["c", "a"] }, tagged))).body.tags).toEqual(["a", "b", "c"]);
    const tags = Array.from({ length: 19 }, (_, index) => `t${index}`);
    const reply = await api.post("/api/v1/trigger", { workflow_id: tagged, tags });
    expectFaults(reply, [{ loc: ["body", "tags"], type: "too_long" }]);
  });

  test("that waits for its turn does not wait behind one that begins later", async () => {
    const limited = await api.create(STEPS, { concurrency: { limit: 1 } });
    const later = await trigger({ delay: 2 }, limited);
    expect((await api.untilEnded(await trigger({}, limited))).status).toBe("success");
    expect(await read(later)).toMatchObject({ status: "pending" });
    expect((await api.untilEnded(later, 20_000)).status).toBe("success");
  });

  test("is stored once with a key, whenever it begins", async () => {
    const body = JSON.stringify({ workflow_id: workflow, delay: 60, priority: 1 });
    const headers = { "content-type": "application/json", "idempotency-key": "later" };
    const replies = [];
    for (let count = 0; count < 2; count++) replies.push(await api.send("POST", "/api/v1/trigger", { body, headers }));
    const [first, second] = replies.map((reply) => textAt(reply.body, "run_id"));
    expect(second).toBe(first ?? "");
  });
});

describe("a trigger is refused", () => {
  const far = new Date(Date.now() + 367 * DAY_MS).toISOString();
  const bad: [fields: Record<string, unknown>, at: (string | number)[], type: string][] = [
    [{ delay: 1, start_at: "2030-01-01T00:00:00Z" }, ["start_at"], "value_error"],
    [{ delay: -1 }, ["delay"], "greater_than_equal"],
    [{ delay: 366 * 86_400 + 1 }, ["delay"], "less_than_equal"],
    [{ delay: "P367D" }, ["delay"], "less_than_equal"],
    [{ delay: "soon" }, ["delay"], "float_type"],
    [{ delay: null }, ["delay"], "float_type"],
    [{ start_at: far }, ["start_at"], "value_error"],
    [{ start_at: "2030-01-01" }, ["start_at"], "value_error"],
    [{ start_at: "2030-01-01T00:00:00" }, ["start_at"], "value_error"],
    [{ start_at: "2030-02-30T00:00:00Z" }, ["start_at"], "value_error"],
    [{ start_at: 1_900_000_000 }, ["start_at"], "string_type"],
    [{ priority: 0 }, ["priority"], "greater_than_equal"],
    [{ priority: 6 }, ["priority"], "less_than_equal"],
    [{ priority: 1.5 }, ["priority"], "int_type"],
    [{ priority: "5" }, ["priority"], "int_type"],
    [{ tags: "a" }, ["tags"], "list_type"],
    [{ tags: Array(21).fill("a") }, ["tags"], "too_long"],
    [{ tags: ["a", ""] }, ["tags", 1], "string_too_short"],
    [{ tags: ["x".repeat(65)] }, ["tags", 0], "string_too_long"],
    [{ tags: ["🎉".repeat(65)] }, ["tags", 0], "string_too_long"],
    [{ tags: [1] }, ["tags", 0], "string_type"],
    [{ run_at: 1 }, ["run_at"], "extra_forbidden"],
  ];
  test.each(bad)("with %j", async (fields, at, type) => {
    const reply = await api.post("/api/v1/trigger", { workflow_id: workflow, ...fields });
    expectFaults(reply, [{ loc: ["body", ...at], type }]);
  });
});
