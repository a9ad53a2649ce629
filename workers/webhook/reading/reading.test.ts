/** What the bodies of replies become, over raw bytes. */
import { describe, expect, test } from "bun:test";
import * as zlib from "node:zlib";
import { StepFailure } from "../../../src/connectors/index.ts";
import type { Json } from "../../../src/schemas/json/json.ts";
import { readReply } from "./reading.ts";

const MIB = 1024 * 1024;
const JSON_TYPE = "application/json";

const { constants } = zlib;
const CODINGS: Record<string, (bytes: Uint8Array) => Buffer> = {
  gzip: (bytes) => zlib.gzipSync(bytes),
  "x-gzip": (bytes) => zlib.gzipSync(bytes),
  deflate: (bytes) => zlib.deflateSync(bytes),
  br: (bytes) => zlib.brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 3 } }),
  zstd: (bytes) => zlib.zstdCompressSync(bytes),
};

function* inPieces(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(body: Uint8Array | string, contentType = "text/plain", contentEncoding = "", size = 1000) {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  return readReply([...inPieces(bytes, size)], { contentType, contentEncoding });
}

async function failureOf(reading: Promise<unknown>): Promise<{ code: string; message: string }> {
  const error: unknown = await reading.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof StepFailure)) throw new Error(`expected a StepFailure, got ${String(error)}`);
  return { code: error.code, message: error.message };
}

const TOO_LARGE = { code: "output", message: "The webhook's reply is over 1 MiB" };
const corrupt = (coding: string) => ({
  code: "network",
  message: `The webhook's reply is not compressed as its Content-Encoding, ${coding}, says, or breaks off`,
});

describe("a compressed body", () => {
  const text = "täglich ".repeat(5000);
  for (const [coding, compress] of Object.entries(CODINGS)) {
    const packed = compress(Buffer.from(text));
    for (const size of [1, 7, 100_000]) {
      test(`${coding} in pieces of ${size} is decompressed`, async () => {
        expect(await read(packed, "text/plain", coding, size)).toEqual({ data: text, faults: { count: 0, first: [] } });
      });
    }
    test(`${coding} that breaks off fails, wherever it does`, async () => {
      for (const at of [1, 3, 9, packed.length >> 1, packed.length - 5, packed.length - 1]) {
        const reading = read(packed.subarray(0, at), "text/plain", coding);
        expect({ at, ...(await failureOf(reading)) }).toEqual({ at, ...corrupt(coding) });
      }
    });
    test(`${coding} that is none, or is followed by something else, fails`, async () => {
      for (const bytes of [Buffer.from("plain text"), Buffer.concat([packed, Buffer.from("more")])]) {
        expect(await failureOf(read(bytes, "text/plain", coding))).toEqual(corrupt(coding));
      }
    });
    test(`${coding} that is filled up with zeros, and an empty body, are read`, async () => {
      expect((await read(Buffer.concat([packed, Buffer.alloc(9)]), "text/plain", coding)).data).toBe(text);
      expect((await read("", "text/plain", coding)).data).toBe("");
    });
    test(`${coding} of 1 MiB is read, and of a byte more fails`, async () => {
      expect((await read(compress(Buffer.alloc(MIB, "a")), "text/plain", coding)).data).toBe("a".repeat(MIB));
      expect(await failureOf(read(compress(Buffer.alloc(MIB + 1, "a")), "text/plain", coding))).toEqual(TOO_LARGE);
    });
  }

  test("deflate without a zlib header is decompressed", async () => {
    expect((await read(zlib.deflateRawSync(text), "text/plain", "deflate")).data).toBe(text);
  });

  test("zstd of several frames, one of them to be skipped, is one body", async () => {
    const skipped = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
    const body = Buffer.concat([zlib.zstdCompressSync("one "), skipped, zlib.zstdCompressSync("two")]);
    expect((await read(body, "text/plain", "zstd")).data).toBe("one two");
  });

  test("zstd with a window of 128 MiB fails: it would take that much memory", async () => {
    const params = { [constants.ZSTD_c_windowLog]: 27, [constants.ZSTD_c_contentSizeFlag]: 0 };
    const body = zlib.zstdCompressSync(Buffer.alloc(1000), { params });
    // The compressor gives a frame as small a window as it can: this is the descriptor of a large one.
    const large = Buffer.from(body);
    large[4] = (large[4] ?? 0) & ~0x20;
    large[5] = (27 - 10) << 3;
    expect(await failureOf(read(large, "text/plain", "zstd"))).toEqual(corrupt("zstd"));
  });

  for (const [encoding, applied] of [
    ["gzip, br", ["gzip", "br"]],
    ["identity, GZIP ,, Zstd", ["gzip", "zstd"]],
    ["deflate,gzip,br,zstd", ["deflate", "gzip", "br", "zstd"]],
  ] as const) {
    test(`several codings in a row, ${encoding}, are undone from the last to the first`, async () => {
      let body: Uint8Array = Buffer.from(text);
      for (const coding of applied) body = CODINGS[coding]?.(body) ?? body;
      expect((await read(body, "text/plain", encoding)).data).toBe(text);
    });
  }

  for (const encoding of ["compress", "gzip, aws-chunked", "GZIP2"]) {
    test(`an unknown coding, ${encoding}, fails and is named`, async () => {
      const named = encoding.split(", ").at(-1)?.toLowerCase() ?? "";
      expect(await failureOf(read("x", "text/plain", encoding))).toEqual({
        code: "output",
        message: `The webhook's reply is compressed as ${named}; gzip, deflate, br and zstd are understood`,
      });
    });
  }

  test("more than four codings fail before any is undone", async () => {
    expect((await failureOf(read("x", "text/plain", "gzip,".repeat(5)))).message).toContain("more than 4 times");
  });
});

describe("bombs", () => {
  const CHUNK = Buffer.alloc(16 * MIB);
  /** The same member again and again: each coding but br takes a body of several. */
  const repeated = (packed: Buffer, times: number) => Buffer.concat(Array.from({ length: times }, () => packed));
  const bombs: [coding: string, body: Buffer][] = [
    ["gzip", repeated(zlib.gzipSync(CHUNK), 50)],
    ["deflate", zlib.deflateSync(Buffer.concat([CHUNK, CHUNK]))],
    ["br", zlib.brotliCompressSync(CHUNK)],
    ["zstd", repeated(zlib.zstdCompressSync(CHUNK), 190)],
    ["gzip, gzip", zlib.gzipSync(repeated(zlib.gzipSync(CHUNK), 8))],
  ];
  for (const [coding, body] of bombs) {
    test(`${coding}: ${body.length} bytes in small pieces take at most 20 MB of memory`, async () => {
      await read(body.subarray(0, 5000), "text/plain", coding).catch(() => {});
      Bun.gc(true);
      const before = process.memoryUsage().rss;
      for (let round = 0; round < 5; round++) {
        expect(await failureOf(read(body, "text/plain", coding, 100))).toEqual(TOO_LARGE);
      }
      expect((process.memoryUsage().rss - before) / MIB).toBeLessThan(20);
    });
  }
});

describe("the charset", () => {
  const texts: { title: string; bytes: number[]; type: string; data: Json }[] = [
    { title: "UTF-8 without being named", bytes: [0xc3, 0xa9], type: "text/plain", data: "é" },
    { title: "Latin-1", bytes: [0x4a, 0x6f, 0x73, 0xe9], type: "text/plain; charset=iso-8859-1", data: "José" },
    { title: "Latin-1 in quotes", bytes: [0xe9], type: 'text/plain;a="b;c";Charset="ISO-8859-1"', data: "é" },
    {
      title: "what looks like one in another value",
      bytes: [0xc3, 0xa9],
      type: 'text/plain;a="; charset=latin1"',
      data: "é",
    },
    {
      title: "Latin-1 JSON",
      bytes: [...Buffer.from('{"n":"Jos'), 0xe9, 0x22, 0x7d],
      type: `${JSON_TYPE}; charset=iso-8859-1`,
      data: { n: "José" },
    },
    { title: "Shift_JIS", bytes: [0x93, 0xfa, 0x96, 0x7b], type: "text/html; charset=Shift_JIS", data: "日本" },
    { title: "windows-1251", bytes: [0xcf], type: "text/plain; charset=windows-1251", data: "П" },
    { title: "UTF-16 by its mark", bytes: [0xff, 0xfe, 0x41, 0], type: "text/plain", data: "A" },
    {
      title: "big-endian UTF-16 by its mark, whatever is named",
      bytes: [0xfe, 0xff, 0, 0x41],
      type: "text/plain; charset=utf-8",
      data: "A",
    },
    {
      title: "a mark of UTF-8, whatever is named",
      bytes: [0xef, 0xbb, 0xbf, 0xc3, 0xa9],
      type: "text/plain; charset=latin1",
      data: "é",
    },
    { title: "JSON behind a mark", bytes: [0xef, 0xbb, 0xbf, 0x5b, 0x5d], type: JSON_TYPE, data: [] },
    { title: "JSON in UTF-16", bytes: [0x5b, 0, 0x31, 0, 0x5d, 0], type: `${JSON_TYPE}; charset=utf-16`, data: [1] },
    { title: "an unknown one as UTF-8", bytes: [0xc3, 0xa9], type: "text/plain; charset=klingon", data: "é" },
    { title: "an empty one as UTF-8", bytes: [0xc3, 0xa9], type: "text/plain; charset=", data: "é" },
    {
      title: "half a surrogate in UTF-16",
      bytes: [0x00, 0xd8, 0x41, 0],
      type: "text/plain; charset=utf-16le",
      data: "\uFFFDA",
    },
  ];
  for (const { title, bytes, type, data } of texts) {
    test(title, async () => {
      expect((await read(Uint8Array.from(bytes), type)).data).toEqual(data);
    });
  }
});

describe("JSON", () => {
  const big = "9007199254740993";
  const whole: [body: string, data: Json, faults: [path: (string | number)[], fault: "number" | "string"][]][] = [
    [`{"id":${big},"name":"x"}`, { id: big, name: "x" }, [[["id"], "number"]]],
    [
      `[1,-${big} , {"a":1e400}]`,
      [1, `-${big}`, { a: "1e400" }],
      [
        [[1], "number"],
        [[2, "a"], "number"],
      ],
    ],
    [big, big, [[[], "number"]]],
    ['{"a":"x\\u0000y","b":1}', { a: "x\uFFFDy", b: 1 }, [[["a"], "string"]]],
    ['{"\\u0000":1}', { "\uFFFD": 1 }, [[["\uFFFD"], "string"]]],
    ['["\\ud800","\\ud83d\\ude00"]', ["\uFFFD", "😀"], [[[0], "string"]]],
    [
      `{"n\\ud800":{"m":[${big}]}}`,
      { "n\uFFFD": { m: [big] } },
      [
        [["n\uFFFD"], "string"],
        [["n\uFFFD", "m", 0], "number"],
      ],
    ],
    ['{"a":1.5,"b":1e3,"c":-0.1}', { a: 1.5, b: 1000, c: -0.1 }, []],
    ["", "", []],
    ['{"a":', '{"a":', []],
  ];
  for (const [body, data, faults] of whole) {
    test(`${body} keeps what can be kept`, async () => {
      const first = faults.map(([path, fault]) => ({ path, fault }));
      expect(await read(body, JSON_TYPE)).toEqual({ data, faults: { count: faults.length, first } });
    });
  }

  test("names twenty faults and counts the rest", async () => {
    const { data, faults } = await read(`[${Array(500).fill(big).join(",")}]`, JSON_TYPE);
    expect(data).toEqual(Array(500).fill(big));
    expect({ count: faults.count, named: faults.first.length, last: faults.first.at(-1)?.path }).toEqual({
      count: 500,
      named: 20,
      last: [19],
    });
  });

  test("cuts a long key in the path of a fault", async () => {
    const { faults } = await read(`{"${"k".repeat(100_000)}":${big}}`, JSON_TYPE);
    expect(faults.first[0]?.path).toEqual([`${"k".repeat(100)}…`]);
  });

  test("deeper than an output holds it stays text", async () => {
    const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);
    expect(typeof (await read(nested(63), JSON_TYPE)).data).toBe("object");
    for (const depth of [64, 65, 5000, 500_000]) {
      expect(await read(nested(depth), JSON_TYPE)).toEqual({
        data: nested(depth),
        faults: { count: 1, first: [{ path: [], fault: "depth" }] },
      });
    }
  });

  test("keys that name a prototype are carried as keys of the object itself", async () => {
    const { data } = await read(`{"__proto__":{"a":${big}},"constructor":1}`, JSON_TYPE);
    expect(JSON.stringify(data)).toBe(`{"__proto__":{"a":"${big}"},"constructor":1}`);
  });

  for (const type of ["text/json", "application/problem+json", "APPLICATION/JSON ;charset=utf-8"]) {
    test(`${type} is JSON`, async () => expect((await read("[1]", type)).data).toEqual([1]));
  }
  for (const type of ["application/json-seq", "application/x-ndjson", 'text/plain;a="/json"', ""]) {
    test(`"${type}" is not`, async () => expect((await read("[1]", type)).data).toBe("[1]"));
  }
});

test("NUL in text becomes U+FFFD, and is counted", async () => {
  expect(await read("a\0b\0")).toEqual({
    data: "a\uFFFDb\uFFFD",
    faults: { count: 2, first: [{ path: [], fault: "string" }] },
  });
});
