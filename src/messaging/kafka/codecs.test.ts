import { describe, expect, test } from "bun:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { CompressionCodecs, CompressionTypes } from "kafkajs";
import { compressFrameSync } from "lz4-napi";
import { compressSync } from "snappy";
import { MAX_UNPACKED_BYTES, UnpackError } from "./codecs.ts";

/** As Java's clients write it: a header, then blocks of up to 32 kB, each behind its length. */
function xerial(bytes: Buffer): Buffer {
  const parts: Buffer[] = [Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1])];
  for (let at = 0; at < bytes.length; at += 32_768) {
    const block = compressSync(bytes.subarray(at, at + 32_768));
    const length = Buffer.alloc(4);
    length.writeInt32BE(block.length);
    parts.push(length, block);
  }
  return Buffer.concat(parts);
}

const lz4WithChecksums = (bytes: Buffer) => compressFrameSync(bytes, { blockChecksums: true, contentChecksum: true });

const kinds: [name: string, type: Exclude<CompressionTypes, CompressionTypes.None>, pack: (bytes: Buffer) => Buffer][] =
  [
    ["gzip", CompressionTypes.GZIP, gzipSync],
    ["zstd", CompressionTypes.ZSTD, zstdCompressSync],
    ["snappy", CompressionTypes.Snappy, compressSync],
    ["snappy of Java's clients", CompressionTypes.Snappy, xerial],
    ["lz4", CompressionTypes.LZ4, compressFrameSync],
    ["lz4 with checksums", CompressionTypes.LZ4, lz4WithChecksums],
  ];

for (const [name, type, pack] of kinds) {
  describe(name, () => {
    const unpack = (packed: Buffer): Promise<Buffer> => CompressionCodecs[type]().decompress(packed);

    for (const bytes of [1, 300, 100_000, 1_000_000]) {
      test(`${bytes} bytes come back as they were`, async () => {
        const random = Buffer.from(crypto.getRandomValues(new Uint8Array(Math.min(bytes, 50_000))));
        const original = Buffer.concat([random, Buffer.alloc(bytes - random.length, "abc")]);
        expect((await unpack(pack(original))).equals(original)).toBe(true);
      });
    }

    test("up to the bound is unpacked, more is rejected before it takes memory", async () => {
      expect((await unpack(pack(Buffer.alloc(MAX_UNPACKED_BYTES)))).length).toBe(MAX_UNPACKED_BYTES);
      const bomb = pack(Buffer.alloc(8 * MAX_UNPACKED_BYTES));
      Bun.gc(true);
      const before = process.memoryUsage().rss;
      for (let count = 0; count < 3; count++) {
        const unpacked = await unpack(bomb).catch((error: unknown) => error);
        expect(unpacked).toBeInstanceOf(UnpackError);
        expect(String(unpacked)).toContain("more than 16777216 bytes");
      }
      expect(process.memoryUsage().rss - before).toBeLessThan(6 * MAX_UNPACKED_BYTES);
    });

    test("what is damaged is rejected with our own words, wherever it is", async () => {
      const packed = pack(Buffer.from(crypto.getRandomValues(new Uint8Array(5000))));
      const cut = [0, 1, 3, 7, 15, 20, 100].map((length) => packed.subarray(0, length));
      const garbage = Buffer.from(crypto.getRandomValues(new Uint8Array(5000)));
      for (const damaged of [...cut, Buffer.alloc(5000, 0xff), garbage]) {
        const unpacked = await unpack(damaged).catch((error: unknown) => error);
        // The beginning of what was cut: its records are too few.
        if (Buffer.isBuffer(unpacked)) expect(unpacked.length).toBeLessThan(100);
        else expect(String(unpacked)).toMatch(/^Error: (damaged \w+|more than \d+ bytes once unpacked)$/);
      }
    });
  });
}
