/** What the client makes of the bytes that come back. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { ReplyUnread } from "../../../src/connectors/index.ts";
import type { WebhookClient } from "../port.ts";
import { failureOf, open, RawServer, replying, send } from "./kit.fixture.ts";

const MIB = 1024 * 1024;

let client: WebhookClient;
beforeAll(() => {
  client = open();
});
afterAll(() => client.close());

/** Serves one thing, in pieces of so many bytes where that is said, and ends the connection afterwards or resets it. */
async function served<Result>(
  bytes: string,
  { end = "keep", piece = 0 }: { end?: "keep" | "end" | "reset"; piece?: number },
  use: (server: RawServer) => Promise<Result>,
): Promise<Result> {
  const server = await RawServer.start(async (_request, socket) => {
    const size = piece === 0 ? bytes.length : piece;
    for (let at = 0; at < bytes.length; at += size) {
      if (at > 0) await Bun.sleep(0);
      socket.write(Buffer.from(bytes.slice(at, at + size), "latin1"));
    }
    if (end === "end") socket.end();
    else if (end === "reset") setTimeout(() => socket.resetAndDestroy(), 30);
  });
  try {
    return await use(server);
  } finally {
    server.close();
  }
}

/** The rest of a reply whose body has so many bytes once it is decompressed. */
function packed(bytes: number): string {
  const body = Buffer.from(Bun.gzipSync(Buffer.alloc(bytes))).toString("latin1");
  return `Content-Encoding: gzip\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

const get = (server: RawServer, signal?: AbortSignal) => send(client, { url: server.url() }, signal);
const chunked = (...lines: string[]) => `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${lines.join("\r\n")}`;
const CUT = { code: "network", sentence: "The webhook's reply broke off before its end" };
const NOT_HTTP = { code: "network", sentence: "The webhook's host did not reply in HTTP/1.1" };
const LARGE_HEAD = { code: "output", sentence: "The headers of the webhook's reply are over 64 KiB" };
const SMALL_CHUNKS = { code: "output", sentence: "The chunks of the webhook's reply bring more framing than content" };
const CLOSED = { code: "network", sentence: "The connection to the webhook's host was closed before a reply came" };

type End = "keep" | "end" | "reset";

describe("a reply that is whole", () => {
  const whole: [title: string, bytes: string, data: unknown, status?: number, end?: End][] = [
    ["with a length", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "abc"],
    ["with its length twice", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\ncontent-length: 3\r\n\r\nabc", "abc"],
    [
      "with a length, and a coding of before RFC 7230 that is none",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 3\r\n\r\nabc",
      "abc",
    ],
    ["without a body", "HTTP/1.1 204 No Content\r\n\r\n", "", 204],
    ["204 with a length", "HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n", "", 204],
    ["304 with a length", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", "", 304],
    ["without a reason", "HTTP/1.1 200\r\nContent-Length: 1\r\n\r\na", "a"],
    ["with a status of its own", "HTTP/1.1 999 What\r\nContent-Length: 1\r\n\r\na", "a", 999],
    ["a status line alone", "HTTP/1.1 200 OK\r\n\r\n", "", 200, "end"],
    ["of HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\nabc", "abc", 200, "end"],
    ["without a length, ended by a close", "HTTP/1.1 200 OK\r\n\r\nabc", "abc", 200, "end"],
    ["lines that end in LF alone", "HTTP/1.1 200 OK\nContent-Length: 1\n\na", "a"],
    ["a folded header", "HTTP/1.1 200 OK\r\nX-A: a\r\n b\r\nContent-Length: 1\r\n\r\na", "a"],
    ["after 100 Continue", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na", "a"],
    [
      "after early hints, twice",
      `${"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\nContent-Length: 7\r\n\r\n".repeat(2)}HTTP/1.1 201 Created\r\nContent-Length: 1\r\n\r\na`,
      "a",
      201,
    ],
    ["in chunks", chunked("3", "abc", "A", "0123456789", "0", "", ""), "abc0123456789"],
    ["in chunks with extensions", chunked('3;a=b;c="d"', "abc", "3 ; x", "def", "0;last", "", ""), "abcdef"],
    ["in chunks whose sizes are filled up with zeros", chunked("0000000000000003", "abc", "0000000000", "", ""), "abc"],
    ["in chunks with trailers", chunked("1", "a", "0", "Digest: x", "Content-Length: 99", "", ""), "a"],
    [
      "in 3,000 chunks of a byte",
      chunked(...Array.from({ length: 3000 }, () => "1\r\na"), "0", "", ""),
      "a".repeat(3000),
    ],
    [
      "in chunks beside a length",
      chunked("1", "a", "0", "", "").replace("\r\n\r\n", "\r\nContent-Length: 9\r\n\r\n"),
      "a",
    ],
    ["with 260 headers", `HTTP/1.1 200 OK\r\n${"X-A: a\r\n".repeat(260)}Content-Length: 1\r\n\r\na`, "a"],
    ["of 1 MiB", `HTTP/1.1 200 OK\r\nContent-Length: ${MIB}\r\n\r\n${"a".repeat(MIB)}`, "a".repeat(MIB)],
    ["of 1 MiB, ended by a close", `HTTP/1.1 200 OK\r\n\r\n${"a".repeat(MIB)}`, "a".repeat(MIB), 200, "end"],
  ];
  for (const [title, bytes, data, status = 200, end = "keep"] of whole) {
    for (const piece of bytes.length < 500 ? [0, 1] : [0]) {
      test(`${title}${piece === 0 ? "" : ", byte by byte,"} is read`, () =>
        served(bytes, { end, piece }, async (server) => expect(await get(server)).toMatchObject({ status, data })));
    }
  }
});

describe("a reply that is none", () => {
  const broken: [title: string, bytes: string, end: End, failure: unknown][] = [
    ["shorter than its length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", "end", CUT],
    ["shorter than its length, reset", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", "reset", CUT],
    ["without a length, reset", "HTTP/1.1 200 OK\r\n\r\nabc", "reset", CUT],
    ["of HTTP/1.0, reset", "HTTP/1.0 200 OK\r\n\r\nabc", "reset", CUT],
    ["cut within its head", "HTTP/1.1 200 OK\r\nContent-Le", "end", CUT],
    ["cut within its status line", "HTTP/1.1 20", "end", CUT],
    ["cut before its last chunk", chunked("3", "abc", ""), "end", CUT],
    ["cut within a chunk", chunked("5", "abc"), "end", CUT],
    ["cut before the end of its trailers", chunked("1", "a", "0", "X: y", ""), "end", CUT],
    ["cut after 100 Continue", "HTTP/1.1 100 Continue\r\n\r\n", "end", CUT],
    ["nothing, closed", "", "end", CLOSED],
    ["nothing, reset", "", "reset", CLOSED],
    ["status 000", "HTTP/1.1 000 OK\r\nContent-Length: 0\r\n\r\n", "keep", NOT_HTTP],
    ["status 099", "HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n", "keep", NOT_HTTP],
    ["status 20", "HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n", "keep", NOT_HTTP],
    ["status 2000", "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n", "keep", NOT_HTTP],
    [
      "another protocol that nobody asked for",
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
      "keep",
      NOT_HTTP,
    ],
    ["HTTP/2", "HTTP/2 200 OK\r\n\r\n", "keep", NOT_HTTP],
    ["SSH", "SSH-2.0-OpenSSH_9.2\r\n", "keep", NOT_HTTP],
    ["Redis", "-ERR unknown command\r\n", "keep", NOT_HTTP],
    ["a line without an end", "a".repeat(70_000), "keep", NOT_HTTP],
    ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", "keep", NOT_HTTP],
    ["a length that is none", "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\na", "keep", NOT_HTTP],
    ["a negative length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\na", "keep", NOT_HTTP],
    ["a coding that nobody asked for", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "keep", NOT_HTTP],
    ["a chunk size that is none", chunked("x", "abc"), "keep", NOT_HTTP],
    ["a negative chunk size", chunked("-1", "abc"), "keep", NOT_HTTP],
    ["a chunk longer than it says", chunked("1", "abc", "0", "", ""), "keep", NOT_HTTP],
    ["a header without a colon", "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n", "keep", NOT_HTTP],
    ["a header with a blank in its name", "HTTP/1.1 200 OK\r\nContent-Length : 1\r\n\r\na", "keep", NOT_HTTP],
    ["a head of 1 MB", `HTTP/1.1 200 OK\r\nX-A: ${"a".repeat(1_000_000)}\r\n\r\n`, "keep", LARGE_HEAD],
    [
      "a head of 1 MB in lines",
      `HTTP/1.1 200 OK\r\n${`X-A: ${"a".repeat(93)}\r\n`.repeat(10_000)}\r\n`,
      "keep",
      LARGE_HEAD,
    ],
    ["early hints without end", "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(5000), "keep", LARGE_HEAD],
    ["trailers without end", chunked("0", ...Array.from({ length: 9000 }, () => "X-A: abc"), ""), "keep", LARGE_HEAD],
    [
      "200,000 chunks of a byte",
      chunked(...Array.from({ length: 200_000 }, () => "1\r\na"), "0", "", ""),
      "keep",
      SMALL_CHUNKS,
    ],
    [
      "short chunks with long extensions",
      chunked(...Array.from({ length: 20 }, () => `1;${"x".repeat(60_000)}\r\na`), "0", "", ""),
      "keep",
      SMALL_CHUNKS,
    ],
    ["a chunk extension of 1 MB", chunked(`1;${"a".repeat(1_000_000)}`, "a", "0", "", ""), "keep", LARGE_HEAD],
  ];
  for (const [title, bytes, end, failure] of broken) {
    test(`${title} fails the step`, () =>
      served(bytes, { end }, async (server) => {
        expect(await failureOf(get(server))).toEqual(failure);
        expect(server.requests).toHaveLength(1);
      }));
  }

  test("one that stays silent fails in time, and so does one that stops in the middle", async () => {
    for (const bytes of ["", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc"]) {
      await served(bytes, {}, async (server) => {
        const late = { code: "timeout", sentence: "The webhook was not answered in time" };
        expect(await failureOf(get(server, AbortSignal.timeout(100)))).toEqual(late);
      });
    }
  });

  test("one over 1 MiB is not read to its end", () =>
    served(`HTTP/1.1 200 OK\r\nContent-Length: ${16 * MIB}\r\n\r\n${"a".repeat(2 * MIB)}`, {}, async (server) => {
      expect(await failureOf(get(server))).toMatchObject({ code: "output" });
    }));

  for (const [title, bytes] of [
    ["not compressed as it says", "Content-Length: 2\r\nContent-Encoding: gzip\r\n\r\nno"],
    ["compressed in a way that is not known", "Content-Length: 2\r\nContent-Encoding: lzma\r\n\r\nno"],
    ["over 1 MiB as it comes", `Content-Length: ${16 * MIB}\r\n\r\n${"a".repeat(2 * MIB)}`],
    ["over 1 MiB once it is decompressed", packed(2 * MIB)],
  ] as const) {
    test(`one ${title} tells its head all the same`, () =>
      served(`HTTP/1.1 503 Busy\r\nRetry-After: 7\r\n${bytes}`, {}, async (server) => {
        const error: unknown = await get(server).catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(ReplyUnread);
        expect(error).toMatchObject({
          details: { status: 503 },
          reply: { status: 503, retryAfter: 7, location: null },
        });
      }));
  }
});

test("bytes behind a reply are not taken for the next one", () =>
  served(
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
    {},
    async (server) => {
      expect(await get(server)).toMatchObject({ data: "a" });
      expect(await get(server)).toMatchObject({ data: "a" });
      expect(server.connections).toBe(2);
    },
  ));

test("a reply that comes before the whole request has been taken counts, and its connection is not used again", async () => {
  const early = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno";
  const { createServer } = await import("node:net");
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.on("error", () => socket.destroy());
    socket.once("data", () => {
      socket.pause();
      socket.write(early);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/`;
  const body = "x".repeat(16 * MIB);
  for (let n = 0; n < 2; n++) {
    expect(await send(client, { url, method: "POST", body })).toMatchObject({ status: 413, data: "no" });
  }
  expect(connections).toBe(2);
  server.close();
});

test("what a server sends by itself on an idle connection closes it", async () => {
  const server = await RawServer.start((_request, socket) => {
    socket.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    setTimeout(() => socket.write("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n"), 20);
  });
  await get(server);
  while (server.open > 0) await Bun.sleep(5);
  expect(await get(server)).toMatchObject({ status: 200 });
  expect(server.connections).toBe(2);
  server.close();
});

test("replying is all that it takes to be used again", async () => {
  const server = await RawServer.start(replying("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"));
  for (let n = 0; n < 3; n++) await get(server);
  expect(server.connections).toBe(1);
  server.close();
});
