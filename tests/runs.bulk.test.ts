/** `POST /runs/bulk`: what can be asked of one run is asked of all that fit a filter, each of them once. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client, type StepInput } from "./harness/http/client.ts";
import { expectError, expectFaults, expectReply } from "./harness/http/expect.ts";
import { listAt, textAt, at as valueAt } from "./harness/http/json.ts";
import type { Reply } from "./harness/http/reply.ts";
import { type PlatformUnderTest, platformUnderTest } from "./harness/under-test.ts";

const MANY = 1204;
const BULK = "/api/v1/runs/bulk";
const LATEST_MS = 60_000;
const AT = "created_to";
const at = (time: string) => ({ [AT]: time });

let platform: PlatformUnderTest;
let api: Client;
beforeAll(async () => {
  platform = await platformUnderTest();
  api = new Client(platform.url);
});
afterAll(() => platform.close());

const FAILS: StepInput = { name: "stop", type: "fail", config: { message: "no" } };
const SLEEPS: StepInput = { name: "z", type: "delay", config: { duration: 3600 } };

/** Starts runs of a workflow, by batches. */
async function trigger(workflow_id: string, count: number, payload: object = {}): Promise<string[]> {
  const uuids: string[] = [];
  while (uuids.length < count) {
    const triggers = Array(Math.min(1000, count - uuids.length)).fill({ workflow_id, payload });
    const reply = await api.post("/api/v1/trigger/batch", { triggers });
    expectReply(reply, 200);
    for (const result of listAt(reply.body, "results")) uuids.push(textAt(result, "run_id"));
  }
  return uuids;
}

async function count(filter: object, action = "retry"): Promise<unknown> {
  const reply = await api.post(BULK, { action, filter, dry_run: true });
  expectReply(reply, 200);
  return valueAt(reply.body, "count");
}

async function until(what: string, done: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + LATEST_MS; !(await done()); await Bun.sleep(50)) {
    if (Date.now() > deadline) throw new Error(`not ${what} in time`);
  }
}

/** Starts runs that fail, and waits until they have. */
async function failed(runs: number): Promise<string> {
  const workflow = await api.create([FAILS]);
  await trigger(workflow, runs);
  await until("failed", async () => (await count({ workflow, status: "failed" })) === runs);
  return workflow;
}

async function started(body: object): Promise<string> {
  const reply = await api.post(BULK, body);
  expectReply(reply, 202);
  return textAt(reply.body, "bulk_id");
}

const read = (bulk: string) => api.get(`${BULK}/${bulk}`);

/** How an action ended. */
async function ended(bulk: string): Promise<Reply["body"]> {
  let { body } = await read(bulk);
  await until("over", async () => {
    ({ body } = await read(bulk));
    return ["done", "stopped"].includes(textAt(body, "status"));
  });
  return body;
}

const send = (body: object, key: string, path = BULK) =>
  api.send("POST", path, {
    body: JSON.stringify(body),
    headers: { "content-type": "application/json", "idempotency-key": key },
  });

/** The runs of a workflow by the run that they try again. */
async function retriesOf(workflow: string): Promise<string[]> {
  const retried: string[] = [];
  let cursor = "";
  do {
    const page = await api.get(`/api/v1/runs?workflow=${workflow}&limit=200&cursor=${cursor}`);
    expectReply(page, 200);
    for (const run of listAt(page.body, "items")) {
      const of = valueAt(run, "retry_of");
      if (typeof of === "string") retried.push(of);
    }
    cursor = String(valueAt(page.body, "next_cursor") ?? "");
  } while (cursor !== "");
  return retried;
}

describe("retry of all that failed", () => {
  test(`counts ${MANY}, makes ${MANY}, and with the same key none`, async () => {
    const workflow = await failed(MANY);
    const body = { action: "retry", filter: { workflow, status: "failed" } };
    const dry = await api.post(BULK, { ...body, dry_run: true });
    expect(dry.body).toMatchObject({ count: MANY, more: false, failed: 0, errors: [] });
    expect(await retriesOf(workflow)).toEqual([]);
    const key = crypto.randomUUID();
    const first = await send(body, key);
    expectReply(first, 202);
    const bulk = textAt(first.body, "bulk_id");
    expect(await ended(bulk)).toEqual({
      ...{ bulk_id: bulk, action: "retry", filter: { workflow, status: ["failed"] }, status: "done" },
      ...{ total: MANY, done: MANY, failed: 0, errors: [] },
      ...{ created_at: expect.any(String), ended_at: expect.any(String) },
    });
    const again = await send(body, key);
    expectReply(again, 202, { bulk_id: bulk });
    expect(again.headers.get("idempotent-replayed")).toBe("true");
    const retried = await retriesOf(workflow);
    expect(retried).toHaveLength(MANY);
    expect(new Set(retried).size).toBe(MANY);
    const other = await send({ ...body, filter: { workflow } }, key);
    expectError(other, 422);
    expect(textAt(other.body, "code")).toBe("idempotency_mismatch");
  });

  test("is stopped in the middle, and goes no further", async () => {
    const workflow = await failed(400);
    const bulk = await started({ action: "retry", filter: { workflow, status: ["failed"] } });
    await until("begun", async () => Number(valueAt((await read(bulk)).body, "done")) > 0);
    const stopped = await api.delete(`${BULK}/${bulk}`);
    expectReply(stopped, 200);
    const { status, done } = Object(stopped.body);
    expect(status).toBe("stopped");
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(400);
    await Bun.sleep(1500);
    expectReply(await read(bulk), 200, stopped.body);
    expect(await retriesOf(workflow)).toHaveLength(done);
    expectReply(await api.delete(`${BULK}/${bulk}`), 200, stopped.body);
  });

  test("begins where it is told, and counts the runs that have no such step", async () => {
    const [one, other] = await Promise.all([
      api.create([{ name: "a", type: "transform", config: { value: 1 } }, FAILS], { tags: [`t${process.pid}`] }),
      api.create([FAILS], { tags: [`t${process.pid}`] }),
    ]);
    await trigger(one, 2);
    await trigger(other, 1);
    const filter = { tag: `t${process.pid}`, status: "failed" };
    const asked = { action: "retry", filter, from: "a", version: "latest" };
    let tried = Object({});
    while (tried.looked !== 3) tried = Object((await api.post(BULK, { ...asked, dry_run: true })).body);
    const bulk = await started(asked);
    const [left] = listAt((await api.get(`/api/v1/runs?workflow=${other}`)).body, "items");
    const detail = "body.from: Input should be the address of a step at the top, or inside blocks and switches";
    const errors = [{ code: "validation_failed", detail, count: 1, run_id: textAt(left, "uuid") }];
    expect(tried).toEqual({ ...{ count: 3, more: false, looked: 3, failed: 1 }, errors });
    expect(await ended(bulk)).toMatchObject({ from: "a", status: "done", total: 3, done: 2, failed: 1, errors });
    expect(await retriesOf(one)).toHaveLength(2);
    expect(await retriesOf(other)).toEqual([]);
  });

  test("what none of the runs can is refused before, also by a dry run", async () => {
    const workflow = await api.create([FAILS]);
    const asked = { action: "retry", filter: { workflow, status: "failed" } };
    for (const [more, field] of [
      [{ version: 99 }, "version"],
      [{ from: "nope" }, "from"],
      [{ from: "stop.nope" }, "from"],
      [{ from: "nope", version: "latest" }, "from"],
      [{ from: "nope", version: 1 }, "from"],
    ] as const) {
      for (const dry_run of [true, false]) {
        const reply = await api.post(BULK, { ...asked, ...more, dry_run });
        expectFaults(reply, [{ loc: ["body", field], type: "value_error" }]);
      }
    }
    const none = { count: 0, more: false, looked: 0, failed: 0, errors: [] };
    for (const more of [{ from: "stop" }, { version: 1 }, { from: "stop", version: "latest" }])
      expectReply(await api.post(BULK, { ...asked, ...more, dry_run: true }), 200, none);
  });
});

test("pause, resume and cancel act upon the runs that fit, and no others", async () => {
  const [workflow, bystander] = [await api.create([SLEEPS]), await api.create([SLEEPS])];
  const runs = await trigger(workflow, 250);
  const [alone = ""] = await trigger(bystander, 1);
  for (const run of [...runs, alone]) await api.untilBegun(run, "z");
  const all = async (status: string) => (await count({ workflow, status }, "cancel")) === runs.length;
  for (const [action, status] of [
    ["pause", "paused"],
    ["resume", "running"],
  ] as const) {
    const bulk = await started({ action, filter: { workflow } });
    expect(await ended(bulk)).toMatchObject({ status: "done", total: runs.length, done: runs.length, failed: 0 });
    await until(status, () => all(status));
  }
  const bulk = await started({ action: "cancel", filter: { workflow }, reason: "a mistake", compensate: false });
  expect(await ended(bulk)).toMatchObject({
    ...{ status: "done", total: runs.length, done: runs.length, failed: 0, errors: [] },
    ...{
      action: "cancel",
      reason: "a mistake",
      compensate: false,
      filter: { status: ["paused", "pending", "running"] },
    },
  });
  for (const run of runs.slice(0, 3))
    expect((await api.untilIs(run, "cancelled")).body.cancel_reason).toBe("a mistake");
  await until("cancelled", async () => (await count({ workflow, status: "cancelled" })) === runs.length);
  expect((await api.untilIs(alone, "running")).status).toBe("running");
  // Those that are over already fit no more.
  expect(await ended(await started({ action: "cancel", filter: { workflow } }))).toMatchObject({ total: 0, done: 0 });
});

test("actions are listed, newest first, page after page", async () => {
  const filter = { workflow: await api.create([FAILS]), created_from: "2026-11-29T10:00:00Z", error: "x" };
  const bulks: string[] = [];
  for (let n = 0; n < 3; n++) bulks.unshift(await started({ action: "pause", filter }));
  for (const bulk of bulks) await ended(bulk);
  const first = await api.get(`${BULK}?limit=2`);
  expectReply(first, 200);
  const items = listAt(first.body, "items");
  expect(items.map((item) => textAt(item, "bulk_id"))).toEqual(bulks.slice(0, 2));
  expectReply(await read(bulks[0] ?? ""), 200, items[0]);
  const shown = { ...filter, created_from: "2026-11-29T10:00:00.000+00:00", status: ["pending", "running"] };
  expect(valueAt(items[0], "filter")).toEqual(shown);
  const second = await api.get(`${BULK}?limit=2&cursor=${textAt(first.body, "next_cursor")}`);
  expect(textAt(listAt(second.body, "items")[0], "bulk_id")).toBe(bulks[2] ?? "");
  for (const [query, loc, type] of [
    ["limit=0", "limit", "greater_than_equal"],
    ["cursor=x", "cursor", "value_error"],
    ["order=asc", "order", "extra_forbidden"],
  ] as const) {
    expectFaults(await api.get(`${BULK}?${query}`), [{ loc: ["query", loc], type }]);
  }
});

test("a retry of one run with a key is one run, told with the same answer", async () => {
  const workflow = await failed(1);
  const [uuid = ""] = listAt((await api.get(`/api/v1/runs?workflow=${workflow}`)).body, "items").map((run) =>
    textAt(run, "uuid"),
  );
  const path = `/api/v1/runs/${uuid}/retry`;
  const replies = await Promise.all(Array.from({ length: 20 }, () => send({}, "again", path)));
  for (const reply of replies) expectReply(reply, 200, replies[0]?.body);
  expect(replies.filter(({ headers }) => headers.get("idempotent-replayed") === "true")).toHaveLength(19);
  expect(valueAt(replies[0]?.body, "will_run")).toEqual(["stop"]);
  expectError(await send({ from: "stop" }, "again", path), 422);
  expect(await retriesOf(workflow)).toEqual([uuid]);
  const found = await api.get(`/api/v1/runs?retry_of=${uuid}&view=summary`);
  expect(listAt(found.body, "items").map((run) => textAt(run, "uuid"))).toEqual([textAt(replies[0]?.body, "run_id")]);
});

describe("bad input", () => {
  const wrong: [name: string, body: unknown, loc: (string | number)[], type: string][] = [
    ["no action", { filter: {} }, ["action"], "missing"],
    ["an unknown action", { action: "delete", filter: {} }, ["action"], "enum"],
    ["no filter", { action: "cancel" }, ["filter"], "missing"],
    ["a field of a page", { action: "cancel", filter: { limit: 5 } }, ["filter", "limit"], "extra_forbidden"],
    ["an unknown filter", { action: "cancel", filter: { a: 5 } }, ["filter", "a"], "extra_forbidden"],
    ["no status of any", { action: "cancel", filter: { status: [] } }, ["filter", "status"], "too_short"],
    ["an unknown status", { action: "cancel", filter: { status: "x" } }, ["filter", "status", 0], "enum"],
    ["a status of others", { action: "cancel", filter: { status: "failed" } }, ["filter", "status", 0], "value_error"],
    ["a word for a time", { action: "cancel", filter: at("yesterday") }, ["filter", AT], "value_error"],
    ["a time without zone", { action: "cancel", filter: at("2026-11-29T10:00:00") }, ["filter", AT], "value_error"],
    [
      "a day that is not there",
      { action: "cancel", filter: at("2026-02-30T10:00:00Z") },
      ["filter", AT],
      "value_error",
    ],
    ["a version of no workflow", { action: "cancel", filter: { version: 1 } }, ["filter", "version"], "value_error"],
    ["another action's field", { action: "pause", filter: {}, reason: "x" }, ["reason"], "extra_forbidden"],
    ["a version to retry of no workflow", { action: "retry", filter: {}, version: 2 }, ["version"], "value_error"],
    ["an unknown field", { action: "retry", filter: {}, payload: {} }, ["payload"], "extra_forbidden"],
    ["a list", [], [], "dict_type"],
  ];
  for (const [name, body, loc, type] of wrong) {
    test(name, async () => expectFaults(await api.post(BULK, body), [{ loc: ["body", ...loc], type }]));
  }

  test("what is not there", async () => {
    expectError(await api.post(BULK, { action: "cancel", filter: { workflow: "nothing" } }), 404);
    for (const id of ["x", crypto.randomUUID()]) {
      expectError(await read(id), 404, "There is no such action upon runs");
      expectError(await api.delete(`${BULK}/${id}`), 404, "There is no such action upon runs");
    }
    const odd = await api.get("/api/v1/runs?retry_of=x&created_to=yesterday");
    expectFaults(odd, [
      { loc: ["query", "retry_of"], type: "value_error" },
      { loc: ["query", "created_to"], type: "value_error" },
    ]);
    expect(listAt(odd.body, "detail").map((fault) => textAt(fault, "msg"))).toEqual([
      "Should be a UUID, such as 01a2283a-e177-7000-8f72-3914e640ff29",
      "Should be a time of ISO 8601 with its offset, such as 2030-01-31T08:00:00Z",
    ]);
    const keyless = await send({ action: "cancel", filter: {} }, "");
    expectFaults(keyless, [{ loc: ["header", "idempotency-key"], type: "value_error" }]);
  });
});
