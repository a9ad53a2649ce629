/** The tools at /mcp, by the official client, as one of the current revision and as one of those before, and by hand. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { objectAt, textAt } from "./harness/http/json.ts";
import { Platform } from "./harness/platform.ts";

const REVISION = "2026-07-28";
const INFO = { name: "test", version: "1" };
const CHARGE = {
  id: "charge",
  name: "Charge",
  steps: [
    { name: "total", type: "transform", config: { value: "${{ payload.n * 2 }}" } },
    { name: "check", type: "fail", if: "payload.n > 10", config: { message: "Too much" } },
  ],
  output: "${total.value}",
};

let platform: Platform;
beforeAll(async () => {
  platform = await Platform.start();
});
afterAll(() => platform.close());

const runOf = async (id: unknown): Promise<unknown> => (await fetch(`${platform.url}/api/v1/runs/${id}`)).json();

/** A program of the current revision, and how it calls a tool: the text and whether it is an error. */
async function connected(level = "write") {
  const client = new Client(INFO, { versionNegotiation: { mode: { pin: REVISION } } });
  await client.connect(new StreamableHTTPClientTransport(new URL(`${platform.url}/mcp?level=${level}`)));
  const call = async (name: string, given: Record<string, unknown> = {}) => {
    const { content, isError } = await client.callTool({ name, arguments: given });
    return { text: textAt(content, 0, "text"), isError: isError === true };
  };
  return { client, call, close: () => client.close() };
}

/** A message by hand. */
function post(body: unknown, headers: Record<string, string> = {}, path = "/mcp"): Promise<Response> {
  return fetch(platform.url + path, {
    method: "POST",
    headers: { "content-type": "application/json", accept: "application/json, text/event-stream", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

function message(method: string, params: object = {}, version = REVISION) {
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": version,
    "io.modelcontextprotocol/clientInfo": INFO,
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  return { jsonrpc: "2.0", id: 1, method, params: { ...params, _meta } };
}

test("a program of the current revision looks up, writes, checks, tries, stores, runs and mends a workflow", async () => {
  const { client, call, close } = await connected();
  expect(client.getNegotiatedProtocolVersion()).toBe(REVISION);
  expect(client.getServerVersion()).toMatchObject({ name: "workflow-platform" });
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toContain("create_workflow");
  // An empty page does not say that there is none.
  const listing = tools.find(({ name }) => name === "list_runs")?.description;
  for (const field of ["looked_to", "next_cursor"]) expect(listing).toContain(field);

  expect((await call("search_documentation", { query: "retry backoff" })).text).toStartWith(
    "[docs/language.md: `retry`]",
  );
  expect((await call("list_step_types")).text).toContain('"type":"webhook"');
  const wrong = await call("validate_workflow", {
    definition: { ...CHARGE, steps: [{ ...CHARGE.steps[0], type: "nope" }] },
  });
  expect([wrong.isError, wrong.text.includes('["body","steps",0,"type"]')]).toEqual([true, true]);
  expect((await call("validate_workflow", { definition: CHARGE })).isError).toBe(false);
  const tried = await call("test_workflow", { definition: CHARGE, payload: { n: 4 } });
  expect(objectAt(JSON.parse(tried.text))).toMatchObject({ status: "success", output: 8 });
  expect((await call("create_workflow", { definition: CHARGE })).isError).toBe(false);

  const started = await call("trigger_workflow", { workflow_id: "charge", payload: { n: 11 }, wait_seconds: 20 });
  const failed = objectAt(JSON.parse(started.text));
  expect(failed.status).toBe("failed");
  const run_id = textAt(failed, "run_id");
  expect((await call("get_run_outline", { run_id })).text).toContain("Too much");
  const step = await call("get_run_step", { run_id, address: "total" });
  expect(step.text).toContain('"output":{"type":"transform","value":22}');
  expect(step.text).toContain('"input":{"config":{"value":22}');
  for (const status of [["failed", "cancelled"], "failed,cancelled", "failed"]) {
    expect((await call("list_runs", { status })).text).toContain(run_id);
  }
  const odd = await call("list_runs", { status: "failed,gone" });
  expect([odd.isError, odd.text]).toEqual([true, expect.stringContaining("Input should be")]);

  const mended = { ...CHARGE, steps: [CHARGE.steps[0], { ...CHARGE.steps[1], if: "payload.n > 100" }] };
  expect((await call("update_workflow", { workflow_id: "charge", definition: mended, if_version: 1 })).isError).toBe(
    false,
  );
  const late = await call("update_workflow", { workflow_id: "charge", definition: CHARGE, if_version: 1 });
  expect([late.isError, late.text.includes("version_conflict")]).toEqual([true, true]);
  const retried = await call("retry_run", { run_id, version: "latest" });
  const { run_id: newer, will_run } = objectAt(JSON.parse(retried.text));
  expect(will_run).toEqual(["check"]);
  expect(await runOf(newer)).toMatchObject({ workflow_version: 2, retry_of: run_id });
  const whole = await call("retry_run", { run_id, from: "total", payload: { n: 3 } });
  expect(objectAt(JSON.parse(whole.text)).will_run).toEqual(["total", "check"]);
  await close();
});

test("a program signals and cancels a run, once for each key", async () => {
  const { call, close } = await connected("run");
  const steps = [
    { name: "go", type: "wait", config: { signal: "go" } },
    { name: "on", type: "wait", config: { signal: "on" } },
  ];
  const writer = await connected();
  await writer.call("create_workflow", { definition: { id: "waiting", name: "waiting", steps } });
  await writer.close();
  const begin = { workflow_id: "waiting", idempotency_key: "once" };
  const [first, again] = [await call("trigger_workflow", begin), await call("trigger_workflow", begin)];
  expect(first).toEqual(again);
  const run_id = textAt(JSON.parse(first.text), "run_id");
  const signalled = await call("signal_run", { run_id, name: "go", body: { by: "me" } });
  expect(signalled.isError).toBe(false);
  expect((await call("cancel_run", { run_id, reason: "enough" })).isError).toBe(false);
  expect(await runOf(run_id)).toMatchObject({ cancel_reason: "enough" });
  expect((await call("signal_run", { run_id: "none", name: "go" })).text).toContain("run_not_found");
  await close();
});

test("what does not fit is told to the program, and no more of it than it can read", async () => {
  const { call, close } = await connected();
  for (const idempotency_key of ["ключ", "a\r\nx-evil: 1", "k".repeat(256), ""]) {
    const { text, isError } = await call("trigger_workflow", { workflow_id: "charge", idempotency_key });
    expect(isError).toBe(true);
    expect(JSON.parse(text).detail).toMatchObject([{ loc: ["body", "idempotency_key"] }]);
  }
  const bad = Array.from({ length: 99 }, () => ({ nothing: 1 }));
  const { text, isError } = await call("test_workflow", { definition: CHARGE, mocks: { ["k".repeat(500_000)]: bad } });
  expect(isError).toBe(true);
  expect(text.length).toBeLessThan(16 * 1024);
  expect(JSON.parse(text).detail[0].loc.slice(0, 2)).toEqual(["body", "mocks"]);
  await close();
});

test("a program has the tools of its level, and can call no others", async () => {
  const counts: number[] = [];
  for (const level of ["read", "run", "write"]) {
    const { client, close } = await connected(level);
    const { tools } = await client.listTools();
    counts.push(tools.length);
    for (const { annotations } of level === "read" ? tools : []) expect(annotations?.readOnlyHint).toBe(true);
    await close();
  }
  expect(counts).toEqual([11, 15, 17]);
  const { client, close } = await connected("read");
  const refused = client.callTool({ name: "create_workflow", arguments: { definition: { ...CHARGE, id: "no" } } });
  await expect(refused).rejects.toMatchObject({ code: -32602, message: expect.stringContaining("takes level=write") });
  await close();
  expect((await fetch(`${platform.url}/api/v1/workflows/no`)).status).toBe(404);
  const unknown = await post(message("tools/list"), { "mcp-protocol-version": REVISION }, "/mcp?level=admin");
  expect(unknown.status).toBe(422);
  const twice = await post(message("tools/list"), { "mcp-protocol-version": REVISION }, "/mcp?level=read&level=write");
  expect(twice.status).toBe(422);
});

test("arguments that do not fit are told to the model with their places", async () => {
  const { call, close } = await connected();
  const { text, isError } = await call("list_runs", { limit: 0, colour: "red" });
  expect(isError).toBe(true);
  expect(text).toContain('"limit"');
  expect(text).toContain('"colour"');
  await close();
});

test("a program of an older revision shakes hands, and uses the same tools", async () => {
  const client = new Client(INFO, { versionNegotiation: { mode: "legacy" } });
  await client.connect(new StreamableHTTPClientTransport(new URL(`${platform.url}/mcp`)));
  expect(client.getServerVersion()).toMatchObject({ name: "workflow-platform" });
  expect((await client.listTools()).tools.length).toBe(17);
  const { content } = await client.callTool({ name: "list_workflows", arguments: {} });
  expect(textAt(content, 0, "text")).toContain('"items":');
  await client.ping();
  await client.close();
  for (const [asked, agreed] of [
    ["2025-03-26", "2025-03-26"],
    ["1999-01-01", "2025-11-25"],
  ]) {
    const initialize = {
      jsonrpc: "2.0",
      id: 1,
      method: "initialize",
      params: { protocolVersion: asked, capabilities: {} },
    };
    const reply = await (await post(initialize)).json();
    expect(objectAt(reply, "result").protocolVersion).toBe(agreed);
  }
});

test("headers that say another thing than the body, and revisions that are not known, are refused by their codes", async () => {
  const right = { "mcp-protocol-version": REVISION, "mcp-method": "tools/call", "mcp-name": "list_runs" };
  const call = message("tools/call", { name: "list_runs", arguments: {} });
  expect((await post(call, right)).status).toBe(200);
  const encoded = `=?base64?${btoa("list_runs")}?=`;
  expect((await post(call, { ...right, "mcp-name": encoded })).status).toBe(200);
  const wrong: [headers: Record<string, string>, body: unknown, status: number, code: number][] = [
    [{}, call, 400, -32020],
    [{ ...right, "mcp-method": "tools/list" }, call, 400, -32020],
    [{ ...right, "mcp-name": "get_run" }, call, 400, -32020],
    [{ ...right, "mcp-protocol-version": "2025-11-25" }, call, 400, -32020],
    [{ ...right, "mcp-protocol-version": "1900-01-01" }, message("tools/list", {}, "1900-01-01"), 400, -32022],
    [{ "mcp-protocol-version": "1900-01-01" }, { jsonrpc: "2.0", id: 1, method: "ping" }, 400, -32022],
    [{ "mcp-protocol-version": REVISION, "mcp-method": "x/y" }, message("x/y"), 404, -32601],
    [{}, { jsonrpc: "2.0", id: 1, method: "x/y" }, 200, -32601],
    [{}, { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "x" } }, 200, -32602],
    [{}, { jsonrpc: "2.0", id: 1, method: "tools/call" }, 200, -32602],
    [{}, [{ jsonrpc: "2.0", id: 1, method: "ping" }], 400, -32600],
    [{}, { jsonrpc: "1.0", id: 1, method: "ping" }, 400, -32600],
  ];
  for (const [headers, body, status, code] of wrong) {
    const reply = await post(body, headers);
    const error = objectAt(await reply.json(), "error");
    expect([headers, body, reply.status, error.code]).toEqual([headers, body, status, code]);
  }
  const broken = await post('{"jsonrpc": ');
  expect([broken.status, objectAt(await broken.json(), "error").code]).toEqual([400, -32700]);
  expect((await post({ jsonrpc: "2.0", method: "notifications/initialized" })).status).toBe(202);
  for (const method of ["GET", "DELETE"]) {
    const reply = await fetch(`${platform.url}/mcp`, { method });
    expect([reply.status, reply.headers.get("allow")]).toEqual([405, "POST"]);
  }
});

test("nobody but programs of this machine is answered", async () => {
  const ping = { jsonrpc: "2.0", id: 1, method: "ping" };
  expect((await post(ping, { "x-forwarded-for": "127.0.0.1" })).status).toBe(200);
  const refused: [headers: Record<string, string>, status: number][] = [
    [{ origin: "https://evil.example" }, 403],
    [{ "sec-fetch-site": "cross-site" }, 403],
    [{ host: "evil.example" }, 421],
    [{ "x-forwarded-for": "203.0.113.7" }, 403],
    [{ "x-forwarded-for": "203.0.113.7, 127.0.0.1" }, 403],
    [{ "x-real-ip": "203.0.113.7" }, 403],
    [{ forwarded: "for=203.0.113.7" }, 403],
  ];
  for (const [headers, status] of refused)
    expect([headers, (await post(ping, headers)).status]).toEqual([headers, status]);
  // Behind a proxy under another name, which the server knows.
  const named = await Platform.start({ env: { PUBLIC_HOSTS: "flows.example" } });
  const reply = await fetch(`${named.url}/mcp`, {
    method: "POST",
    headers: { "content-type": "application/json", host: "flows.example" },
    body: JSON.stringify(ping),
  });
  expect([reply.status, objectAt(await reply.json()).code]).toEqual([403, "loopback_only"]);
  await named.close();
});

test("a long result is cut, and says so", async () => {
  const { call, close } = await connected();
  const steps = [{ name: "a", type: "transform", config: { value: "${payload.text}" } }];
  await call("create_workflow", { definition: { id: "long", name: "long", steps } });
  const started = await call("trigger_workflow", {
    workflow_id: "long",
    payload: { text: "x".repeat(200_000) },
    wait_seconds: 20,
  });
  expect(started.text.length).toBeLessThan(101_000);
  expect(started.text).toContain("more characters are left out");
  await close();
});

test("the documents and their index are there, and no other file of the disk", async () => {
  const index = await (await fetch(`${platform.url}/llms.txt`)).text();
  expect(index).toStartWith("# Workflow platform\n\n> ");
  const links = [...index.matchAll(/\]\(([^)]+)\)/g)].map(([, link = ""]) => link);
  expect(links.length).toBeGreaterThan(12);
  for (const link of links) {
    const reply = await fetch(`${platform.url}/${link}`);
    expect([link, reply.status]).toEqual([link, 200]);
    if (!link.endsWith(".md")) continue;
    const text = await reply.text();
    expect([link, text.startsWith("# ")]).toEqual([link, true]);
    const others = [...text.matchAll(/\]\(([^)#:\s]+)[)#]/g)].map(([, other = ""]) => new URL(other, reply.url).href);
    for (const other of new Set(others)) expect([link, other, (await fetch(other)).status]).toEqual([link, other, 200]);
  }
  for (const path of ["architecture.txt", "..%2fpackage.json", "%2e%2e%2fREADME.md", "constructor", "x.md"]) {
    expect([path, (await fetch(`${platform.url}/docs/${path}`)).status]).toEqual([path, 404]);
  }
});
