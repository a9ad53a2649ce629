/** Whom the client trusts. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { WebhookClient } from "../port.ts";
import { failureOf, open, RawServer, reply, replying, send } from "./kit.fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "webhook-tls-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function openssl(...words: string[]): void {
  const { exitCode, stderr } = Bun.spawnSync(["openssl", ...words], { cwd: folder });
  if (exitCode !== 0) throw new Error(String(stderr));
}

const file = (name: string) => readFileSync(join(folder, name), "utf8");
const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/** A certificate for names and addresses, by our authority. */
function certificate(name: string, subjects: string, ...more: string[]): { key: string; cert: string } {
  openssl("req", ...NEW_KEY, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
  writeFileSync(join(folder, `${name}.ext`), `subjectAltName=${subjects}`);
  const signed = [
    "-CA",
    "ca.pem",
    "-CAkey",
    "ca.key",
    "-CAcreateserial",
    "-extfile",
    `${name}.ext`,
    "-out",
    `${name}.pem`,
  ];
  openssl("x509", "-req", "-in", `${name}.csr`, ...signed, ...more);
  return { key: file(`${name}.key`), cert: file(`${name}.pem`) };
}

let trusting: WebhookClient;
let ofA: { key: string; cert: string };
let ofB: { key: string; cert: string };
/** Every name is this machine. */
const resolve = async () => ["127.0.0.1"];

beforeAll(() => {
  openssl("req", "-x509", ...NEW_KEY, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=ca", "-days", "2");
  ofA = certificate("a", "DNS:a.example,IP:127.0.0.1", "-days", "1");
  ofB = certificate("b", "DNS:b.example", "-days", "1");
  trusting = open({ certificates: file("ca.pem") }, resolve);
});
afterAll(() => trusting.close());

async function served<Result>(
  tls: { key: string; cert: string; ca?: string },
  use: (server: RawServer) => Promise<Result>,
): Promise<Result> {
  const server = await RawServer.start(replying(reply("ok")), { tls });
  try {
    return await use(server);
  } finally {
    server.close();
  }
}

describe("a certificate", () => {
  test("of an authority of our own is trusted with WEBHOOK_CA_FILE, and not without", () =>
    served(ofA, async (server) => {
      const url = server.url("/", "a.example");
      expect(await send(trusting, { url })).toMatchObject({ data: "ok" });
      const usual = open({}, resolve);
      expect(await failureOf(send(usual, { url }))).toMatchObject({
        code: "network",
        sentence: expect.stringContaining("not signed by an authority that is trusted here"),
      });
      usual.close();
      expect(server.requests).toHaveLength(1);
    }));

  test("for an address is good for that address", () =>
    served(ofA, async (server) => expect(await send(trusting, { url: server.url() })).toMatchObject({ data: "ok" })));

  const wrong: [title: string, make: () => { key: string; cert: string }, name: string, says: string][] = [
    ["for another name", () => ofB, "a.example", "is for another name"],
    ["for a name, at an address", () => ofB, "127.0.0.1", "is for another name"],
    ["that has expired", () => certificate("old", "DNS:a.example", "-days", "-1"), "a.example", "has expired"],
    [
      "that signs itself",
      () => {
        openssl("req", "-x509", ...NEW_KEY, "-keyout", "own.key", "-out", "own.pem", "-subj", "/CN=a.example");
        return { key: file("own.key"), cert: file("own.pem") };
      },
      "a.example",
      "not signed by an authority that is trusted here",
    ],
  ];
  for (const [title, make, name, says] of wrong) {
    test(`${title} fails the step, and nothing is sent`, () =>
      served(make(), async (server) => {
        const failure = await failureOf(send(trusting, { url: server.url("/", name), method: "POST", body: "secret" }));
        expect(failure).toEqual({ code: "network", sentence: expect.stringContaining(says) });
        expect(server.requests).toEqual([]);
        // The same certificate would come again.
        expect(server.connections).toBeLessThanOrEqual(1);
      }));
  }
});

test("two names at one address share no connection", async () => {
  const seen: string[] = [];
  const server = await RawServer.start(
    ({ head, connection }, socket) => {
      seen.push(`${connection} ${/^host: ([^:\r]+)/im.exec(head)?.[1]}`);
      socket.write(reply("ok"));
    },
    { tls: certificate("both", "DNS:a.example,DNS:c.example", "-days", "1") },
  );
  for (const name of ["a.example", "c.example", "a.example", "c.example"]) {
    await send(trusting, { url: server.url("/", name) });
  }
  expect(seen).toEqual(["1 a.example", "2 c.example", "1 a.example", "2 c.example"]);
  // A name that the certificate is not for gets no ride on a connection of one that it is for.
  expect(await failureOf(send(trusting, { url: server.url("/", "d.example") }))).toMatchObject({ code: "network" });
  expect(server.requests).toHaveLength(4);
  server.close();
});

describe("a handshake", () => {
  const refusals: [title: string, refuse: (socket: Socket) => void][] = [
    ["that is answered in plain HTTP", (socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")],
    ["that is reset", (socket) => socket.resetAndDestroy()],
    ["that is hung up on", (socket) => socket.end()],
  ];
  for (const [title, refuse] of refusals) {
    test(`${title} is tried three times`, async () => {
      let connections = 0;
      const refusing = createServer((socket) => {
        connections++;
        socket.on("error", () => socket.destroy());
        socket.once("data", () => refuse(socket));
      });
      await new Promise<void>((done) => refusing.listen(0, "127.0.0.1", done));
      const address = refusing.address();
      const url = `https://127.0.0.1:${typeof address === "object" ? address?.port : 0}/`;
      expect(await failureOf(send(trusting, { url }))).toEqual({
        code: "network",
        sentence: "The webhook's host did not complete the TLS handshake",
      });
      expect(connections).toBe(3);
      refusing.close();
    });
  }

  test("that never ends is given up in time", async () => {
    const silent = await RawServer.start(() => {});
    const url = `https://127.0.0.1:${silent.port}/`;
    const sending = send(trusting, { url }, AbortSignal.timeout(200));
    expect(await failureOf(sending)).toMatchObject({ code: "timeout" });
    silent.close();
  });
});

describe("a request to an https address", () => {
  test("goes through a proxy that sees nothing of it, and is not sent to a host with another certificate", () =>
    served(ofA, async (server) => {
      const proxy = await RawServer.start((_request, socket) => {
        socket.removeAllListeners("data");
        socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
        const upstream = connect(server.port, "127.0.0.1");
        upstream.on("error", () => socket.destroy());
        socket.pipe(upstream).pipe(socket);
      });
      const client = open({ allow: "", certificates: file("ca.pem"), proxy: proxy.url("") });
      for (let n = 0; n < 2; n++) {
        expect(await send(client, { url: "https://a.example/x", method: "POST", body: "secret" })).toMatchObject({
          data: "ok",
        });
      }
      expect(await failureOf(send(client, { url: "https://b.example/" }))).toMatchObject({ code: "network" });
      expect(proxy.requests.map(({ head }) => head.split(" ")[1])).toEqual(["a.example:443", "b.example:443"]);
      expect(server.requests.map(({ body }) => body)).toEqual(["secret", "secret"]);
      client.close();
      proxy.close();
    }));

  test("goes on the same connection as the one before, in HTTP/1.1", () =>
    served(ofA, async (server) => {
      for (let n = 0; n < 3; n++)
        await send(trusting, { url: server.url("/", "a.example"), method: "POST", body: "x" });
      expect(server.connections).toBe(1);
    }));

  test("may be larger than a record, and so may its reply", async () => {
    const text = "é".repeat(400_000);
    const server = await RawServer.start(
      ({ body }, socket) => void socket.write(reply(Buffer.from(body, "latin1").toString())),
      {
        tls: ofA,
      },
    );
    expect(await send(trusting, { url: server.url(), method: "POST", body: text })).toMatchObject({ data: text });
    server.close();
  });
});
