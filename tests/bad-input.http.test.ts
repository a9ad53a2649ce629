/** Paths, queries and methods that make no sense. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { expectFaultsBelow, Ground } from "./harness/http/bad-input.ts";
import { expectError, expectFaults, expectReply } from "./harness/http/expect.ts";
import { at, listAt, objectAt, textAt } from "./harness/http/json.ts";
import { rawRequest } from "./harness/http/raw-http.ts";
import type { Reply } from "./harness/http/reply.ts";

let ground: Ground;
beforeAll(async () => {
  ground = await Ground.prepare();
});
afterAll(() => ground.close());

const CHANGE = JSON.stringify({ name: "changed", steps: [{ name: "a", type: "delay", config: { duration: 1 } }] });

describe("an id that names nothing", () => {
  const ids = [
    "nobody",
    "00000000-0000-7000-8000-000000000000",
    "0",
    "-1",
    "null",
    "undefined",
    "NaN",
    "__proto__",
    "constructor",
    "%00",
    "a%00b",
    "..%2f..%2fetc%2fpasswd",
    "..%5c..%5cx",
    "%2e%2e%2f",
    "%ff",
    "%ed%a0%80",
    "%zz",
    "%",
    "%27%20or%201%3D1%20--",
    "%F0%9F%9A%80",
    "a+b",
    "x".repeat(10_240),
  ];
  const routes = [
    { method: "GET", path: "/api/v1/workflows/" },
    { method: "GET", path: "/api/v1/runs/" },
    { method: "DELETE", path: "/api/v1/workflows/" },
    { method: "PUT", path: "/api/v1/workflows/", body: CHANGE },
  ];
  for (const id of ids) {
    for (const { method, path, body } of routes) {
      test(`${method} ${path}${id.slice(0, 40)}`, async () => {
        // fetch would tidy the path up.
        const head = [`${method} ${path}${id} HTTP/1.1`];
        const withBody = ["Content-Type: application/json", `Content-Length: ${body?.length}`];
        const request = rawRequest(ground.api.url, body === undefined ? head : [...head, ...withBody], [body ?? ""]);
        await ground.refuses(request, (reply) => {
          expectClear4xx(reply);
          if (reply.status === 404 && path.includes("runs")) expectError(reply, 404, "Workflow run not found");
        });
      });
    }
  }

  const paths = [
    "/api/v1/runs/../../../etc/passwd",
    "/api/v1/../../etc/passwd",
    "/docs/../../package.json",
    "/docs/..%2f..%2fpackage.json",
    "//",
    "/api//v1//runs/x",
    "/api/v1/workflows/../runs/x",
  ];
  for (const path of paths) {
    test(`GET ${path} finds nothing`, async () => {
      await ground.refuses(rawRequest(ground.api.url, [`GET ${path} HTTP/1.1`]), expectClear4xx);
    });
  }

  test("a uuid in capitals is either the same uuid or a 404", async () => {
    const reply = await ground.api.get(`/api/v1/runs/${ground.run.toUpperCase()}`);
    if (reply.status === 200) expect(at(reply.body, "uuid")).toBe(ground.run);
    else expectError(reply, 404, "Workflow run not found");
  });
});

/** A 404, or another status of the 4xx that says more; a sentence or the faults. */
function expectClear4xx(reply: Reply): void {
  expect(`${reply.sent} is answered with ${reply.status} ${reply.text}`).toMatch(/ is answered with 4\d\d \{/);
  if (reply.status === 422) expectFaultsBelow(reply, "path");
  else expectError(reply, reply.status);
}

const lists = ["/api/v1/runs", "/api/v1/runs/", "/api/v1/workflows"];

describe("a query", () => {
  const queries: { query: string; field: string; type: RegExp }[] = [
    { query: "limit=0", field: "limit", type: /^greater_than_equal$/ },
    { query: "limit=-1", field: "limit", type: /^greater_than_equal$/ },
    { query: "limit=201", field: "limit", type: /^less_than_equal$/ },
    { query: "limit=99999999999999999999", field: "limit", type: /^(less_than_equal|int_parsing)$/ },
    { query: "limit=x", field: "limit", type: /^int_parsing$/ },
    { query: "limit=", field: "limit", type: /^int_parsing$/ },
    { query: "limit=1.5", field: "limit", type: /^int_parsing$/ },
    { query: "limit=1e1", field: "limit", type: /^int_parsing$/ },
    { query: "limit=0x10", field: "limit", type: /^int_parsing$/ },
    { query: "limit=5%00", field: "limit", type: /^int_parsing$/ },
    { query: "limit=NaN", field: "limit", type: /^int_parsing$/ },
    { query: "limit=true", field: "limit", type: /^int_parsing$/ },
    { query: "order=sideways", field: "order", type: /^enum$/ },
    { query: "order=ASC", field: "order", type: /^enum$/ },
    { query: "cursor=garbage", field: "cursor", type: /^value_error$/ },
    { query: "cursor=%00", field: "cursor", type: /^value_error$/ },
    { query: "cursor=%ff", field: "cursor", type: /^value_error$/ },
    { query: "cursor=__proto__", field: "cursor", type: /^value_error$/ },
    { query: `cursor=${btoa('{"after":"x"}')}`, field: "cursor", type: /^value_error$/ },
    { query: "cursor=' or 1=1 --", field: "cursor", type: /^value_error$/ },
    { query: "cursor=00000000-0000-7000-8000-000000000000", field: "cursor", type: /^value_error$/ },
    { query: `cursor=${"x".repeat(10_240)}`, field: "cursor", type: /^(value_error|string_too_long)$/ },
  ];
  for (const list of lists) {
    for (const { query, field, type } of queries) {
      test(`${list}?${query.slice(0, 60)}`, async () => {
        await ground.refuses(ground.api.get(`${list}?${query}`), (reply) => {
          expectFaultsBelow(reply, "query", field);
          expect(listAt(reply.body, "detail")).toHaveLength(1);
          expect(textAt(reply.body, "detail", 0, "type")).toMatch(type);
        });
      });
    }
  }

  test("with two faults names both", async () => {
    await ground.refuses(ground.api.get("/api/v1/runs?limit=0&order=up"), (reply) => {
      expectReply(reply, 422);
      const places = listAt(reply.body, "detail").map((entry) => listAt(entry, "loc"));
      expect(places).toEqual(
        expect.arrayContaining([
          ["query", "limit"],
          ["query", "order"],
        ]),
      );
      expect(places).toHaveLength(2);
    });
  });

  for (const [version, type] of [
    ["x", "int_parsing"],
    ["0", "greater_than_equal"],
    ["-1", "greater_than_equal"],
    ["1.5", "int_parsing"],
    ["", "int_parsing"],
  ] as const) {
    test(`for version ${JSON.stringify(version)} of a workflow`, async () => {
      const request = ground.api.get(`/api/v1/workflows/${ground.workflow}?version=${version}`);
      await ground.refuses(request, (reply) => {
        expectFaultsBelow(reply, "query", "version");
        expect(textAt(reply.body, "detail", 0, "type")).toBe(type);
      });
    });
  }

  for (const version of ["2", "9007199254740991", "99999999999999999999"]) {
    test(`for version ${version}, which there is not`, async () => {
      const request = ground.api.get(`/api/v1/workflows/${ground.workflow}?version=${version}`);
      await ground.refuses(request, (reply) =>
        reply.status === 422 ? expectFaultsBelow(reply, "query", "version") : expectError(reply, 404),
      );
    });
  }
});

/** Each parameter of a query that is documented, with a request to its route. */
async function queryParameters() {
  const { body } = await ground.api.get("/api/v1/openapi.json");
  return Object.entries(objectAt(body, "paths")).flatMap(([path, operations]) =>
    Object.entries(objectAt(operations)).flatMap(([verb, operation]) => {
      const method = verb.toUpperCase();
      const taken = Object.hasOwn(objectAt(operation), "parameters") ? listAt(operation, "parameters") : [];
      const address = path.replaceAll(/\{\w+\}/g, "x");
      return taken
        .filter((one) => at(one, "in") === "query")
        .map((one) => ({
          ...{ route: `${method} ${path}`, name: textAt(one, "name"), isList: at(one, "schema", "type") === "array" },
          send: (query: string) => ground.api.send(method, `${address}?${query}`),
        }));
    }),
  );
}

test("a parameter that is given twice is refused, at each route that takes one", async () => {
  // Lists are what is repeated.
  const single = (await queryParameters()).filter(({ isList }) => !isList);
  for (const { name, send } of single) {
    const reply = await send(`${name}=1&${name}=1`);
    expectFaults(reply, [{ loc: ["query", name], type: "value_error" }]);
    expect(textAt(reply.body, "detail", 0, "msg")).toBe("Input should be given once");
  }
  expect(single.length).toBeGreaterThan(50);
});

test("a parameter that is not known is refused, at each route that takes one", async () => {
  /** Clients of the contract may send these what they like; the query of a delivery is its sender's. */
  const open = ["GET /api/v1/runs/{run_id}", "GET /api/v1/workflows/{workflow_id}", "POST /api/v1/trigger"];
  const foreign = [...open, "POST /api/v1/hooks/{hook_id}"];
  const routes = new Map((await queryParameters()).map(({ route, send }) => [route, send]));
  for (const route of foreign) expect(routes.delete(route)).toBe(true);
  for (const send of routes.values()) {
    expectFaults(await send("unheard_of=1"), [{ loc: ["query", "unheard_of"], type: "extra_forbidden" }]);
  }
  expect(routes.size).toBeGreaterThan(12);
});

describe("a cursor is refused", () => {
  const cursors: { title: string; from: string; to: string; spoil?: (cursor: string) => string }[] = [
    { title: "in the other list", from: "/api/v1/runs?limit=1", to: "/api/v1/workflows?limit=1" },
    { title: "in the other list, the other way round", from: "/api/v1/workflows?limit=1", to: "/api/v1/runs?limit=1" },
    { title: "in the other order", from: "/api/v1/runs?limit=1", to: "/api/v1/runs?limit=1&order=asc" },
    {
      title: "when cut short",
      from: "/api/v1/runs?limit=1",
      to: "/api/v1/runs?limit=1",
      spoil: (cursor) => cursor.slice(0, -3),
    },
    {
      title: "when longer than it was",
      from: "/api/v1/runs?limit=1",
      to: "/api/v1/runs?limit=1",
      spoil: (cursor) => `${cursor}AAAA`,
    },
  ];
  for (const { title, from, to, spoil = (cursor: string) => cursor } of cursors) {
    test(title, async () => {
      // A page of one has a next page only where there are two.
      if (at((await ground.api.get(from)).body, "next_cursor") === null) await ground.addOneOfEach();
      const cursor = textAt((await ground.api.get(from)).body, "next_cursor");
      // So that it is the change that is refused, not the cursor.
      expectReply(await ground.api.get(`${from}&cursor=${encodeURIComponent(cursor)}`), 200);
      const request = ground.api.get(`${to}&cursor=${encodeURIComponent(spoil(cursor))}`);
      await ground.refuses(request, (reply) => expectFaultsBelow(reply, "query", "cursor"));
    });
  }

  test("of order=asc in the order that is the default", async () => {
    await ground.addOneOfEach();
    // order=asc leaves out the last 2 s.
    await Bun.sleep(2_200);
    const cursor = textAt((await ground.api.get("/api/v1/runs?limit=1&order=asc")).body, "next_cursor");
    const request = ground.api.get(`/api/v1/runs?limit=1&cursor=${encodeURIComponent(cursor)}`);
    await ground.refuses(request, (reply) => expectFaultsBelow(reply, "query", "cursor"));
  });
});

describe("a method", () => {
  const known = [
    { path: () => "/", allowed: ["GET"] },
    { path: () => "/health", allowed: ["GET"] },
    { path: () => "/api/v1/workflows", allowed: ["GET", "POST"] },
    { path: () => `/api/v1/workflows/${ground.workflow}`, allowed: ["DELETE", "GET", "PUT"] },
    { path: () => "/api/v1/trigger", allowed: ["POST"] },
    { path: () => "/api/v1/runs/", allowed: ["GET"] },
    { path: () => `/api/v1/runs/${ground.run}`, allowed: ["GET"] },
  ];
  for (const method of ["PATCH", "PURGE", "PROPFIND"]) {
    for (const { path, allowed } of known) {
      test(`${method} is a 405 at ${path.toString().slice(6)}`, async () => {
        const head = [`${method} ${path()} HTTP/1.1`, "Content-Type: application/json", "Content-Length: 2"];
        await ground.refuses(rawRequest(ground.api.url, head, ["{}"]), (reply) => {
          expectError(reply, 405);
          const allow = (reply.headers.get("allow") ?? "").split(/\s*,\s*/);
          expect(allow.filter((name) => name !== "HEAD" && name !== "OPTIONS").toSorted()).toEqual(allowed);
        });
      });
    }
  }
});

test("nothing of this has changed anything or was logged as an error", () => ground.expectUntouched());
