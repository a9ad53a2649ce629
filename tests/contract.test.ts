/** Every row of the HTTP contract, over real HTTP. Runs against any deployment: see tests/harness/under-test.ts. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client } from "./harness/http/client.ts";
import { expectRunShape, UUID_V7 } from "./harness/http/contract.ts";
import { expectError, expectReply } from "./harness/http/expect.ts";
import { at, objectAt, textAt } from "./harness/http/json.ts";
import { type PlatformUnderTest, platformUnderTest } from "./harness/under-test.ts";

const NOBODY = "00000000-0000-7000-8000-000000000000";
const STEPS = [{ name: "answer", type: "transform", config: { value: "${payload.n}" } }];

let platform: PlatformUnderTest;
let api: Client;
let workflow: string;
let run: string;
/** A user's own id, unused so far on this deployment. */
const freshId = () => `contract ${crypto.randomUUID()}`;

beforeAll(async () => {
  platform = await platformUnderTest();
  api = new Client(platform.url);
  workflow = await api.create(STEPS);
  run = await api.trigger(workflow, { n: 1 });
  await api.untilEnded(run);
});
afterAll(() => platform.close());

// The contract promises that a trailing slash changes nothing, so every row is asked for twice.
for (const slash of ["", "/"]) {
  describe(slash === "" ? "without a trailing slash" : "with a trailing slash", () => {
    test("GET / greets", async () => {
      expectReply(await api.get("/"), 200, { message: "Hello World" });
    });

    test("GET /health is ok", async () => {
      expectReply(await api.get(`/health${slash}`), 200, { status: "ok" });
    });

    test("POST /api/v1/workflows creates a workflow", async () => {
      const reply = await api.post(`/api/v1/workflows${slash}`, { name: "a name", steps: STEPS });
      expectReply(reply, 200, {
        message: "Workflow created successfully",
        workflow_id: expect.stringMatching(UUID_V7),
      });
    });

    test("GET /api/v1/workflows/{uuid} shows what was created", async () => {
      const id = freshId();
      const sent = { id, name: "a name", description: "what it is for", steps: STEPS };
      const uuid = textAt((await api.post(`/api/v1/workflows${slash}`, sent)).body, "workflow_id");
      const reply = await api.get(`/api/v1/workflows/${uuid}${slash}`);
      expectReply(reply, 200, expect.objectContaining({ ...sent, uuid, version: 1 }));
    });

    test("GET /api/v1/workflows/{uuid} shows null for what was left out", async () => {
      const reply = await api.get(`/api/v1/workflows/${workflow}${slash}`);
      expectReply(reply, 200, expect.objectContaining({ uuid: workflow, id: null, description: null, steps: STEPS }));
    });

    test("GET /api/v1/workflows lists workflows", async () => {
      const reply = await api.get(`/api/v1/workflows${slash}?limit=3`);
      expectReply(reply, 200);
      const shape = { items: expect.any(Array), next_cursor: at(reply.body, "next_cursor"), limit: 3 };
      expect(reply.body).toEqual(shape);
      const keys = Object.keys(objectAt(reply.body, "items", 0));
      expect(keys).toEqual(expect.arrayContaining(["uuid", "id", "name", "description", "steps", "version"]));
    });

    test("PUT /api/v1/workflows/{id} makes a new version", async () => {
      const uuid = await api.create(STEPS);
      const reply = await api.put(`/api/v1/workflows/${uuid}${slash}`, { name: "changed", steps: STEPS });
      expectReply(reply, 200, { message: "Workflow updated successfully", workflow_id: uuid, version: 2 });
    });

    test("DELETE /api/v1/workflows/{id} deletes", async () => {
      const uuid = await api.create(STEPS);
      const reply = await api.delete(`/api/v1/workflows/${uuid}${slash}`);
      expectReply(reply, 200, { message: "Workflow deleted successfully", workflow_id: uuid });
      expectError(await api.get(`/api/v1/workflows/${uuid}${slash}`), 404, `Workflow ${uuid} not found`);
    });

    test("POST /api/v1/trigger starts a run", async () => {
      const reply = await api.post(`/api/v1/trigger${slash}`, { workflow_id: workflow, payload: { n: 7 } });
      expectReply(reply, 200, { run_id: expect.stringMatching(UUID_V7), status: "triggered" });
      const ended = await api.untilEnded(textAt(reply.body, "run_id"));
      expect(ended.output("answer")).toEqual({ type: "transform", value: 7 });
    });

    test("GET /api/v1/runs/{run_id} shows the run", async () => {
      const reply = await api.get(`/api/v1/runs/${run}${slash}`);
      expectReply(reply, 200);
      expectRunShape(reply.body);
      const results = {
        answer: expect.objectContaining({ status: "success", output: { type: "transform", value: 1 } }),
      };
      expect(reply.body).toMatchObject({ uuid: run, workflow_id: workflow, status: "success", payload: { n: 1 } });
      expect(objectAt(reply.body, "step_results")).toEqual(results);
    });

    test("GET /api/v1/runs lists runs", async () => {
      const reply = await api.get(`/api/v1/runs${slash}?limit=3`);
      expectReply(reply, 200);
      const shape = { items: expect.any(Array), next_cursor: at(reply.body, "next_cursor"), limit: 3 };
      expect(reply.body).toEqual(shape);
      expectRunShape(at(reply.body, "items", 0));
    });

    test("GET /docs is a page of Swagger UI", async () => {
      const reply = await api.get(`/docs${slash}`);
      expectReply(reply, 200);
      expect(reply.headers.get("content-type")).toMatch(/^text\/html/);
      expect(reply.text).toMatch(/swagger/i);
    });

    test("GET /api/v1/openapi.json describes every route", async () => {
      const reply = await api.get(`/api/v1/openapi.json${slash}`);
      expectReply(reply, 200);
      expect(textAt(reply.body, "openapi")).toMatch(/^3\./);
      const paths = objectAt(reply.body, "paths");
      // The name of a path's parameter is the document's own affair.
      const described = Object.entries(paths).flatMap(([path, methods]) =>
        Object.keys(objectAt(methods)).map((method) => `${method} ${path.replaceAll(/\{[^}]*\}/g, "{}")}`),
      );
      const contract = [
        "get /",
        "get /health",
        "post /api/v1/workflows",
        "get /api/v1/workflows",
        "get /api/v1/workflows/{}",
        "put /api/v1/workflows/{}",
        "delete /api/v1/workflows/{}",
        "post /api/v1/trigger",
        "get /api/v1/runs",
        "get /api/v1/runs/{}",
      ];
      expect(described).toEqual(expect.arrayContaining(contract));
    });

    test("what does not exist is a 404 with the original's sentence", async () => {
      const missing = freshId();
      const path = encodeURIComponent(missing);
      const change = { name: "changed", steps: STEPS };
      const sentence = (id: string) => `Workflow ${id} not found`;
      expectError(await api.get(`/api/v1/workflows/${NOBODY}${slash}`), 404, sentence(NOBODY));
      expectError(await api.get(`/api/v1/workflows/${path}${slash}`), 404, sentence(missing));
      expectError(await api.put(`/api/v1/workflows/${NOBODY}${slash}`, change), 404, sentence(NOBODY));
      expectError(await api.delete(`/api/v1/workflows/${NOBODY}${slash}`), 404, sentence(NOBODY));
      expectError(await api.post(`/api/v1/trigger${slash}`, { workflow_id: NOBODY }), 404, sentence(NOBODY));
      expectError(await api.post(`/api/v1/trigger${slash}`, { workflow_id: missing }), 404, sentence(missing));
      expectError(await api.get(`/api/v1/runs/${NOBODY}${slash}`), 404, "Workflow run not found");
    });

    test("a path that is not in the contract is a 404", async () => {
      for (const path of ["/nothing", "/api", "/api/v1", "/api/v1/runs/a/b", "/api/v2/workflows"]) {
        expectError(await api.get(path + slash), 404);
      }
    });

    const wrongMethods = [
      { method: "POST", path: () => "/health", allowed: ["GET"] },
      { method: "DELETE", path: () => "/api/v1/workflows", allowed: ["GET", "POST"] },
      { method: "POST", path: () => `/api/v1/workflows/${workflow}`, allowed: ["DELETE", "GET", "PUT"] },
      { method: "GET", path: () => "/api/v1/trigger", allowed: ["POST"] },
      { method: "PUT", path: () => "/api/v1/runs", allowed: ["GET"] },
      { method: "DELETE", path: () => `/api/v1/runs/${run}`, allowed: ["GET"] },
      { method: "POST", path: () => "/docs", allowed: ["GET"] },
      { method: "DELETE", path: () => "/api/v1/openapi.json", allowed: ["GET"] },
    ];
    for (const { method, path, allowed } of wrongMethods) {
      test(`${method} is a 405 where only ${allowed.join(", ")} make sense (${path.toString().slice(6)})`, async () => {
        const reply = await api.send(method, path() + slash);
        expectError(reply, 405);
        const allow = (reply.headers.get("allow") ?? "").split(/\s*,\s*/);
        // HEAD and OPTIONS may be offered beside them.
        expect(allow.filter((name) => name !== "HEAD" && name !== "OPTIONS").toSorted()).toEqual(allowed);
      });
    }
  });
}

test("a trigger without a payload has the empty object as its payload", async () => {
  const reply = await api.get(`/api/v1/runs/${await api.trigger(workflow)}`);
  expect(at(reply.body, "payload")).toEqual({});
});

test("run ids are in the order of creation", async () => {
  const ids: string[] = [];
  for (let n = 0; n < 20; n++) {
    ids.push(await api.trigger(workflow));
    // Processes behind a balancer agree on the time to about a millisecond.
    await Bun.sleep(3);
  }
  expect(ids).toEqual(ids.toSorted());
});

test("a run is shown as running while its step is, and is dated in order", async () => {
  const uuid = await api.create([{ name: "wait", type: "delay", config: { duration: 1 } }]);
  const id = await api.trigger(uuid);
  const early = await api.untilBegun(id, "wait");
  expectRunShape(early.body);
  expect(early.body).toMatchObject({ status: "running", completed_at: null, error: null });
  expect(early.step("wait")).toMatchObject({ status: "running", output: null, error: null });
  const ended = await api.untilEnded(id);
  expectRunShape(ended.body);
  const times = [
    textAt(ended.body, "started_at"),
    textAt(ended.step("wait"), "started_at"),
    textAt(ended.step("wait"), "completed_at"),
    textAt(ended.body, "completed_at"),
  ].map(Date.parse);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
});

test("answers are JSON and say so", async () => {
  for (const path of ["/", "/health", "/api/v1/runs", `/api/v1/runs/${run}`, `/api/v1/runs/${NOBODY}`, "/nothing"]) {
    const reply = await api.get(path);
    expect(`${reply.sent} ${reply.headers.get("content-type")}`).toMatch(/ application\/json\b/);
  }
});
