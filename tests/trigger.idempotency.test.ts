/** Triggers with an Idempotency-Key: one run, whatever is sent again, at once or after a crash. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { allRuns } from "./harness/http/all-runs.ts";
import { Client } from "./harness/http/client.ts";
import { expectError, expectFaults, expectReply } from "./harness/http/expect.ts";
import { textAt } from "./harness/http/json.ts";
import type { Reply } from "./harness/http/reply.ts";
import { Platform } from "./harness/platform.ts";

const REPLAYED = "idempotent-replayed";
const AT_ONCE = 50;
const STEPS = [{ name: "a", type: "transform", config: { value: "${payload}" } }];

let platform: Platform;
let api: Client;
beforeAll(async () => {
  platform = await Platform.start();
  api = new Client(platform.url);
});
afterAll(async () => {
  expect(platform.complaints()).toEqual([]);
  await platform.close();
});

function send(client: Client, key: string, body: unknown, path = "/api/v1/trigger"): Promise<Reply> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return client.send("POST", path, {
    body: text,
    headers: { "content-type": "application/json", "idempotency-key": key },
  });
}

const runOf = (reply: Reply) => textAt(reply.body, "run_id");
const isReplayed = ({ headers }: Reply) => headers.get(REPLAYED);

async function countRuns(client: Client, workflow: string): Promise<number> {
  return (await Array.fromAsync(allRuns(client))).filter((run) => run.workflow_id === workflow).length;
}

describe("a trigger with a key", () => {
  test("is one run, however often it is sent, and its answer says that it was given before", async () => {
    const workflow = await api.create(STEPS);
    const body = { workflow_id: workflow, payload: { n: 1 } };
    const first = await send(api, "one", body);
    expectReply(first, 200);
    expect(isReplayed(first)).toBeNull();
    const second = await send(api, "one", body);
    expectReply(second, 200, first.body);
    expect(isReplayed(second)).toBe("true");
    expect((await api.untilEnded(runOf(first))).status).toBe("success");
    expectReply(await send(api, "one", body), 200, first.body);
    expect(await countRuns(api, workflow)).toBe(1);
  });

  test("counts equal JSON values as equal, and refuses others", async () => {
    const workflow = await api.create(STEPS);
    const first = await send(api, "equal", `{"workflow_id":"${workflow}","payload":{"a":1,"b":[{"c":1.0,"d":"é"}]}}`);
    const same = `{ "payload": {"b":[{"d":"\\u00e9","c":1}],\n"a":1e0}, "workflow_id":"${workflow}" }`;
    expectReply(await send(api, "equal", same), 200, first.body);
    for (const other of [{ a: 1 }, { a: 1, b: [{ c: 1, d: "e" }] }, { a: "1", b: [{ c: 1, d: "é" }] }, undefined]) {
      const reply = await send(api, "equal", { workflow_id: workflow, payload: other });
      expectError(reply, 422);
      expect(textAt(reply.body, "code")).toBe("idempotency_mismatch");
    }
    expect(await countRuns(api, workflow)).toBe(1);
  });

  test(`is one run when ${AT_ONCE} come at once`, async () => {
    const workflow = await api.create(STEPS);
    const body = { workflow_id: workflow, payload: { n: 1 } };
    const replies = await Promise.all(Array.from({ length: AT_ONCE }, () => send(api, "at once", body)));
    expect(new Set(replies.map(runOf)).size).toBe(1);
    expect(replies.filter((reply) => isReplayed(reply) === "true")).toHaveLength(AT_ONCE - 1);
    expect(await countRuns(api, workflow)).toBe(1);
  });

  test("is one run of two bodies that come at once; the other is refused", async () => {
    const workflow = await api.create(STEPS);
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, index) => send(api, "two", { workflow_id: workflow, payload: { n: index % 2 } })),
    );
    expect(replies.map(({ status }) => status).toSorted()).toEqual([...Array(10).fill(200), ...Array(10).fill(422)]);
    expect(await countRuns(api, workflow)).toBe(1);
  });

  test("that was refused leaves its key free, and gets its answer also when its workflow is gone", async () => {
    expectError(await send(api, "free", { workflow_id: "not there" }), 404);
    const workflow = await api.create(STEPS, { input: { type: "object", required: ["n"] } });
    expectReply(await send(api, "free", { workflow_id: workflow, payload: {} }), 422);
    const body = { workflow_id: workflow, payload: { n: 1 } };
    const first = await send(api, "free", body);
    expectReply(first, 200);
    expectReply(await api.delete(`/api/v1/workflows/${workflow}`), 200);
    expectReply(await send(api, "free", body), 200, first.body);
    expectError(await send(api, "new", body), 404);
  });

  test("is stored once where its workflow limits its runs", async () => {
    const workflow = await api.create(STEPS, { concurrency: { limit: 1 }, tags: ["a"] });
    const body = { workflow_id: workflow };
    const replies = await Promise.all(Array.from({ length: 10 }, () => send(api, "turns", body)));
    expect(new Set(replies.map(runOf)).size).toBe(1);
    expect(await countRuns(api, workflow)).toBe(1);
  });

  test("needs 1 to 255 printable characters", async () => {
    const workflow = await api.create(STEPS);
    for (const key of ["", "x".repeat(256), "é", "a\tb"]) {
      const reply = await send(api, key, { workflow_id: workflow });
      expectFaults(reply, [{ loc: ["header", "idempotency-key"], type: "value_error" }]);
    }
    for (const key of ["x", "~".repeat(255), '"quoted, with {braces}"']) {
      expectReply(await send(api, key, { workflow_id: workflow }), 200);
    }
  });
});

describe("a signal with a key", () => {
  const WAITS = [
    { name: "first", type: "wait", config: { signal: "go" } },
    { name: "second", type: "wait", config: { signal: "go" } },
  ];

  test("is sent once, is told apart by its body and its run, and has its answer after the end", async () => {
    const workflow = await api.create(WAITS);
    const [run, other] = [await api.trigger(workflow), await api.trigger(workflow)];
    await api.untilBegun(run, "first");
    const path = `/api/v1/runs/${run}/signals/go`;
    const sent = await Promise.all(Array.from({ length: AT_ONCE }, () => send(api, "s", { a: 1, b: 2 }, path)));
    const [first] = sent;
    if (first === undefined) throw new Error("none was sent");
    for (const reply of sent) expectReply(reply, 200, first.body);
    expect(sent.filter((reply) => isReplayed(reply) === "true")).toHaveLength(AT_ONCE - 1);
    expectError(await send(api, "s", { a: 1 }, path), 422);
    expect(isReplayed(await send(api, "s", { a: 1 }, `/api/v1/runs/${other}/signals/go`))).toBeNull();
    await api.untilBegun(run, "second");
    expectReply(await send(api, "t", {}, path), 200);
    expect((await api.untilEnded(run)).output("first")).toEqual({ a: 1, b: 2 });
    expectReply(await send(api, "s", { b: 2, a: 1 }, path.replace(run, run.toUpperCase())), 200, first.body);
    expectError(await send(api, "u", {}, path), 409);
  });
});

test("a process that dies right after its commit has started the one run that is told to whoever asks again", async () => {
  const dying = await Platform.start({ env: { FAILPOINT: "trigger_committed:1" } });
  try {
    const definition = { name: "w", id: "w", steps: STEPS };
    expectReply(await new Client(dying.url).post("/api/v1/workflows", definition), 200);
    const body = { workflow_id: "w", payload: { n: 1 } };
    const sent = await Promise.allSettled(Array.from({ length: 5 }, () => send(new Client(dying.url), "crash", body)));
    // Who asks between the commit and the end of the process is told of the run that is stored.
    const told = sent.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    expect(told.length).toBeLessThan(sent.length);
    await dying.ended();
    await dying.restart({ FAILPOINT: "" });
    const client = new Client(dying.url);
    const again = await send(client, "crash", body);
    expectReply(again, 200);
    for (const reply of told) expectReply(reply, 200, again.body);
    expect(isReplayed(again)).toBe("true");
    expect((await client.untilEnded(runOf(again))).status).toBe("success");
    expect((await Array.fromAsync(allRuns(client))).map(({ uuid }) => uuid)).toEqual([runOf(again)]);
  } finally {
    await dying.close();
  }
});
