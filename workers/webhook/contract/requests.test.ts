/** The bytes that the client sends, and when it sends them again. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { deadUrl } from "../../../tests/harness/sinks/sink.ts";
import type { WebhookClient } from "../port.ts";
import { failureOf, open, RawServer, reply, replying, send } from "./kit.fixture.ts";

let client: WebhookClient;
let server: RawServer;
beforeAll(async () => {
  client = open();
  server = await RawServer.start(replying(reply("ok")));
});
afterAll(() => {
  client.close();
  server.close();
});

const last = () => server.requests.at(-1) ?? { head: "", body: "", connection: 0 };

describe("on the wire", () => {
  test("a POST has its headers as they were written, and a length in bytes", async () => {
    const headers: [string, string][] = [
      ["Content-Type", "application/json"],
      ["X-MiXed", "a"],
      ["x-mixed", "b"],
    ];
    const ownHeaders: [string, string][] = [["webhook-id", "run:0"]];
    await send(client, { url: server.url("/a?b=%20c#d"), method: "POST", headers, ownHeaders, body: '{"é":"🚀"}' });
    expect(last().head.split("\r\n")).toEqual([
      "POST /a?b=%20c HTTP/1.1",
      `Host: 127.0.0.1:${server.port}`,
      "Content-Type: application/json",
      "X-MiXed: a",
      "x-mixed: b",
      "webhook-id: run:0",
      "User-Agent: workflow-platform",
      "Accept: */*",
      "Content-Length: 13",
    ]);
    expect(Buffer.from(last().body, "latin1").toString()).toBe('{"é":"🚀"}');
  });

  test("a header value of Latin-1 is sent in Latin-1, the body beside it in UTF-8", async () => {
    await send(client, { url: server.url(), method: "PUT", headers: [["X-Name", "Jos\u00e9"]], body: "Jos\u00e9" });
    expect(last().head).toContain("X-Name: Jos\u00e9");
    expect(last().body).toBe("Jos\u00c3\u00a9");
  });

  test("none of 300 headers is lost", async () => {
    const headers = Array.from({ length: 300 }, (_, n): [string, string] => [`X-${n}`, String(n)]);
    await send(client, { url: server.url(), headers, ownHeaders: [["webhook-id", "w"]] });
    expect(last().head.match(/^X-\d+: \d+$/gm)).toHaveLength(300);
    expect(last().head).toContain("webhook-id: w");
  });

  test("headers that frame the request are the client's own", async () => {
    const names = ["Host", "content-length", "Transfer-Encoding", "CONNECTION"];
    const headers = names.map((name): [string, string] => [name, "chunked"]);
    await send(client, { url: server.url(), method: "POST", headers, body: "abc" });
    expect(last().head).not.toContain("chunked");
    expect(last().body).toBe("abc");
  });

  test("an author's user agent and accept take the place of ours", async () => {
    await send(client, {
      url: server.url(),
      headers: [
        ["user-agent", "mine"],
        ["ACCEPT", "text/html"],
      ],
    });
    expect(last().head.match(/^(user-agent|accept):.*$/gim)).toEqual(["user-agent: mine", "ACCEPT: text/html"]);
  });

  for (const [method, length] of [
    ["GET", false],
    ["DELETE", false],
    ["POST", true],
    ["PUT", true],
    ["PATCH", true],
  ] as const) {
    test(`${method} without a body ${length ? "says that it has none" : "says nothing of a length"}`, async () => {
      await send(client, { url: server.url(), method });
      expect(last().head).toStartWith(`${method} / HTTP/1.1\r\n`);
      expect(/^Content-Length: 0$/m.test(last().head)).toBe(length);
    });
  }

  test("the user and password of a URL go as a header, unless there is one", async () => {
    const url = server.url("/", "b%20b:s%C3%A9%3A@127.0.0.1");
    await send(client, { url });
    const expected = Buffer.from("b b:s\u00e9:").toString("base64");
    expect(last().head).toContain(`Authorization: Basic ${expected}`);
    await send(client, { url, headers: [["authorization", "Bearer x"]] });
    expect(last().head.match(/^authorization:.*$/gim)).toEqual(["authorization: Bearer x"]);
  });

  test("HTTP_PROXY in the environment changes nothing", async () => {
    const before = { ...process.env };
    Object.assign(process.env, { HTTP_PROXY: deadUrl(), http_proxy: deadUrl(), ALL_PROXY: deadUrl() });
    try {
      expect(await send(client, { url: server.url() })).toMatchObject({ data: "ok" });
    } finally {
      for (const name of ["HTTP_PROXY", "http_proxy", "ALL_PROXY"]) {
        if (before[name] === undefined) delete process.env[name];
        else process.env[name] = before[name];
      }
    }
  });
});

describe("is sent again", () => {
  for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"]) {
    test(`a ${method} whose connection was closed since the request before`, async () => {
      let hangUp = false;
      const closing = await RawServer.start((request, socket) => {
        // One request a connection, with a keep-alive that is a lie: the second is answered with a close.
        if (hangUp && request.connection === 1) socket.end();
        else socket.write(reply("ok"));
      });
      await send(client, { url: closing.url() });
      hangUp = true;
      const body = method === "GET" ? null : "body";
      expect(
        await send(client, { url: closing.url(), method, body, ownHeaders: [["webhook-id", "w:1"]] }),
      ).toMatchObject({
        data: "ok",
      });
      const [, first, second, ...more] = closing.requests;
      expect(second).toEqual({ ...first, connection: 2 } as typeof second);
      expect(second?.head).toContain("webhook-id: w:1");
      expect(more).toEqual([]);
      closing.close();
    });
  }

  test("one of a hundred at once, each on a connection that was closed meanwhile", async () => {
    const closing = await RawServer.start(replying(reply("ok")));
    const many = () =>
      Promise.all(Array.from({ length: 100 }, () => send(client, { url: closing.url(), method: "POST" })));
    await many();
    closing.hangUp();
    for (const { data } of await many()) expect(data).toBe("ok");
    closing.close();
  });

  test("what nobody listened for, as soon as somebody does", async () => {
    const late = await RawServer.start(replying(reply("ok")));
    const { port } = late;
    late.close();
    const sending = send(client, { url: `http://127.0.0.1:${port}/`, method: "POST" });
    await Bun.sleep(100);
    const listening = await RawServer.start(replying(reply("late")), { port });
    expect(await sending).toMatchObject({ data: "late" });
    expect(listening.requests).toHaveLength(1);
    listening.close();
  });
});

describe("is not sent again", () => {
  test("a request that a fresh connection was closed on", async () => {
    const closing = await RawServer.start((_request, socket) => void socket.end());
    expect(await failureOf(send(client, { url: closing.url(), method: "POST" }))).toEqual({
      code: "network",
      sentence: "The connection to the webhook's host was closed before a reply came",
    });
    expect(closing.requests).toHaveLength(1);
    closing.close();
  });

  test("a request of which a reply had begun", async () => {
    let answer = reply("ok");
    const closing = await RawServer.start((_request, socket) => {
      socket.write(answer);
      if (answer === "H") socket.end();
    });
    await send(client, { url: closing.url() });
    answer = "H";
    expect(await failureOf(send(client, { url: closing.url(), method: "POST" }))).toMatchObject({ code: "network" });
    expect(closing.requests).toHaveLength(2);
    closing.close();
  });

  test("what nobody listens for more than three times, within five seconds", async () => {
    const start = performance.now();
    expect(await failureOf(send(client, { url: deadUrl() }))).toEqual({
      code: "network",
      sentence: "No connection to the webhook's host could be made",
    });
    expect(performance.now() - start).toBeLessThan(5000);
  });
});

test("a server that says how long it keeps a connection is not sent anything at the last moment", async () => {
  const hasty = await RawServer.start(replying(reply("ok", "200 OK", ["Keep-Alive: timeout=1"])));
  for (let n = 0; n < 2; n++) await send(client, { url: hasty.url() });
  expect(hasty.connections).toBe(2);
  hasty.close();
});
