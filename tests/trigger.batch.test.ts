/** Many triggers in one request: each with an outcome of its own, all stored together. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { allRuns } from "./harness/http/all-runs.ts";
import { Client } from "./harness/http/client.ts";
import { expectError, expectFaults, expectReply } from "./harness/http/expect.ts";
import { at, listAt, textAt } from "./harness/http/json.ts";
import { Platform } from "./harness/platform.ts";

const STEPS = [{ name: "a", type: "transform", config: { value: "${payload.n}" } }];
const MOST = 1000;

let platform: Platform;
let api: Client;
let workflow: string;
beforeAll(async () => {
  platform = await Platform.start();
  api = new Client(platform.url);
  workflow = await api.create(STEPS);
});
afterAll(async () => {
  expect(platform.complaints()).toEqual([]);
  await platform.close();
});

const post = (triggers: unknown, more: Record<string, unknown> = {}) =>
  api.post("/api/v1/trigger/batch", { triggers, ...more });

async function batch(triggers: unknown[]): Promise<unknown[]> {
  const reply = await post(triggers);
  expectReply(reply, 200);
  const results = listAt(reply.body, "results");
  expect(results).toHaveLength(triggers.length);
  return results;
}

async function count(of = workflow): Promise<number> {
  let runs = 0;
  for await (const run of allRuns(api)) if (run.workflow_id === of) runs++;
  return runs;
}

describe("a batch", () => {
  test("starts a run for each of its triggers, in order, up to 1,000", async () => {
    const before = await count();
    const results = await batch(Array.from({ length: MOST }, (_, n) => ({ workflow_id: workflow, payload: { n } })));
    expect(results.every((result) => at(result, "status") === "triggered")).toBe(true);
    expect(await count()).toBe(before + MOST);
    for (const n of [0, 1, 17, 500, 999]) {
      const run = await api.untilEnded(textAt(results[n], "run_id"), 30_000);
      expect(run.output("a")).toEqual({ type: "transform", value: n });
    }
  });

  test("gives each trigger an outcome of its own", async () => {
    const strict = await api.create(STEPS, { input: { type: "object", required: ["n"] }, tags: ["x"] });
    const gone = await api.create(STEPS);
    expectReply(await api.delete(`/api/v1/workflows/${gone}`), 200);
    const limited = await api.create([{ name: "s", type: "delay", config: { duration: 60 } }], {
      concurrency: { limit: 1, on_limit: "reject" },
    });
    const results = await batch([
      { workflow_id: "not there" },
      { workflow_id: strict, payload: { n: 1 }, tags: ["y"] },
      { workflow_id: strict, payload: {} },
      { workflow_id: gone },
      { workflow_id: limited },
      { workflow_id: limited },
      { workflow_id: workflow, payload: { n: 2 }, priority: 4, delay: 0 },
    ]);
    expect(results.map((result) => at(result, "error", "code") ?? "none")).toEqual([
      "workflow_not_found",
      "none",
      "validation_failed",
      "workflow_not_found",
      "none",
      "concurrency_limit",
      "none",
    ]);
    expect(at(results[0], "error", "detail")).toBe("Workflow not there not found");
    expect(at(results[2], "error", "detail", 0)).toMatchObject({
      loc: ["body", "triggers", 2, "payload", "n"],
      type: "missing",
    });
    expect((await api.untilEnded(textAt(results[1], "run_id"))).body).toMatchObject({ tags: ["x", "y"] });
    expect((await api.untilEnded(textAt(results[6], "run_id"))).body).toMatchObject({ priority: 4 });
  });

  test("has keys, which are those of triggers that are sent alone", async () => {
    const alone = await api.send("POST", "/api/v1/trigger", {
      body: JSON.stringify({ payload: { n: 1 }, workflow_id: workflow }),
      headers: { "content-type": "application/json", "idempotency-key": "k1" },
    });
    const before = await count();
    const triggers = [
      { workflow_id: workflow, payload: { n: 1 }, idempotency_key: "k1" },
      { workflow_id: workflow, payload: { n: 2 }, idempotency_key: "k1" },
      { workflow_id: workflow, payload: { n: 2 }, idempotency_key: "k2" },
      { workflow_id: workflow, payload: { n: 2 }, idempotency_key: "k2" },
      { workflow_id: workflow, payload: { n: 3 }, idempotency_key: "k2" },
      { workflow_id: "not there", idempotency_key: "k3" },
    ];
    const results = await batch(triggers);
    expect(results[0]).toEqual(alone.body);
    expect(at(results[1], "error", "code")).toBe("idempotency_mismatch");
    expect(results[3]).toEqual(results[2]);
    expect(at(results[4], "error", "code")).toBe("idempotency_mismatch");
    expect(at(results[5], "error", "code")).toBe("workflow_not_found");
    expect(await count()).toBe(before + 1);
    expect(await batch(triggers)).toEqual(results);
    expect(await count()).toBe(before + 1);
  });

  test("of which ten come at once with the same keys starts each run once", async () => {
    const own = await api.create(STEPS);
    const triggers = Array.from({ length: 100 }, (_, n) => ({
      workflow_id: own,
      payload: { n },
      idempotency_key: `at once ${n}`,
    }));
    const [first, ...others] = await Promise.all(Array.from({ length: 10 }, () => batch(triggers)));
    for (const other of others) expect(other).toEqual(first ?? []);
    expect(await count(own)).toBe(100);
  });
});

describe("a batch is refused whole", () => {
  test("where a part of its body does not fit; then it starts nothing", async () => {
    const before = await count();
    const good = { workflow_id: workflow };
    expectFaults(await post([good, { ...good, priority: 9 }, { payload: {} }]), [
      { loc: ["body", "triggers", 1, "priority"], type: "less_than_equal" },
      { loc: ["body", "triggers", 2, "workflow_id"], type: "missing" },
    ]);
    expectFaults(
      await post([good, { ...good, delay: 1, start_at: "2030-01-01T00:00:00Z" }, { ...good, start_at: "x" }]),
      [
        { loc: ["body", "triggers", 1, "start_at"], type: "value_error" },
        { loc: ["body", "triggers", 2, "start_at"], type: "value_error" },
      ],
    );
    for (const key of ["", "x".repeat(256), "ü"]) {
      expectFaults(await post([{ ...good, idempotency_key: key }]), [
        { loc: ["body", "triggers", 0, "idempotency_key"], type: "value_error" },
      ]);
    }
    expectFaults(await post([]), [{ loc: ["body", "triggers"], type: "too_short" }]);
    expectFaults(await post(Array(MOST + 1).fill(good)), [{ loc: ["body", "triggers"], type: "too_long" }]);
    expectFaults(await post("x"), [{ loc: ["body", "triggers"], type: "list_type" }]);
    expectFaults(await post([good], { wait: 1 }), [{ loc: ["body", "wait"], type: "extra_forbidden" }]);
    expectError(await post([{ ...good, payload: { text: "x".repeat(1024 * 1024) } }]), 413);
    expect(await count()).toBe(before);
  });

  test("where it has one key for all", async () => {
    const headers = { "content-type": "application/json", "idempotency-key": "k" };
    const body = JSON.stringify({ triggers: [{ workflow_id: workflow }] });
    expectFaults(await api.send("POST", "/api/v1/trigger/batch", { body, headers }), [
      { loc: ["header", "idempotency-key"], type: "value_error" },
    ]);
  });
});

test("a process that dies right after the commit of a batch has started all of it, once", async () => {
  const dying = await Platform.start({ env: { FAILPOINT: "trigger_committed:1" } });
  try {
    const client = new Client(dying.url);
    expectReply(await client.post("/api/v1/workflows", { name: "w", id: "w", steps: STEPS }), 200);
    const triggers = Array.from({ length: 200 }, (_, n) => ({
      workflow_id: "w",
      payload: { n },
      idempotency_key: `${n}`,
    }));
    expect(await client.post("/api/v1/trigger/batch", { triggers }).catch(() => "lost")).toBe("lost");
    await dying.ended();
    await dying.restart({ FAILPOINT: "" });
    const again = new Client(dying.url);
    const runs = async () => (await Array.fromAsync(allRuns(again))).map(({ uuid }) => String(uuid)).toSorted();
    const stored = await runs();
    expect(stored).toHaveLength(200);
    const reply = await again.post("/api/v1/trigger/batch", { triggers });
    expectReply(reply, 200);
    expect(
      listAt(reply.body, "results")
        .map((result) => textAt(result, "run_id"))
        .toSorted(),
    ).toEqual(stored);
    expect(await runs()).toEqual(stored);
    for (const uuid of stored.slice(0, 5)) expect((await again.untilEnded(uuid)).status).toBe("success");
  } finally {
    await dying.close();
  }
});
