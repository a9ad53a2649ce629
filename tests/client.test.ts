/** The client of src/client, against a platform whose answers get lost, and one that goes away and comes back. */
import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import { ApiError, Client, ConnectionError, RunFailed, verifyWebhook, WaitTimeout } from "../src/client/index.ts";
import { Platform } from "./harness/platform.ts";

const HELLO = { name: "hello", steps: [{ name: "a", type: "transform", config: { value: "${payload.n}" } }] };
const WAIT = { name: "wait", steps: [{ name: "go", type: "wait", config: { signal: "go" } }], output: "${go.by}" };

let platform: Platform;
beforeAll(async () => {
  platform = await Platform.start();
});
afterAll(() => platform.close());

/** Passes requests on to the platform; `spoil` may answer in its place, or lose the answer. */
let spoil: (request: Request, pass: () => Promise<Response>) => Promise<Response> = (_, pass) => pass();
const fetchSpoiled = (request: Request) => spoil(request, () => fetch(request));
afterEach(() => {
  spoil = (_, pass) => pass();
});
const client = () => new Client({ url: platform.url, fetch: fetchSpoiled });

/** Each request is carried out, and its first answer lost. */
function loseEachAnswerOnce(): string[] {
  const sent: string[] = [];
  const lost = new Set<string>();
  spoil = async (request, pass) => {
    const name = `${request.method} ${request.url} ${request.headers.get("idempotency-key")}`;
    sent.push(name);
    const response = await pass();
    if (lost.has(name)) return response;
    lost.add(name);
    await response.body?.cancel();
    throw new TypeError("fetch failed");
  };
  return sent;
}

test("an address that is none is refused at once", () => {
  expect(() => new Client({ url: "nonsense" })).toThrow('"nonsense" is no address; write it as http://127.0.0.1:8001');
});

test("a run is triggered, told, and gives what its definition says", async () => {
  const { workflow_id } = await client().workflows.create({ ...HELLO, output: { twice: "${{ payload.n * 2 }}" } });
  const run = await client().trigger(workflow_id, { payload: { n: 21 } });
  expect(await run.result({ timeout: 10 })).toEqual({ twice: 42 });
  expect((await run.get()).status).toBe("success");
  const types: string[] = [];
  for await (const { type } of run.events()) types.push(type);
  expect([types[0], types.at(-1)]).toEqual(["run.created", "run.ended"]);
  const plain = await client().workflows.create(HELLO);
  const second = await client().trigger(plain.workflow_id, { payload: { n: 1 } });
  expect(await second.result()).toEqual({ a: { type: "transform", value: 1 } });
});

test("every answer is lost once, and nothing happens twice", async () => {
  const { workflow_id } = await client().workflows.create(WAIT);
  const sent = loseEachAnswerOnce();
  const run = await client().trigger(workflow_id);
  await run.signal("go", { by: "me" });
  expect(await run.result({ timeout: 20 })).toBe("me");
  expect(sent.filter((name) => name.startsWith("POST")).length).toBe(4);
  spoil = (_, pass) => pass();
  const runs = await Array.fromAsync(client().runs.list());
  expect(runs.filter((one) => one.workflow_id === workflow_id).map(({ uuid }) => uuid)).toEqual([run.id]);
});

test("an answer that says to come again is heeded; what can't be repeated is not", async () => {
  let answers = 0;
  const refuse = (code: string) => () => {
    answers++;
    return Promise.resolve(Response.json({ detail: "later", code }, { status: 503, headers: { "retry-after": "0" } }));
  };
  spoil = refuse("storage_unavailable");
  const error = await client()
    .workflows.create(HELLO)
    .catch((thrown: unknown) => thrown);
  expect([error instanceof ApiError && error.code, answers]).toEqual(["storage_unavailable", 1]);
  answers = 0;
  const hasty = new Client({ url: platform.url, fetch: fetchSpoiled, retries: 2 });
  await expect(hasty.trigger("none")).rejects.toThrow(ApiError);
  expect(answers).toBe(3);
  answers = 0;
  spoil = (_, pass) => (answers < 2 ? refuse("overloaded")() : pass());
  expect((await client().workflows.create(HELLO)).workflow_id).toHaveLength(36);
  expect(answers).toBe(2);
});

test("what is wrong is told by an error with its places, and what is not there by its code", async () => {
  const wrong = await client()
    .workflows.create({ name: "x", steps: [{ name: "a", type: "nothing", config: {} }] })
    .catch((thrown: unknown) => thrown);
  expect(wrong).toMatchObject({
    status: 422,
    code: "validation_failed",
    faults: [{ loc: ["body", "steps", 0, "type"] }],
  });
  const missing = client().runs.get("00000000-0000-7000-8000-000000000000");
  await expect(missing).rejects.toMatchObject({ status: 404, code: "run_not_found" });
});

test("a failed run is an error that has it; a wait ends in time, or by its caller", async () => {
  const failing = { name: "no", steps: [{ name: "f", type: "fail", config: { message: "no way" } }] };
  const { workflow_id } = await client().workflows.create(failing);
  const failed = await (await client().trigger(workflow_id)).result().catch((thrown: unknown) => thrown);
  expect(failed instanceof RunFailed && failed.run.error).toContain("no way");
  const waiting = await client().trigger((await client().workflows.create(WAIT)).workflow_id);
  await expect(waiting.result({ timeout: 0.2 })).rejects.toThrow(WaitTimeout);
  const stop = new AbortController();
  const stopped = waiting.ended({ signal: stop.signal });
  stop.abort(new Error("enough"));
  await expect(stopped).rejects.toThrow("enough");
});

test("events go on behind the last one through a restart of the platform", async () => {
  const run = await client().trigger((await client().workflows.create(WAIT)).workflow_id);
  const ids: number[] = [];
  const patient = new Client({ url: platform.url, retries: 20 }).runs.handle(run.id);
  const following = (async () => {
    for await (const { id } of patient.events()) ids.push(id);
  })();
  while (ids.length < 3) await Bun.sleep(20);
  const { port } = new URL(platform.url);
  await platform.restart({ PORT: port });
  await client().runs.handle(run.id).signal("go", { by: "you" });
  await following;
  expect(ids).toEqual([1, 2, 3, 4, 5, 6]);
});

test("lists go on page after page", async () => {
  const { workflow_id } = await client().workflows.create(HELLO);
  const runs = await Promise.all(
    Array.from({ length: 205 }, () => client().trigger(workflow_id, { payload: { n: 1 } })),
  );
  const listed = new Set((await Array.fromAsync(client().runs.list())).map(({ uuid }) => uuid));
  expect(runs.filter(({ id }) => !listed.has(id))).toEqual([]);
});

test("what is no JSON is an error of the client's own", async () => {
  spoil = () => Promise.resolve(new Response("<html>log in</html>"));
  const refused = { name: "ApiError", status: 200, code: "not_json" };
  await expect(client().stats()).rejects.toMatchObject(refused);
  await expect(client().runs.handle("any").payloadText()).rejects.toMatchObject(refused);
});

test("where nobody listens the error says so", async () => {
  const nobody = new Client({ url: "http://127.0.0.1:1", retries: 1 });
  await expect(nobody.runs.get("any")).rejects.toThrow(ConnectionError);
});

test("a signature is that of the secret, the body and the last five minutes", async () => {
  const secret = `whsec_${btoa("a secret of some length")}`;
  const now = 1_800_000_000;
  const key = await crypto.subtle.importKey(
    "raw",
    new TextEncoder().encode("a secret of some length"),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  const signed = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(`id.${now}.{"a":1}`));
  const signature = `v1,${Buffer.from(signed).toString("base64")}`;
  const headers = { "webhook-id": "id", "webhook-timestamp": String(now), "webhook-signature": `v1,AAAA ${signature}` };
  const webhook = { body: '{"a":1}', headers, secret, now };
  expect(await verifyWebhook(webhook)).toBe(true);
  expect(await verifyWebhook({ ...webhook, headers: new Headers(headers) })).toBe(true);
  const titled = {
    ...{ "Webhook-Id": "id", "Webhook-Timestamp": [String(now)], "Webhook-Signature": signature },
    "set-cookie": ["a", "b"],
  };
  expect(await verifyWebhook({ ...webhook, headers: titled })).toBe(true);
  const wrong = [
    { body: '{"a":2}' },
    { now: now + 301 },
    { now: now - 301 },
    { secret: `whsec_${btoa("another")}` },
    { secret: "%" },
    { headers: { ...headers, "webhook-signature": signature.replace("v1,", "v2,") } },
    { headers: {} },
    { headers: { ...headers, "Webhook-Id": "id" } },
  ];
  for (const change of wrong) expect([change, await verifyWebhook({ ...webhook, ...change })]).toEqual([change, false]);
});
