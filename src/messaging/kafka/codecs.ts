/**
 * Unpacks what other programs compress; kafkajs itself knows gzip alone, and without a bound. A few kilobytes may unpack to
 * gigabytes, so each codec stops at a bound.
 *
 * Importing this file registers them.
 */
import { promisify } from "node:util";
import { gunzip, zstdDecompress } from "node:zlib";
import { CompressionCodecs, CompressionTypes } from "kafkajs";
import { decompressFrame } from "lz4-napi";
import { uncompress } from "snappy";
import { codeOf } from "../../errors.ts";

/** Of the records of one batch, unpacked: a batch of the default size holds 1 MiB, unless it is compressed. */
export const MAX_UNPACKED_BYTES = 16 * 1024 * 1024;

/** Records that can't be unpacked: damaged, or too many bytes. */
export class UnpackError extends Error {}

const tooLong = () => new UnpackError(`more than ${MAX_UNPACKED_BYTES} bytes once unpacked`);

register(CompressionTypes.GZIP, "gzip", bounded(promisify(gunzip)));
register(CompressionTypes.ZSTD, "zstd", bounded(promisify(zstdDecompress)));
register(CompressionTypes.Snappy, "snappy", unpackSnappy);
register(CompressionTypes.LZ4, "lz4", unpackLz4);

type Unpack = (packed: Buffer) => Promise<Buffer>;

function register(type: Exclude<CompressionTypes, CompressionTypes.None>, name: string, unpack: Unpack): void {
  const decompress = async (packed: Buffer) => {
    try {
      return await unpack(packed);
    } catch (error) {
      throw error instanceof UnpackError ? error : new UnpackError(`damaged ${name}`);
    }
  };
  CompressionCodecs[type] = () => ({ decompress });
}

function bounded(unpack: (packed: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>): Unpack {
  return async (packed) => {
    try {
      return await unpack(packed, { maxOutputLength: MAX_UNPACKED_BYTES });
    } catch (error) {
      throw codeOf(error) === "ERR_BUFFER_TOO_LARGE" ? tooLong() : error;
    }
  };
}

/** What Java's clients put before blocks that each have a length; other clients send one block and nothing else. */
const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0]);
const XERIAL_HEADER_BYTES = 16;

async function unpackSnappy(packed: Buffer): Promise<Buffer> {
  const blocks: Buffer[] = [];
  if (!packed.subarray(0, XERIAL.length).equals(XERIAL)) blocks.push(packed);
  else {
    for (let at = XERIAL_HEADER_BYTES; at < packed.length; ) {
      const length = packed.readInt32BE(at);
      const block = packed.subarray(at + 4, at + 4 + length);
      if (length <= 0 || block.length < length) throw new UnpackError("damaged snappy");
      blocks.push(block);
      at += 4 + length;
    }
  }
  if (blocks.reduce((bytes, block) => bytes + snappyBytes(block), 0) > MAX_UNPACKED_BYTES) throw tooLong();
  return Buffer.concat(await Promise.all(blocks.map(async (block) => Buffer.from(await uncompress(block)))));
}

/** How long a block is unpacked: it begins with that, seven bits a byte, the lowest first. */
function snappyBytes(block: Buffer): number {
  let bytes = 0;
  for (let at = 0; at < 5; at++) {
    const byte = block.readUInt8(at);
    bytes += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) return bytes;
  }
  throw new UnpackError("damaged snappy");
}

const LZ4_MAGIC = 0x184d2204;
/** The largest block by the number that the header of the frame has for it. */
const LZ4_BLOCK_BYTES = new Map([4, 5, 6, 7].map((size) => [size, 2 ** (8 + 2 * size)]));

async function unpackLz4(packed: Buffer): Promise<Buffer> {
  if (lz4MostBytes(packed) > MAX_UNPACKED_BYTES) throw tooLong();
  return Buffer.from(await decompressFrame(packed));
}

/**
 * How long a frame is unpacked at most: its blocks, each as long as its header allows, or as 255 times its bytes, which no
 * block exceeds.
 *
 * @see https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 */
function lz4MostBytes(packed: Buffer): number {
  const flags = packed.readUInt8(4);
  const blockBytes = LZ4_BLOCK_BYTES.get((packed.readUInt8(5) >> 4) & 7);
  if (packed.readUInt32LE(0) !== LZ4_MAGIC || blockBytes === undefined) throw new UnpackError("damaged lz4");
  const [hasBlockChecksums, hasSize, hasDictionary] = [
    (flags & 0x10) !== 0,
    (flags & 0x08) !== 0,
    (flags & 0x01) !== 0,
  ];
  let most = 0;
  for (let at = 7 + (hasSize ? 8 : 0) + (hasDictionary ? 4 : 0); ; ) {
    const length = packed.readUInt32LE(at) & 0x7fffffff;
    if (length === 0) return most;
    most += Math.min(blockBytes, length * 255);
    at += 4 + length + (hasBlockChecksums ? 4 : 0);
  }
}
