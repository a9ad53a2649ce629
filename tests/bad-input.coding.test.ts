/** Bodies with a Content-Encoding. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { Ground } from "./harness/http/bad-input.ts";
import { inPieces } from "./harness/http/client.ts";
import { expectError, expectReply } from "./harness/http/expect.ts";
import { at, textAt } from "./harness/http/json.ts";
import type { Reply } from "./harness/http/reply.ts";

const MIB = 1_048_576;

let ground: Ground;
beforeAll(async () => {
  ground = await Ground.prepare();
});
afterAll(() => ground.close());

type Bytes = Uint8Array<ArrayBuffer>;
const gzip = (text: string): Bytes => Uint8Array.from(gzipSync(text));
const joined = (...parts: Uint8Array[]): Bytes => Uint8Array.from(Buffer.concat(parts));

function trigger(body: Bytes | ReadableStream<Uint8Array>, coding: string): Promise<Reply> {
  const headers = { "content-type": "application/json", "content-encoding": coding };
  return ground.api.send("POST", "/api/v1/trigger", { body, headers });
}

function expectUnsupported(reply: Reply): void {
  expectError(reply, 415);
  expect(textAt(reply.body, "code")).toBe("unsupported_encoding");
  expect(reply.headers.get("accept-encoding")).toBe("gzip");
}

describe("is refused with 415, and is told what is taken:", () => {
  const text = "{}";
  const broken: Record<string, Bytes> = {
    "no gzip": new TextEncoder().encode('{"workflow_id":"x"}'),
    "the head alone": gzip(text).slice(0, 10),
    "cut short": gzip("x".repeat(1_000)).slice(0, -9),
    "without its length": gzip(text).slice(0, -3),
    "with a wrong checksum": gzip(text).map((byte, index, all) => (index === all.length - 6 ? byte ^ 1 : byte)),
    "with more behind it": joined(gzip(text), new TextEncoder().encode("more")),
  };
  for (const [title, bytes] of Object.entries(broken)) {
    test(`gzip that is ${title}`, async () => {
      await ground.refuses(trigger(bytes, "gzip"), expectUnsupported);
    });
  }
  for (const [coding, bytes] of [
    ["deflate", deflateSync(text)],
    ["br", brotliCompressSync(text)],
    ["zstd", zstdCompressSync(text)],
    ["gzip, gzip", gzipSync(gzipSync(text))],
    ["none", Buffer.from(text)],
  ] as const) {
    test(coding, async () => {
      await ground.refuses(trigger(Uint8Array.from(bytes), coding), expectUnsupported);
    });
  }
});

describe("is refused with 413", () => {
  const padded = (bytes: number) => {
    const empty = ground.triggerText('{"pad":""}');
    return ground.triggerText(`{"pad":"${"x".repeat(bytes - empty.length)}"}`);
  };
  test("where it becomes one byte too many", async () => {
    for (const body of [gzip(padded(MIB + 1)), inPieces(gzip(padded(MIB + 1)))]) {
      await ground.refuses(trigger(body, "gzip"), (reply) => expectError(reply, 413));
    }
  });

  test("where it would become 64 MiB", async () => {
    const bomb = Uint8Array.from(gzipSync(Buffer.alloc(64 * MIB)));
    await ground.refuses(trigger(bomb, "gzip"), (reply) => expectError(reply, 413));
  });
});

test("gzip that is empty is the same as nothing", async () => {
  await ground.refuses(trigger(gzip(""), "gzip"), (reply) => {
    expectReply(reply, 422);
    expect(at(reply.body, "detail")).toEqual([{ loc: ["body"], msg: "Field required", type: "missing" }]);
  });
});

test("nothing of this has changed anything or was logged as an error", () => ground.expectUntouched());

describe("is taken", () => {
  for (const [title, coding, encoded] of [
    ["as it is", "identity", (text: string) => Uint8Array.from(Buffer.from(text))],
    ["as gzip", "gzip", gzip],
    ["as gzip under its old name", "X-GZip", gzip],
    ["as gzip of two members", "gzip", (text: string) => joined(gzip(text.slice(0, 9)), gzip(text.slice(9)))],
  ] as const) {
    test(title, async () => {
      const payload = { text: "äöü".repeat(1_000) };
      const body = encoded(ground.triggerText(JSON.stringify(payload)));
      for (const sent of [body, inPieces(body, 100)]) {
        const reply = await trigger(sent, coding);
        expectReply(reply, 200);
        expect((await ground.api.untilEnded(textAt(reply.body, "run_id"))).body.payload).toEqual(payload);
      }
    });
  }
});
