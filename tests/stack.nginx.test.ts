/** What nginx does in front of the API, with the configuration that the stack and the containers share. */
import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../infrastructure/local/processes/packages.ts";
import { prepareNginx, render } from "../infrastructure/local/services/nginx.ts";
import { objectAt } from "./harness/http/json.ts";
import { rawRequest } from "./harness/http/raw-http.ts";
import { Front, HangsUp, StandIn, until } from "./harness/stack.fixture.ts";

setDefaultTimeout(60_000);
const MEBIBYTE = 1024 * 1024;

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const front of open.splice(0)) await front.close();
});

async function frontOf(answer: (request: Request, server: StandIn) => Response | Promise<Response>) {
  const front = await Front.start((port) => new StandIn(port, answer));
  open.push(front);
  return front;
}

const seenBy = ({ servers }: Front<StandIn>) => servers.map(({ seen }) => seen.length);
const countOf = (seen: { length: number }[]) => seen.reduce((count, { length }) => count + length, 0);

describe("the template", () => {
  test("is right in nginx's own eyes", async () => {
    const folder = mkdtempSync(join(tmpdir(), "stack-test-"));
    const { command } = await prepareNginx(folder, 8001, [8011, 8012, 8013], null);
    await run([...command.slice(0, command.indexOf("-g")), "-t", "-q"]);
    const text = await Bun.file(join(folder, "nginx.conf")).text();
    expect(text).toContain("listen 127.0.0.1:8001 ");
    for (const fails of [3, 0]) {
      expect(text.match(new RegExp(`^ +server 127\\.0\\.0\\.1:801\\d max_fails=${fails}\\b`, "gm"))?.length).toBe(3);
    }
    rmSync(folder, { recursive: true });
  });

  test("wants a value for each of its names, and keeps nginx's own", () => {
    expect(() => render("listen ${NGINX_LISTEN};", {})).toThrow("NGINX_LISTEN");
    expect(render("${NGINX_LISTEN} $host", { NGINX_LISTEN: "1" })).toBe("1 $host");
  });
});

describe("a request", () => {
  test("goes to the server with the fewest under way", async () => {
    const held: { server: StandIn; release(): void }[] = [];
    const front = await frontOf(async (_, server) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      held.push({ server, release: resolve });
      await promise;
      return new Response("held");
    });
    const first = Array.from({ length: 9 }, () => fetch(front.url));
    await until("nine requests arrived", () => held.length === 9);
    expect(seenBy(front)).toEqual([3, 3, 3]);

    // The second becomes idle; by turns, the next three would go to one server each.
    for (const { server, release } of held) if (server === front.servers[1]) release();
    await Promise.any(first);
    await until(
      "three replies came",
      () => first.filter((reply) => Bun.peek.status(reply) === "fulfilled").length === 3,
    );
    const more = Array.from({ length: 3 }, () => fetch(front.url));
    await until("three more requests arrived", () => held.length === 12);
    expect(seenBy(front)).toEqual([3, 6, 3]);
    for (const { release } of held) release();
    expect((await Promise.all([...first, ...more])).every(({ ok }) => ok)).toBe(true);
  });

  test("arrives as it was sent, with what a proxy adds", async () => {
    const front = await frontOf(
      async (request) =>
        new Response(await request.bytes(), { headers: { "X-Coding": request.headers.get("content-encoding") ?? "" } }),
    );
    const path = "/a%2Fb//c%20d?e=%2F&f=a+b";
    for (const [method, accept] of [
      ["POST", "*/*"],
      ["POST", "text/event-stream"],
      ["PUT", "*/*"],
    ] as const) {
      const reply = await fetch(front.url + path, { method, body: "ä", headers: { accept } });
      expect([method, reply.status, await reply.text()]).toEqual([method, 200, "ä"]);
    }
    expect(countOf(front.servers.map(({ seen }) => seen))).toBe(3);
    for (const request of front.servers.flatMap(({ seen }) => seen)) {
      expect(request.url).toBe(front.url + path);
      expect(request.headers.get("x-forwarded-for")).toBe("127.0.0.1");
      expect(request.headers.get("x-forwarded-proto")).toBe("http");
      expect(request.headers.get("connection")).not.toBe("close");
    }
    // As bytes of a coding that is for the API to undo.
    const zipped = Bun.gzipSync("ä");
    const echo = await fetch(front.url, { method: "POST", body: zipped, headers: { "content-encoding": "gzip" } });
    expect(echo.headers.get("x-coding")).toBe("gzip");
    expect(await echo.bytes()).toEqual(zipped);
    // Just over the API's limit, so that it is the API that refuses.
    const large = await fetch(front.url, { method: "POST", body: "x".repeat(MEBIBYTE + 1) });
    expect((await large.text()).length).toBe(MEBIBYTE + 1);
  });

  test("keeps its id, or gets one", async () => {
    const front = await frontOf((request) => {
      const id = request.headers.get("x-request-id") ?? "none";
      return new Response(id, { headers: { "X-Request-ID": id } });
    });
    const idOf = async (headers: Record<string, string>) => {
      const reply = await fetch(front.url, { headers });
      const id = reply.headers.get("x-request-id") ?? "";
      expect(await reply.text()).toBe(id);
      return id;
    };
    expect(await idOf({ "X-Request-ID": "order-7:a.b_c" })).toBe("order-7:a.b_c");
    const made = [
      await idOf({}),
      await idOf({ "X-Request-ID": 'no "id"' }),
      await idOf({ "X-Request-ID": "x".repeat(129) }),
    ];
    for (const id of made) expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(new Set(made).size).toBe(3);
  });
});

describe("a server that dies", () => {
  test("in the middle of a request: what makes a change is not sent again, what reads is", async () => {
    const front = await Front.start((port) => new HangsUp(port));
    open.push(front);
    for (const [method, times] of [
      ["POST", 1],
      ["PUT", 1],
      ["PATCH", 1],
      ["DELETE", 1],
      ["GET", 3],
    ] as const) {
      const bodiless = method === "GET" || method === "DELETE";
      const reply = await fetch(front.url, { method, ...(bodiless ? {} : { body: "{}" }) });
      expect([method, reply.status]).toEqual([method, 502]);
      expect(objectAt(await reply.json()).code).toBe("no_server");
      const seen = front.servers.flatMap((server) => server.seen.splice(0));
      expect(seen).toEqual(Array(times).fill(method));
    }
  });

  test("is taken out, and is back when it lives again", async () => {
    const front = await frontOf(() => new Response("ok"));
    const [dead] = front.servers;
    if (dead === undefined) throw new Error("there is no server");
    await dead.stop();
    for (let count = 0; count < 60; count++) {
      // It could not be reached, so that nothing was begun: a change may go to the next as well.
      const reply = await fetch(front.url, { method: "POST", body: "{}" });
      expect([count, reply.status]).toEqual([count, 200]);
    }
    expect(countOf(front.servers.map(({ seen }) => seen))).toBe(60);
    const attempts = (await Bun.file(front.log).text()).match(/connect\(\) failed/g)?.length ?? 0;
    expect(attempts).toBeGreaterThanOrEqual(1);
    expect(attempts).toBeLessThanOrEqual(20);

    dead.start();
    await until("the server gets requests again", async () => {
      expect((await fetch(front.url)).status).toBe(200);
      return dead.seen.length > 0;
    });
  });

  test("with all others: JSON that says when to come again, and then all is well", async () => {
    const front = await frontOf(() => new Response("ok"));
    for (const server of front.servers) await server.stop();
    const reply = await fetch(front.url, { headers: { "X-Request-ID": "mine" } });
    expect(reply.status).toBe(502);
    expect(reply.headers.get("content-type")).toBe("application/json");
    expect(reply.headers.get("x-request-id")).toBe("mine");
    expect(Number(reply.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await reply.json()).toEqual({
      detail: expect.stringContaining("No server"),
      code: "no_server",
      request_id: "mine",
    });
    for (const server of front.servers) server.start();
    await until("it answers again", async () => (await fetch(front.url)).status === 200);
  });
});

describe("server-sent events", () => {
  for (const [how, accept, header] of [
    ["asked for", "text/event-stream", {}],
    ["marked by the API", "*/*", { "X-Accel-Buffering": "no" }],
  ] as const) {
    test(`${how} come one by one`, async () => {
      const gate = Promise.withResolvers<void>();
      const front = await frontOf(() => {
        const events = async function* () {
          yield "data: 1\n\n";
          await gate.promise;
          yield "data: 2\n\n";
        };
        return new Response(events(), { headers: { "Content-Type": "text/event-stream", ...header } });
      });
      const reply = await fetch(front.url, { headers: { accept }, signal: AbortSignal.timeout(15_000) });
      const got: string[] = [];
      for await (const chunk of reply.body ?? []) {
        got.push(new TextDecoder().decode(chunk));
        // The second is sent when the first is here: were it held back, both would wait for ever.
        gate.resolve();
      }
      expect(got).toEqual(["data: 1\n\n", "data: 2\n\n"]);
    });
  }
});

describe("what is not for the API", () => {
  test("is refused in JSON, and no server is blamed for it", async () => {
    const front = await frontOf(() => new Response("ok"));
    const wrong: [status: number, code: string, head: string[], body?: string[]][] = [
      [405, "method_not_allowed", ["FETCH / HTTP/1.1"]],
      [405, "method_not_allowed", ["TRACE / HTTP/1.1"]],
      [400, "bad_request", ["get / HTTP/1.1"]],
      [400, "bad_request", ["GET / HTTP/1.1", "Host: twice"]],
      [404, "not_found", ["GET /.failure HTTP/1.1"]],
      [413, "payload_too_large", ["POST / HTTP/1.1", `Content-Length: ${2 * MEBIBYTE}`], ["x".repeat(2 * MEBIBYTE)]],
      [414, "uri_too_long", [`GET /${"a".repeat(20_000)} HTTP/1.1`]],
      [431, "headers_too_large", ["GET / HTTP/1.1", `X-Large: ${"a".repeat(20_000)}`]],
    ];
    for (const [status, code, head, body] of wrong) {
      const reply = await rawRequest(front.url, head, body);
      expect([reply.sent, reply.status, objectAt(reply.body).code]).toEqual([reply.sent, status, code]);
      expect(objectAt(reply.body).detail).toBeString();
      expect(reply.headers.get("x-request-id")).toBe(String(objectAt(reply.body).request_id));
    }
    expect(seenBy(front)).toEqual([0, 0, 0]);
    expect((await fetch(front.url)).status).toBe(200);
  });
});
