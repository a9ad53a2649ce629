/** Whom the API answers: requests under its own names, and pages of its own origin. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Client } from "./harness/http/client.ts";
import { expectError, expectReply } from "./harness/http/expect.ts";
import { listAt, textAt } from "./harness/http/json.ts";
import { rawText } from "./harness/http/raw-http.ts";
import type { Reply } from "./harness/http/reply.ts";
import { Platform } from "./harness/platform.ts";

const DEFINITION = JSON.stringify({ name: "w", steps: [{ name: "a", type: "transform", config: { value: 1 } }] });
const LISTED = "https://app.example";
const FOREIGN = [
  "http://evil.example",
  "http://localhost:1",
  "null",
  "https://app.example.evil.example",
  "chrome-extension://x",
  "x",
];

let platform: Platform;
let open: Platform;
let api: Client;
let workflow: string;

beforeAll(async () => {
  platform = await Platform.start();
  // It listens on all addresses, and has a name and a friend.
  open = await Platform.start({
    env: {
      HOST: "0.0.0.0",
      PUBLIC_HOSTS: "Flows.example, [2001:db8::7]",
      CORS_ORIGINS: `${LISTED}/, http://localhost:3000`,
    },
  });
  api = new Client(platform.url);
  workflow = await api.create([{ name: "a", type: "transform", config: { value: 1 } }]);
});
afterAll(async () => {
  await platform?.close();
  await open?.close();
});

/** Sends a request with exactly these header lines. */
function raw(to: Platform, requestLine: string, lines: string[], body = ""): Promise<Reply> {
  const length = body === "" ? [] : ["Content-Type: application/json", `Content-Length: ${body.length}`];
  const url = `http://127.0.0.1:${new URL(to.url).port}`;
  return rawText(url, [requestLine, ...lines, ...length, "Connection: close"], body === "" ? [] : [body]);
}

function expectCode(reply: Reply, status: number, code: string): void {
  expectError(reply, status);
  expect(`${reply.sent}: ${textAt(reply.body, "code")}`).toBe(`${reply.sent}: ${code}`);
}

async function workflowsOf(client: Client): Promise<string[]> {
  return listAt((await client.get("/api/v1/workflows?limit=200")).body, "items").map((item) => textAt(item, "uuid"));
}

describe("a Host", () => {
  const ask = (to: Platform, host: string, path = "/api/v1/runs") => raw(to, `GET ${path} HTTP/1.1`, [`Host: ${host}`]);

  // Another port than ours is that of a proxy, or of a forwarded one.
  for (const host of [
    "localhost",
    "127.0.0.1",
    "[::1]",
    "LocalHost:8001",
    "127.0.0.1:80",
    "[::1]:8001",
    "localhost.:1",
    "127.9.9.9",
  ]) {
    test(`${host} is known on loopback`, async () => expectReply(await ask(platform, host), 200));
  }
  for (const host of [
    "evil.example",
    "evil.example:8001",
    "localhost.evil.example",
    "10.0.0.1",
    "nginx",
    "[::2]",
    "127.0.0.1.nip.io",
    "2130706433",
  ]) {
    test(`${host} is a 421 on loopback`, async () => {
      for (const path of ["/api/v1/runs", "/", "/docs", "/nope"]) {
        expectCode(await ask(platform, host, path), 421, "misdirected_request");
      }
      const before = await workflowsOf(api);
      const created = await raw(platform, "POST /api/v1/workflows HTTP/1.1", [`Host: ${host}`], DEFINITION);
      expectCode(created, 421, "misdirected_request");
      expectCode(
        await raw(platform, `DELETE /api/v1/workflows/${workflow} HTTP/1.1`, [`Host: ${host}`]),
        421,
        "misdirected_request",
      );
      expect(await workflowsOf(api)).toEqual(before);
    });
  }

  for (const host of [
    "127.0.0.1",
    "10.1.2.3:8001",
    "[fd00::1]:80",
    "nginx:8001",
    "flows.example",
    "FLOWS.example.:443",
    "[2001:db8::7]",
  ]) {
    test(`${host} is known on all addresses`, async () => expectReply(await ask(open, host), 200));
  }
  for (const host of ["evil.example", "a.flows.example", "flows.example.evil.example"]) {
    test(`${host} is a 421 on all addresses`, async () =>
      expectCode(await ask(open, host), 421, "misdirected_request"));
  }

  for (const host of [
    "",
    " ",
    "a b",
    "a/b",
    "[::1",
    "[x]",
    "x:abc",
    "localhost:99999",
    "\xff",
    "%zz",
    "localhost?x",
    "localhost#x",
    "u@localhost",
    "..",
    "a\\b",
    "http://localhost",
    "localhost, evil.example",
  ]) {
    test(`${JSON.stringify(host)} is a 400`, async () => {
      for (const path of ["/", "/nope", "/api/v1/runs/x", "/api/v1/workflows/x?version=1", "/health/nope"]) {
        expectCode(await ask(platform, host, path), 400, "malformed_host");
      }
    });
  }

  test("is no matter to probes", async () => {
    for (const host of ["evil.example", "", "a/b", "[::1"]) {
      for (const path of ["/health", "/health/", "/health/ready", "/health?x"])
        expectReply(await ask(platform, host, path), 200);
    }
  });

  test("twice is a 400", async () => {
    const reply = await raw(platform, "GET /nope HTTP/1.1", ["Host: localhost", "Host: evil.example"]);
    expectCode(reply, 400, "malformed_host");
  });

  test("is not needed in HTTP/1.0", async () => {
    for (const path of [
      "/",
      "/health",
      "/health/ready",
      "/api/v1/runs?limit=1",
      `/api/v1/workflows/${workflow}?version=1`,
    ]) {
      expectReply(await raw(platform, `GET ${path} HTTP/1.0`, []), 200);
    }
    for (const path of ["/nope", "/nopeno/health", "/api/v1/health", "//", "/%", "/api/v1/workflows/a/b"]) {
      expectError(await raw(platform, `GET ${path} HTTP/1.0`, []), 404, "Not Found");
    }
    expectCode(await raw(platform, "PUT /api/v1/runs HTTP/1.0", []), 405, "method_not_allowed");
    expectCode(
      await raw(platform, `GET /api/v1/workflows/${workflow}?version=9 HTTP/1.0`, []),
      404,
      "version_not_found",
    );
  });
});

describe("a page of another origin", () => {
  const port = () => new URL(platform.url).port;
  const headers = [
    "Sec-Fetch-Site: cross-site",
    "Sec-Fetch-Site: same-site",
    ...FOREIGN.map((origin) => `Origin: ${origin}`),
  ];
  for (const header of headers) {
    test(`(${header}) can't change or read anything`, async () => {
      const before = await workflowsOf(api);
      const send = (line: string, body?: string) =>
        raw(platform, `${line} HTTP/1.1`, [`Host: localhost:${port()}`, header], body);
      const trigger = JSON.stringify({ workflow_id: workflow });
      for (const [line, body] of [
        ["POST /api/v1/workflows", DEFINITION],
        [`PUT /api/v1/workflows/${workflow}`, DEFINITION],
        [`DELETE /api/v1/workflows/${workflow}`],
        ["POST /api/v1/trigger", trigger],
        ["GET /api/v1/runs"],
        ["HEAD /api/v1/runs"],
        ["POST /docs", "{}"],
        ["OPTIONS /api/v1/trigger"],
        ["GET /nope"],
      ] as const) {
        const reply = await send(line, body);
        if (line.startsWith("HEAD")) expect(reply.status).toBe(403);
        else expectCode(reply, 403, "cross_site");
        expect(reply.headers.get("access-control-allow-origin")).toBeNull();
      }
      expect(await workflowsOf(api)).toEqual(before);
      expectReply(await api.get(`/api/v1/workflows/${workflow}`), 200, expect.objectContaining({ version: 1 }));
    });

    test(`(${header}) may lead to the documents, and probe`, async () => {
      for (const path of ["/", "/docs", "/docs/", "/api/v1/openapi.json", "/health", "/health/ready"]) {
        const reply = await raw(platform, `GET ${path} HTTP/1.1`, [`Host: localhost:${port()}`, header]);
        expect([path, reply.status, reply.headers.get("access-control-allow-origin")]).toEqual([path, 200, null]);
      }
    });
  }

  test("can't put the docs into a frame of its own", async () => {
    const policy = (await api.get("/docs")).headers.get("content-security-policy");
    expect(policy).toContain("frame-ancestors 'none'");
  });
});

describe("a page of its own origin, and who is no page", () => {
  for (const [host, ...lines] of [
    ["localhost:8001", "Origin: http://localhost:8001"],
    ["localhost", "Origin: http://localhost"],
    ["localhost:443", "Origin: https://localhost"],
    ["LOCALHOST:8001", "Origin: http://localhost:8001", "Sec-Fetch-Site: same-origin"],
    // TLS ends at a proxy before it.
    ["localhost:8443", "Origin: https://localhost:8443"],
    // A proxy that does not pass the Host on.
    ["127.0.0.1:8001", "Origin: https://flows.example", "Sec-Fetch-Site: same-origin"],
    ["localhost", "Sec-Fetch-Site: none"],
    ["localhost"],
  ] as const) {
    test(`${host} ${lines.join(", ")}`, async () => {
      expectReply(await raw(platform, "POST /api/v1/workflows HTTP/1.1", [`Host: ${host}`, ...lines], DEFINITION), 200);
      expectReply(await raw(platform, "GET /api/v1/runs HTTP/1.1", [`Host: ${host}`, ...lines]), 200);
    });
  }
});

describe("CORS_ORIGINS", () => {
  const send = (line: string, lines: string[], body?: string) =>
    raw(open, `${line} HTTP/1.1`, ["Host: flows.example", ...lines], body);

  for (const origin of [LISTED, "http://localhost:3000"]) {
    test(`${origin} may use everything`, async () => {
      const headers = [`Origin: ${origin}`, "Sec-Fetch-Site: cross-site"];
      const replies = [
        await send("POST /api/v1/workflows", headers, DEFINITION),
        await send("GET /api/v1/runs", headers),
        // What went wrong is shown as well.
        await send("GET /api/v1/runs/nobody", headers),
        await send("POST /api/v1/trigger", headers, "{}"),
        await send("GET /nope", headers),
      ];
      expect(replies.map(({ status }) => status)).toEqual([200, 200, 404, 422, 404]);
      for (const reply of replies) {
        expect(reply.headers.get("access-control-allow-origin")).toBe(origin);
        expect(reply.headers.get("access-control-expose-headers")).toContain("X-Request-ID");
        expect(reply.headers.get("access-control-allow-credentials")).toBeNull();
        expect(reply.headers.get("vary")).toBe("Origin");
      }
    });

    test(`${origin} has its preflights answered`, async () => {
      for (const path of ["/api/v1/workflows", "/api/v1/workflows/x", "/api/v1/trigger"]) {
        const asked = ["Access-Control-Request-Method: PUT", "Access-Control-Request-Headers: content-type"];
        const reply = await send(`OPTIONS ${path}`, [`Origin: ${origin}`, ...asked]);
        expect([reply.status, reply.text]).toEqual([204, ""]);
        expect(reply.headers.get("access-control-allow-origin")).toBe(origin);
        expect(reply.headers.get("access-control-allow-methods")).toContain("PUT");
        expect(reply.headers.get("access-control-allow-headers")).toMatch(/content-type/i);
        expect(reply.headers.get("vary")).toBe("Origin");
      }
    });
  }

  test("lets no other origin in, nor the listed one under another name", async () => {
    for (const origin of [...FOREIGN, "http://app.example", "https://app.example:8443"]) {
      for (const line of ["GET /api/v1/runs", "OPTIONS /api/v1/trigger"]) {
        const reply = await send(line, [`Origin: ${origin}`, "Access-Control-Request-Method: POST"]);
        expectCode(reply, 403, "cross_site");
        expect(reply.headers.get("access-control-allow-origin")).toBeNull();
        expect(reply.headers.get("vary")).toBe("Origin");
      }
    }
    const reply = await raw(open, "GET /api/v1/runs HTTP/1.1", ["Host: evil.example", `Origin: ${LISTED}`]);
    expectCode(reply, 421, "misdirected_request");
  });

  test("changes nothing for other clients", async () => {
    const reply = await send("GET /api/v1/runs", []);
    expect([reply.status, reply.headers.get("vary"), reply.headers.get("access-control-allow-origin")]).toEqual([
      200,
      "Origin",
      null,
    ]);
  });
});

test("nothing of this was a mistake of the platform's", () => {
  expect([...platform.complaints(), ...open.complaints()]).toEqual([]);
});
