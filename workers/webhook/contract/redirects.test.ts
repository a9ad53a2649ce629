/** Where redirects lead, and what goes along. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { HttpRequest } from "../../../src/connectors/index.ts";
import type { WebhookClient } from "../port.ts";
import { failureOf, open, RawServer, reply, send } from "./kit.fixture.ts";

let client: WebhookClient;
let server: RawServer;
let other: RawServer;
/** What the next requests are answered with, by path. */
const answers = new Map<string, string | Uint8Array>();

beforeAll(async () => {
  client = open();
  const start = () =>
    RawServer.start(({ head }, socket) => {
      const path = head.split(" ")[1] ?? "";
      socket.write(answers.get(path) ?? reply(`at ${path}`));
    });
  [server, other] = await Promise.all([start(), start()]);
});
afterAll(() => {
  client.close();
  server.close();
  other.close();
});

/** A path that redirects to a target. */
function from(status: number, target: string): string {
  const path = `/from/${answers.size}`;
  answers.set(path, reply("moved", `${status} Moved`, [`Location: ${target}`]));
  return server.url(path);
}

const POST: Omit<HttpRequest, "url"> = {
  method: "POST",
  headers: [
    ["Authorization", "Bearer secret"],
    ["X-Api-Key", "secret"],
    ["Content-Type", "text/x"],
  ],
  ownHeaders: [["webhook-id", "w"]],
  body: "body",
  follow: 5,
};
const received = (one: RawServer) => {
  const { head = "", body = "" } = one.requests.at(-1) ?? {};
  return {
    line: head.split("\r\n")[0],
    names: head.match(/^[^:\r\n]+(?=: )/gm)?.map((name) => name.toLowerCase()),
    body,
  };
};

describe("a redirect that is followed", () => {
  for (const status of [301, 302, 307, 308]) {
    test(`${status} keeps method, headers and body on the same origin`, async () => {
      const reached = await send(client, { ...POST, url: from(status, "/there?a=b") });
      expect(reached).toMatchObject({
        status: 200,
        data: "at /there?a=b",
        url: server.url("/there?a=b"),
        redirects: 1,
      });
      const { line, names, body } = received(server);
      expect({ line, body }).toEqual({ line: "POST /there?a=b HTTP/1.1", body: "body" });
      expect(names).toEqual(expect.arrayContaining(["authorization", "x-api-key", "content-type", "webhook-id"]));
    });

    test(`${status} keeps method and body, and none of the author's headers, on another origin`, async () => {
      await send(client, { ...POST, url: from(status, other.url("/there")) });
      const { line, names, body } = received(other);
      expect({ line, body }).toEqual({ line: "POST /there HTTP/1.1", body: "body" });
      expect(names).not.toContain("authorization");
      expect(names).not.toContain("x-api-key");
      expect(names).toEqual(expect.arrayContaining(["content-type", "webhook-id", "content-length"]));
    });
  }

  test("raw UTF-8 in its address is percent-encoded as it is", async () => {
    const url = from(302, "/café?x=日本");
    await send(client, { ...POST, url });
    expect(received(server).line).toBe("POST /caf%C3%A9?x=%E6%97%A5%E6%9C%AC HTTP/1.1");
  });

  test("303 is followed by a GET without a body", async () => {
    await send(client, { ...POST, url: from(303, "/there") });
    const { line, names, body } = received(server);
    expect({ line, body }).toEqual({ line: "GET /there HTTP/1.1", body: "" });
    expect(names).not.toContain("content-type");
    expect(names).not.toContain("content-length");
    expect(names).toContain("webhook-id");
  });

  test("another host by name, or the user of a URL, is another origin or goes no further", async () => {
    const url = from(302, other.url("/there")).replace("//", "//bob:secret@");
    await send(client, { ...POST, headers: [], url });
    expect(received(other).names).not.toContain("authorization");
  });

  test("is judged like any other address", async () => {
    const guarded = open({ allow: `127.0.0.1:${server.port}` });
    const refused = await failureOf(send(guarded, { ...POST, url: from(307, other.url("/secret")) }));
    expect(refused).toMatchObject({ code: "config" });
    expect(other.requests.filter(({ head }) => head.includes("/secret"))).toEqual([]);
    guarded.close();
  });

  test("ends where too many follow each other", async () => {
    const url = server.url("/circle");
    answers.set("/circle", reply("", "302 Found", ["Location: /circle"]));
    const before = server.requests.length;
    expect(await send(client, { ...POST, url })).toMatchObject({ status: 302, location: url, redirects: 5 });
    expect(server.requests.length - before).toBe(6);
  });
});

describe("a redirect that is not followed says where it leads", () => {
  const cases: [title: string, target: string, location: () => string | null][] = [
    ["a path", "/there", () => server.url("/there")],
    ["a path beside", "there", () => server.url("/from/there")],
    ["another host", "https://example.com/a b", () => "https://example.com/a%20b"],
    ["another host without a scheme", "//example.com/x", () => "http://example.com/x"],
    ["raw UTF-8", "/café?x=日本", () => server.url("/caf%C3%A9?x=%E6%97%A5%E6%9C%AC")],
    ["a host in raw UTF-8", "http://bücher.example/", () => "http://xn--bcher-kva.example/"],
    ["no address", "http://[", () => null],
  ];
  for (const [title, target, location] of cases) {
    test(title, async () => {
      const got = await send(client, { ...POST, follow: 0, url: from(302, target) });
      expect(got).toMatchObject({ status: 302, location: location(), redirects: 0, data: "moved" });
    });
  }

  test("where its bytes are no UTF-8, they are read as Latin-1", async () => {
    answers.set("/latin", Buffer.from(reply("moved", "302 Moved", ["Location: /café"]), "latin1"));
    const got = await send(client, { ...POST, follow: 0, url: server.url("/latin") });
    expect(got.location).toBe(server.url("/caf%C3%A9"));
  });

  test("also where it leads out of HTTP", async () => {
    const got = await send(client, { ...POST, url: from(302, "file:///etc/passwd") });
    expect(got).toMatchObject({ status: 302, location: "file:///etc/passwd", redirects: 0 });
  });

  for (const status of [300, 304, 305, 306]) {
    test(`${status} is none`, async () => {
      const got = await send(client, { ...POST, url: from(status, "/there") });
      expect(got).toMatchObject({ status, location: null, redirects: 0 });
    });
  }
});
