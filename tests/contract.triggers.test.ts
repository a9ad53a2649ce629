/** What a trigger promises in every mode: once for its key, with its end in the answer, at its time, many at a time. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { timeAt } from "./harness/http/all-runs.ts";
import { Client } from "./harness/http/client.ts";
import { expectReply } from "./harness/http/expect.ts";
import { at, listAt, textAt } from "./harness/http/json.ts";
import type { Reply } from "./harness/http/reply.ts";
import { type PlatformUnderTest, platformUnderTest } from "./harness/under-test.ts";

const STEPS = [{ name: "a", type: "transform", config: { value: "${payload.n}" } }];
/** The stack is kept for other suites: its keys are of this process alone. */
const OWN = `${process.pid} ${Date.now()}`;

let platform: PlatformUnderTest;
let api: Client;
let workflow: string;
beforeAll(async () => {
  platform = await platformUnderTest();
  api = new Client(platform.url);
  workflow = await api.create(STEPS);
});
afterAll(() => platform.close());

function send(key: string, body: unknown, path = "/api/v1/trigger"): Promise<Reply> {
  const headers = { "content-type": "application/json", "idempotency-key": `${key} ${OWN}` };
  return api.send("POST", path, { body: JSON.stringify(body), headers });
}

const runOf = (reply: Reply) => textAt(reply.body, "run_id");
const isReplayed = ({ headers }: Reply) => headers.get("idempotent-replayed") === "true";

describe("a key", () => {
  test("makes one run of many requests that come at once, whichever process they come to", async () => {
    const body = { workflow_id: workflow, payload: { n: 1 } };
    const replies = await Promise.all(Array.from({ length: 50 }, () => send("at once", body)));
    for (const reply of replies) expectReply(reply, 200);
    expect(new Set(replies.map(runOf)).size).toBe(1);
    expect(replies.filter(isReplayed)).toHaveLength(49);
    expect((await api.untilEnded(textAt(replies, 0, "body", "run_id"))).output("a")).toMatchObject({ value: 1 });
    expect((await send("at once", { ...body, payload: { n: 2 } })).status).toBe(422);
  });

  test("holds for runs that wait for their turn, and for those that begin later", async () => {
    const limited = await api.create(STEPS, { concurrency: { limit: 1 } });
    for (const body of [{ workflow_id: limited }, { workflow_id: workflow, delay: 60, priority: 2 }]) {
      const key = JSON.stringify(body);
      const replies = await Promise.all(Array.from({ length: 10 }, () => send(key, body)));
      expect(new Set(replies.map(runOf)).size).toBe(1);
    }
  });

  test("sends a signal once", async () => {
    const waits = ["first", "second"].map((name) => ({ name, type: "wait", config: { signal: "go" } }));
    const run = await api.trigger(await api.create(waits));
    await api.untilBegun(run, "first");
    const path = `/api/v1/runs/${run}/signals/go`;
    const replies = await Promise.all(Array.from({ length: 10 }, () => send("signal", { a: 1 }, path)));
    for (const reply of replies) expectReply(reply, 200, at(replies, 0, "body"));
    expect(replies.filter(isReplayed)).toHaveLength(9);
    await api.untilBegun(run, "second");
    expectReply(await send("other signal", {}, path), 200);
    expect((await api.untilEnded(run)).step("first")).toMatchObject({ output: { a: 1 } });
    expectReply(await send("signal", { a: 1 }, path), 200, at(replies, 0, "body"));
  });
});

test("the answer to a trigger that waits has the run that ended, or says that it goes on", async () => {
  const ended = await api.post("/api/v1/trigger?wait=30", { workflow_id: workflow, payload: { n: 3 } });
  expectReply(ended, 200);
  expect(ended.body).toMatchObject({ status: "success", run: { uuid: runOf(ended), payload: { n: 3 } } });
  const sleeps = await api.create([{ name: "s", type: "delay", config: { duration: 60 } }]);
  const open = await api.post("/api/v1/trigger?wait=3", { workflow_id: sleeps });
  expectReply(open, 200, { run_id: runOf(open), status: "running", run: null });
});

test("a run begins at its time, with its priority and its tags", async () => {
  const asked = { workflow_id: workflow, payload: { n: 1 }, delay: 1, priority: 5, tags: ["x"] };
  const reply = await api.post("/api/v1/trigger?wait=30", asked);
  expect(reply.body).toMatchObject({ status: "success", run: { priority: 5, tags: ["x"] } });
  expect(timeAt(reply.body, "run", "started_at")).toBeGreaterThanOrEqual(timeAt(reply.body, "run", "start_at"));
});

test("a batch has an outcome for each of its triggers, and starts each key once", async () => {
  const triggers = [
    ...Array.from({ length: 200 }, (_, n) => ({
      workflow_id: workflow,
      payload: { n },
      idempotency_key: `${n} ${OWN}`,
    })),
    { workflow_id: "not there" },
    { workflow_id: workflow, payload: { n: 1 }, start_at: "2020-01-01T00:00:00Z" },
    { workflow_id: workflow, payload: { n: 1 }, priority: 1 },
  ];
  const [first, second] = await Promise.all([0, 1].map(() => api.post("/api/v1/trigger/batch", { triggers })));
  const [one, other] = [listAt(first?.body, "results"), listAt(second?.body, "results")];
  expect(one.slice(0, 200)).toEqual(other.slice(0, 200));
  expect(at(one[200], "error", "code")).toBe("workflow_not_found");
  for (const index of [0, 199, 201, 202]) {
    expect((await api.untilEnded(textAt(one[index], "run_id"), 30_000)).status).toBe("success");
  }
});
