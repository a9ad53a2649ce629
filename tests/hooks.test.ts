/** Inbound hooks as their users and senders see them. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { Client } from "./harness/http/client.ts";
import { expectError, expectFaults, expectReply } from "./harness/http/expect.ts";
import { at, listAt, objectAt, textAt } from "./harness/http/json.ts";
import type { Reply } from "./harness/http/reply.ts";
import { type PlatformUnderTest, platformUnderTest } from "./harness/under-test.ts";

let platform: PlatformUnderTest;
let api: Client;
let workflow: string;

const STEPS = [{ name: "a", type: "transform", config: { value: "${payload.body}" } }];
const PATH = "/api/v1/hooks";
const SECRET = "a secret of both sides";
const JSON_TYPE = { "content-type": "application/json" };

beforeAll(async () => {
  platform = await platformUnderTest();
  api = new Client(platform.url);
  workflow = await api.create(STEPS);
});
afterAll(() => platform.close());

async function create(fields: object = {}): Promise<{ id: string; token: string }> {
  const reply = await api.post(PATH, { workflow_id: workflow, ...fields });
  expectReply(reply, 200);
  const { id, token, url } = objectAt(reply.body);
  expect(url).toBe(`${new URL(platform.url).origin}${PATH}/${token}`);
  return { id: String(id), token: String(token) };
}

const deliver = (token: string, body: string, headers: Record<string, string> = JSON_TYPE, query = "") =>
  api.send("POST", `${PATH}/${token}${query}`, { body, headers });

/** The payload of the run that a delivery started. */
async function payloadOf(reply: Reply): Promise<Record<string, unknown>> {
  expectReply(reply, 202, { run_id: expect.any(String), status: "triggered" });
  const run = await api.untilEnded(textAt(reply.body, "run_id"));
  expect(run.status).toBe("success");
  return objectAt(run.body, "payload");
}

const github = (body: string, delivery: string = crypto.randomUUID()) => ({
  ...JSON_TYPE,
  "x-hub-signature-256": `sha256=${createHmac("sha256", SECRET).update(body).digest("hex")}`,
  "x-github-delivery": delivery,
});

describe("a delivery", () => {
  test("starts a run with what was sent, without what proves who sent it", async () => {
    const { token } = await create();
    const headers = {
      ...JSON_TYPE,
      "x-event": "push",
      authorization: "Bearer x",
      cookie: "a=b",
      "webhook-signature": "v1,x",
    };
    const payload = await payloadOf(await deliver(token, '{"a":[1,"ä"]}', headers, "?b=1&b=2&c=%20"));
    expect(payload).toMatchObject({ method: "POST", query: { b: ["1", "2"], c: " " }, body: { a: [1, "ä"] } });
    expect(payload.headers).toMatchObject({ "x-event": "push", "content-type": "application/json" });
    const names = Object.keys(objectAt(payload.headers));
    for (const name of ["authorization", "cookie", "webhook-signature"]) expect(names).not.toContain(name);
  });

  test("may be a form, text, or nothing", async () => {
    const { token } = await create();
    const form = { "content-type": "application/x-www-form-urlencoded" };
    expect((await payloadOf(await deliver(token, "a=1&b=%C3%A4&a=2", form))).body).toEqual({ a: ["1", "2"], b: "ä" });
    expect((await payloadOf(await deliver(token, "plain", { "content-type": "text/plain" }))).body).toBe("plain");
    expect((await payloadOf(await api.send("POST", `${PATH}/${token}`))).body).toBeNull();
  });

  test("that waits is answered with the run and its output", async () => {
    const own = await api.create(STEPS, { output: { said: "${payload.query}" } });
    const reply = await deliver((await create({ workflow_id: own })).token, "{}", JSON_TYPE, "?wait=20&a=1");
    expectReply(reply, 202);
    expect(reply.body).toMatchObject({ status: "success", run: { status: "success", output: { said: { a: "1" } } } });
    expectFaults(await deliver("nobody", "{}", JSON_TYPE, "?wait=61"), [
      { loc: ["query", "wait"], type: "value_error" },
    ]);
    const { token } = await create({ filter: "false" });
    expectReply(await deliver(token, "{}", JSON_TYPE, "?wait=20"), 202, { status: "ignored" });
  });

  test("that can't be read starts nothing", async () => {
    const { token } = await create();
    expectFaults(await deliver(token, "{"), [{ loc: ["body", 1], type: "json_invalid" }]);
    expectFaults(await deliver(token, "__proto__=1", { "content-type": "application/x-www-form-urlencoded" }), [
      { loc: ["body", "__proto__"], type: "value_error" },
    ]);
    expectFaults(await deliver(token, "a", { "content-type": "text/plain" }, "?a=%00"), [
      { loc: ["query"], type: "value_error" },
    ]);
    const inParts = await deliver(token, "x", { "content-type": "multipart/form-data; boundary=x" });
    expectError(inParts, 415, "The request body must be JSON, a form or text, and not in parts");
    expectError(await deliver(token, " ".repeat(1024 * 1024 + 1)), 413);
    expectError(await deliver("nobody", "{}"), 404, "There is no such hook");
  });

  test("of a page of another origin is refused: senders are programs", async () => {
    const { token } = await create();
    expectError(await deliver(token, "{}", { ...JSON_TYPE, origin: "https://elsewhere.example" }), 403);
  });
});

describe("verification", () => {
  test("a delivery without the signature, or with another, is refused", async () => {
    const { token } = await create({ verify: { scheme: "github", secret: SECRET } });
    expectError(await deliver(token, "{}"), 401);
    expectError(await deliver(token, '{"a":1}', github("{}")), 401);
    expect((await payloadOf(await deliver(token, '{"a":1}', github('{"a":1}')))).body).toEqual({ a: 1 });
  });

  test("a replay is refused, by its id and by its signature", async () => {
    const { token } = await create({ verify: { scheme: "github", secret: SECRET } });
    const body = JSON.stringify({ nonce: crypto.randomUUID() });
    const first = await deliver(token, body, github(body, "one"));
    expectReply(first, 202);
    const run = textAt(first.body, "run_id");
    expectError(
      await deliver(token, body, github(body, "two")),
      409,
      `This delivery was taken before: its run is ${run}`,
    );
    const other = JSON.stringify({ nonce: crypto.randomUUID() });
    expectError(await deliver(token, other, github(other, "one")), 409);
    expectReply(await deliver(token, other, github(other, "three")), 202);
  });

  test("copies at one time have one run", async () => {
    const { token } = await create({ verify: { scheme: "github", secret: SECRET } });
    const body = JSON.stringify({ nonce: crypto.randomUUID() });
    const replies = await Promise.all(Array.from({ length: 20 }, () => deliver(token, body, github(body, "same"))));
    const taken = replies.filter(({ status }) => status === 202).map(({ body: sent }) => textAt(sent, "run_id"));
    expect(taken.length).toBeGreaterThan(0);
    expect(new Set(taken).size).toBe(1);
    expect(replies.filter(({ status }) => status !== 202 && status !== 409)).toEqual([]);
    const { body: page } = await api.get("/api/v1/runs?limit=50");
    expect(listAt(page, "items").filter((one) => JSON.stringify(at(one, "payload", "body")) === body)).toHaveLength(1);
  });

  test("by the standard, and as Stripe does", async () => {
    const key = Buffer.from("0123456789abcdef");
    const standard = await create({ verify: { scheme: "standard", secret: `whsec_${key.toString("base64")}` } });
    const seconds = Math.floor(Date.now() / 1000);
    const sign = createHmac("sha256", key).update(`msg_1.${seconds}.{}`).digest("base64");
    const headers = { "webhook-id": "msg_1", "webhook-timestamp": String(seconds), "webhook-signature": `v1,${sign}` };
    expectReply(await deliver(standard.token, "{}", { ...JSON_TYPE, ...headers }), 202);
    expectError(await deliver(standard.token, "{}", { ...JSON_TYPE, ...headers }), 409);
    const stripe = await create({ verify: { scheme: "stripe", secret: SECRET } });
    const event = '{"id":"evt_1"}';
    const signature = (time: number) =>
      `t=${time},v1=${createHmac("sha256", SECRET).update(`${time}.${event}`).digest("hex")}`;
    expectReply(await deliver(stripe.token, event, { ...JSON_TYPE, "stripe-signature": signature(seconds) }), 202);
    // The same event with another signature is the same delivery.
    expectError(await deliver(stripe.token, event, { ...JSON_TYPE, "stripe-signature": signature(seconds - 1) }), 409);
    expectError(
      await deliver(stripe.token, event, { ...JSON_TYPE, "stripe-signature": signature(seconds - 400) }),
      401,
    );
  });
});

describe("a filter", () => {
  test("leaves out what it is false for", async () => {
    const { token } = await create({ filter: 'body.action == "opened" && headers["x-event"] == "issues"' });
    const headers = { ...JSON_TYPE, "x-event": "issues" };
    expectReply(await deliver(token, '{"action":"closed"}', headers), 202, { status: "ignored" });
    expectReply(await deliver(token, '{"action":"opened"}', headers), 202, {
      run_id: expect.any(String),
      status: "triggered",
    });
  });

  test("that fails on a delivery, or costs too much, refuses it", async () => {
    const { token } = await create({ filter: "body.n > 1" });
    expectFaults(await deliver(token, "{}"), [{ loc: ["body"], type: "value_error" }]);
    const costly = await create({ filter: "body.all(a, body.all(b, body.all(c, a + b + c > 0)))" });
    const list = JSON.stringify(Array.from({ length: 500 }, () => 1));
    expectFaults(await deliver(costly.token, list), [{ loc: ["body"], type: "value_error" }]);
  });
});

test("its token and its secret are shown to nobody, and another token takes the place of the first", async () => {
  const { id, token } = await create({ verify: { scheme: "github", secret: SECRET } });
  const shown = {
    ...{ id, workflow_id: workflow, verify: { scheme: "github" }, filter: null },
    ...{ created_at: expect.any(String), rotated_at: null },
  };
  const read = await api.get(`${PATH}/${id}`);
  expectReply(read, 200, shown);
  expect(listAt((await api.get(`${PATH}?limit=1`)).body, "items")).toEqual([shown]);
  expectError(await api.get(`${PATH}/${token}`), 404);
  const rotated = await api.post(`${PATH}/${id}/rotate`, {});
  expectReply(rotated, 200);
  expectError(await deliver(token, "{}", github("{}")), 404);
  expectReply(await deliver(textAt(rotated.body, "token"), "{}", github("{}")), 202);
  expectReply(await api.delete(`${PATH}/${id}`), 200, { message: "Hook deleted successfully", hook_id: id });
  expectError(await deliver(textAt(rotated.body, "token"), "{}"), 404);
  for (const path of [`${PATH}/${id}`, `${PATH}/none`]) expectError(await api.delete(path), 404);
});

test("what a hook is refused for", async () => {
  const cases: [fields: object, loc: string[], type?: string][] = [
    [{ filter: "body.a ==" }, ["filter"]],
    [{ filter: "payload.a == 1" }, ["filter"]],
    [{ filter: "1 + 1" }, ["filter"]],
    [{ verify: { scheme: "standard", secret: "not base64!" } }, ["verify", "secret"]],
    [{ verify: { scheme: "md5", secret: SECRET } }, ["verify", "scheme"], "enum"],
    [{ verify: { scheme: "github" } }, ["verify", "secret"], "missing"],
    [{ verify: { scheme: "github", secret: "7 signs" } }, ["verify", "secret"], "string_too_short"],
  ];
  for (const [fields, loc, type = "value_error"] of cases) {
    expectFaults(await api.post(PATH, { workflow_id: workflow, ...fields }), [{ loc: ["body", ...loc], type }]);
  }
  expectError(await api.post(PATH, { workflow_id: "nobody" }), 404, "Workflow nobody not found");
});
