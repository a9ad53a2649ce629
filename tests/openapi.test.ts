/** The OpenAPI document: valid, complete, and true (the last is for schemathesis to find out). */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { loadStepTypes } from "../src/connectors/index.ts";
import { BlockConfig, ParallelConfig, SwitchConfig } from "../src/language/definition/containers.ts";
import { BLOCK, LOOP, MAP, PARALLEL, SWITCH } from "../src/language/definition/control.ts";
import { LoopConfig } from "../src/language/definition/loop.ts";
import { MapConfig } from "../src/language/definition/map.ts";
import { routesOfApp } from "./harness/app-routes.ts";
import { Client } from "./harness/http/client.ts";
import { expectError, expectReply } from "./harness/http/expect.ts";
import { at, isObject, listAt, objectAt, textAt } from "./harness/http/json.ts";
import { Platform, REPOSITORY } from "./harness/platform.ts";

const INSTALL_MS = 300_000;
const FUZZ_MS = 180_000;
const FUZZ_SECONDS = process.env.TEST_SIZE === "full" ? "60" : "15";

/** Every documented route with every status that it can give. */
const STATUSES: Record<string, number[]> = {
  "GET /": [200],
  "GET /health": [200],
  "GET /health/ready": [200, 500, 503],
  "POST /api/v1/workflows": [200, 408, 413, 415, 422, 500, 503],
  "GET /api/v1/workflows": [200, 422, 500, 503],
  "GET /api/v1/workflows/{workflow_id}": [200, 404, 422, 500, 503],
  "GET /api/v1/workflows/{workflow_id}/versions": [200, 404, 422, 500, 503],
  "POST /api/v1/workflows/{workflow_id}/undelete": [200, 404, 500, 503],
  "PUT /api/v1/workflows/{workflow_id}": [200, 404, 408, 412, 413, 415, 422, 500, 503],
  "DELETE /api/v1/workflows/{workflow_id}": [200, 404, 500, 503],
  "POST /api/v1/trigger/batch": [200, 408, 413, 415, 422, 500, 503],
  "POST /api/v1/trigger": [200, 404, 408, 409, 413, 415, 422, 500, 503],
  "POST /api/v1/runs/{run_id}/signals/{name}": [200, 404, 408, 409, 413, 415, 422, 429, 500, 503],
  "POST /api/v1/runs/{run_id}/cancel": [200, 202, 404, 408, 409, 413, 415, 422, 500, 503],
  "POST /api/v1/runs/{run_id}/pause": [200, 202, 404, 408, 409, 413, 415, 422, 500, 503],
  "POST /api/v1/runs/{run_id}/resume": [200, 404, 408, 409, 413, 415, 422, 500, 503],
  "POST /api/v1/runs/{run_id}/retry": [200, 404, 408, 409, 413, 415, 422, 500, 503],
  "POST /api/v1/runs/bulk": [200, 202, 404, 408, 413, 415, 422, 500, 503],
  "GET /api/v1/runs/bulk": [200, 422, 500, 503],
  "GET /api/v1/runs/bulk/{bulk_id}": [200, 404, 500, 503],
  "DELETE /api/v1/runs/bulk/{bulk_id}": [200, 404, 500, 503],
  "POST /api/v1/schedules": [200, 404, 408, 409, 413, 415, 422, 500, 503],
  "POST /api/v1/schedules/preview": [200, 408, 413, 415, 422, 500, 503],
  "GET /api/v1/schedules": [200, 422, 500, 503],
  "GET /api/v1/schedules/{schedule_id}": [200, 404, 500, 503],
  "PUT /api/v1/schedules/{schedule_id}": [200, 404, 408, 413, 415, 422, 500, 503],
  "DELETE /api/v1/schedules/{schedule_id}": [200, 404, 500, 503],
  "POST /api/v1/schedules/{schedule_id}/run": [200, 404, 409, 422, 500, 503],
  "POST /api/v1/schedules/{schedule_id}/backfill": [200, 404, 408, 409, 413, 415, 422, 500, 503],
  "POST /api/v1/hooks": [200, 404, 408, 413, 415, 422, 500, 503],
  "GET /api/v1/hooks": [200, 422, 500, 503],
  "GET /api/v1/hooks/{hook_id}": [200, 404, 500, 503],
  "DELETE /api/v1/hooks/{hook_id}": [200, 404, 500, 503],
  "POST /api/v1/hooks/{hook_id}/rotate": [200, 404, 500, 503],
  "POST /api/v1/hooks/{hook_id}": [202, 401, 404, 408, 409, 413, 415, 422, 500, 503],
  "POST /api/v1/expressions/evaluate": [200, 408, 413, 415, 422, 500, 503],
  "POST /api/v1/workflows/validate": [200, 408, 413, 415, 422, 500, 503],
  "POST /api/v1/workflows/test": [200, 404, 408, 413, 415, 422, 500, 503],
  "GET /api/v1/step-types": [200, 500, 503],
  "GET /api/v1/schema/workflow.json": [200, 500, 503],
  "GET /api/v1/stats": [200, 422, 500, 503],
  "GET /api/v1/system": [200, 500, 503],
  "GET /api/v1/system/limits": [200, 500, 503],
  "GET /api/v1/runs": [200, 404, 422, 500, 503],
  "GET /api/v1/waiting": [200, 404, 422, 500, 503],
  "GET /api/v1/runs/{run_id}": [200, 404, 422, 500, 503],
  "GET /api/v1/events": [200, 404, 422, 500, 503],
  "GET /api/v1/runs/{run_id}/events": [200, 204, 404, 422, 500, 503],
  "GET /api/v1/runs/{run_id}/steps": [200, 404, 422, 500, 503],
  "GET /api/v1/runs/{run_id}/steps/{address}": [200, 404, 422, 500, 503],
  "GET /api/v1/runs/{run_id}/payload": [200, 404, 500, 503],
  "GET /api/v1/runs/{run_id}/definition": [200, 404, 500, 503],
  "GET /api/v1/runs/{run_id}/steps/{address}/items": [200, 404, 500, 503],
  "GET /api/v1/runs/{run_id}/steps/{address}/output": [200, 404, 500, 503],
};

let platform: Platform;
let api: Client;
let document: unknown;
let operations: [route: string, operation: Record<string, unknown>][];

beforeAll(async () => {
  await fuzz("install");
  platform = await Platform.start();
  api = new Client(platform.url);
  const reply = await api.get("/api/v1/openapi.json");
  expectReply(reply, 200);
  document = reply.body;
  operations = Object.entries(objectAt(document, "paths")).flatMap(([path, methods]) =>
    Object.entries(objectAt(methods)).map(([method, operation]): [string, Record<string, unknown>] => [
      `${method.toUpperCase()} ${path}`,
      objectAt(operation),
    ]),
  );
}, INSTALL_MS);

afterAll(() => platform?.close());

test("passes the validator of OpenAPI 3.1", async () => {
  const file = join(platform.dataFolder, "openapi.json");
  await Bun.write(file, JSON.stringify(document));
  await run(tool("openapi-spec-validator"), "--schema", "3.1", "--validation-errors", "all", file);
  expect(at(document, "openapi")).toBe("3.1.0");
});

test("has every route of the app", async () => {
  const routes = (await routesOfApp()).filter(
    (route) => !/ \/(docs|ui|mcp|llms\.txt|api\/v1\/openapi\.json)/.test(route),
  );
  expect(operations.map(([route]) => route).toSorted()).toEqual(routes.toSorted());
});

test("has every status of every route, each with a JSON schema", () => {
  const documented = operations.map(([route, { responses }]) => [route, Object.keys(objectAt(responses)).map(Number)]);
  expect(Object.fromEntries(documented)).toEqual(STATUSES);
  for (const [, { responses }] of operations) {
    for (const [status, response] of Object.entries(objectAt(responses))) {
      // It has no body.
      if (status === "204") continue;
      expect(textAt(response, "description")).not.toBe("");
      expect(Object.keys(objectAt(response, "content"))).toEqual(["application/json"]);
      expect(objectAt(response, "content", "application/json", "schema")).not.toEqual({});
    }
  }
});

test("says of every operation what it is, under an id of its own", () => {
  const ids = operations.map(([, operation]) => textAt(operation, "operationId"));
  expect(new Set(ids).size).toBe(ids.length);
  for (const [, operation] of operations) {
    expect(textAt(operation, "summary")).not.toBe("");
    expect(listAt(operation, "tags")).toHaveLength(1);
  }
});

test("takes bodies as JSON only, where it takes any, but from senders to hooks", () => {
  const bodies = operations.flatMap(([route, { requestBody }]) =>
    requestBody === undefined ? [] : [[route, Object.keys(objectAt(requestBody, "content"))]],
  );
  expect(Object.fromEntries(bodies)).toEqual({
    "POST /api/v1/workflows": ["application/json"],
    "PUT /api/v1/workflows/{workflow_id}": ["application/json"],
    "POST /api/v1/trigger": ["application/json"],
    "POST /api/v1/schedules": ["application/json"],
    "POST /api/v1/schedules/preview": ["application/json"],
    "PUT /api/v1/schedules/{schedule_id}": ["application/json"],
    "POST /api/v1/schedules/{schedule_id}/backfill": ["application/json"],
    "POST /api/v1/trigger/batch": ["application/json"],
    "POST /api/v1/hooks": ["application/json"],
    "POST /api/v1/hooks/{hook_id}": ["application/json", "application/x-www-form-urlencoded", "text/plain"],
    "POST /api/v1/expressions/evaluate": ["application/json"],
    "POST /api/v1/workflows/validate": ["application/json"],
    "POST /api/v1/workflows/test": ["application/json"],
    "POST /api/v1/runs/{run_id}/signals/{name}": ["application/json"],
    "POST /api/v1/runs/{run_id}/cancel": ["application/json"],
    "POST /api/v1/runs/{run_id}/retry": ["application/json"],
    "POST /api/v1/runs/bulk": ["application/json"],
  });
});

test("has a schema for the config of every step type", async () => {
  const steps = listAt(document, "components", "schemas", "Step", "anyOf").map(resolved);
  const documented = steps.map((step) => [textAt(step, "properties", "type", "const"), configKeys(step)]);
  const types = [...(await loadStepTypes()).values()].map(({ connector }) => connector);
  const all = [
    ...types,
    { type: BLOCK, config: BlockConfig },
    { type: PARALLEL, config: ParallelConfig },
    { type: SWITCH, config: SwitchConfig },
    { type: LOOP, config: LoopConfig },
    { type: MAP, config: MapConfig },
  ];
  expect(documented).toEqual(all.map(({ type, config }) => [type, Object.keys(config.properties)]));
});

test("has no union within a union, and a name for every object but answers, for programs that make clients of it", () => {
  const nested: string[] = [];
  const nameless: string[] = [];
  const look = (value: unknown, path: string) => {
    if (Array.isArray(value)) for (const [index, item] of value.entries()) look(item, `${path}/${index}`);
    if (!isObject(value)) return;
    const { anyOf, properties } = value;
    if (Array.isArray(anyOf)) {
      if (anyOf.some((one) => isObject(one) && "anyOf" in one)) nested.push(path);
      if (anyOf.some((one) => isObject(one) && one.type === "object")) nameless.push(path);
    }
    if (isObject(properties)) {
      for (const [name, one] of Object.entries(properties)) {
        if (isObject(one) && "properties" in one) nameless.push(`${path}/${name}`);
      }
    }
    for (const [key, one] of Object.entries(value)) look(one, `${path}/${key}`);
  };
  look(objectAt(document, "components", "schemas"), "");
  expect({ nested, nameless }).toEqual({ nested: [], nameless: [] });
});

describe("the examples", () => {
  test("work one after the other", async () => {
    const created = await api.post("/api/v1/workflows", example("WorkflowInput"));
    expectReply(created, 200);
    const triggered = await api.post("/api/v1/trigger", example("TriggerInput"));
    expectReply(triggered, 200);
    expectReply(await api.post("/api/v1/schedules", example("ScheduleInput")), 200);
    expectReply(await api.post("/api/v1/hooks", example("HookInput")), 200);
    const run = await api.untilEnded(textAt(triggered.body, "run_id"));
    expect(run.status).toBe("success");
    expect(run.body.workflow_id).toBe(textAt(created.body, "workflow_id"));
    const evaluated = await api.post("/api/v1/expressions/evaluate", example("ExpressionInput"));
    expectReply(evaluated, 200);
    expect(evaluated.body).toEqual({ value: 10 });
    const tried = await api.post("/api/v1/workflows/test", example("TestInput"));
    expectReply(tried, 200);
    expect(tried.body).toMatchObject({ status: "success", step_results: { ask: { attempts: 2 } }, unused_mocks: [] });
  });

  test("of the trigger names nothing on a platform that has no workflows", async () => {
    const empty = await Platform.start();
    const reply = await new Client(empty.url).post("/api/v1/trigger", example("TriggerInput"));
    await empty.close();
    expectError(reply, 404, "Workflow example_workflow not found");
  });
});

test("the docs have no asset but their own", async () => {
  for (const name of ["index.html", "constructor", "__proto__", "%2e%2e%2fpackage.json"]) {
    expectError(await api.get(`/docs/assets/${name}`), 404, "Not Found");
  }
});

test(
  "schemathesis finds nothing that the document does not say, and the platform logs no error",
  async () => {
    await fuzz(platform.url, "--seed", "1", "--max-time", FUZZ_SECONDS);
    expect(platform.complaints()).toEqual([]);
  },
  FUZZ_MS,
);

/** The first example of a named schema: what Swagger UI fills into its form. */
function example(schema: string): unknown {
  return listAt(document, "components", "schemas", schema, "examples")[0];
}

function configKeys(step: unknown): string[] {
  return Object.keys(objectAt(resolved(at(step, "properties", "config")), "properties"));
}

/** The schema that a reference leads to. */
function resolved(reference: unknown): unknown {
  return at(document, "components", "schemas", textAt(reference, "$ref").split("/").at(-1) ?? "");
}

function fuzz(...options: string[]): Promise<void> {
  return run(join(REPOSITORY, "tests/fuzz"), ...options);
}

function tool(name: string): string {
  return join(REPOSITORY, ".tools/python/bin", name);
}

/** @throws Error with everything that the command printed, when it fails. */
async function run(...command: string[]): Promise<void> {
  const env = { ...process.env, PYTHONPATH: join(REPOSITORY, ".tools/python"), PYTHONUTF8: "1" };
  const child = Bun.spawn(command, { env, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  if ((await child.exited) !== 0) throw new Error(`${command.join(" ")}\n${stdout}\n${stderr}`);
}
