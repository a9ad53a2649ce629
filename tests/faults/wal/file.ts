/** Reads SQLite's write-ahead log as its file format says: https://www.sqlite.org/fileformat2.html#walformat */
import { closeSync, openSync, readSync } from "node:fs";

export const HEADER_BYTES = 32;
export const FRAME_HEADER_BYTES = 24;
/** Where -shm says how many frames of this generation a checkpoint has written into the database file. */
const BACKFILLED_AT = 96;
const MAGIC_BIG_ENDIAN = 0x377f0683;
const MAGIC_LITTLE_ENDIAN = 0x377f0682;

export interface Frame {
  /** Number of the page that it holds, from 1. */
  page: number;
  /** Pages of the database after this commit; 0 where the frame ends none. */
  commit: number;
}

/** One generation of the log: what was written since a checkpoint let it begin anew. */
export class Wal {
  readonly bytes: Buffer;
  readonly pageSize: number;
  /** The frames up to the last that is whole, committed or not. */
  readonly frames: Frame[] = [];

  /** @throws Error when its header is broken. */
  constructor(bytes: Buffer) {
    this.bytes = bytes;
    const magic = bytes.readUInt32BE(0);
    if (magic !== MAGIC_BIG_ENDIAN && magic !== MAGIC_LITTLE_ENDIAN) throw new Error(`no write-ahead log: ${magic}`);
    this.pageSize = bytes.readUInt32BE(8);
    let sum = checksum(bytes, 0, HEADER_BYTES - 8, [0, 0]);
    if (!isSum(bytes, HEADER_BYTES - 8, sum)) throw new Error("the header of the write-ahead log is broken");
    for (let at = HEADER_BYTES; at + this.frameBytes <= bytes.length; at += this.frameBytes) {
      if (bytes.compare(bytes, 16, 24, at + 8, at + 16) !== 0) break;
      sum = checksum(bytes, at, 8, sum);
      sum = checksum(bytes, at + FRAME_HEADER_BYTES, this.pageSize, sum);
      if (!isSum(bytes, at + 16, sum)) break;
      this.frames.push({ page: bytes.readUInt32BE(at), commit: bytes.readUInt32BE(at + 4) });
    }
  }

  get frameBytes(): number {
    return FRAME_HEADER_BYTES + this.pageSize;
  }

  /** Where the frame begins that has so many before it. */
  offset(frames: number): number {
    return HEADER_BYTES + frames * this.frameBytes;
  }

  /** The page that a frame holds. */
  pageOf(frame: number): Buffer {
    return this.bytes.subarray(this.offset(frame) + FRAME_HEADER_BYTES, this.offset(frame + 1));
  }

  /** How many frames there are up to the end of the last commit within the first so many. */
  committed(frames = this.frames.length): number {
    let count = frames;
    while (count > 0 && this.frames[count - 1]?.commit === 0) count--;
    return count;
  }
}

/** The header of the generation that would follow, as SQLite writes it over this one. */
export function nextHeader(wal: Wal): Buffer {
  const header = Buffer.from(wal.bytes.subarray(0, HEADER_BYTES));
  header.writeUInt32BE(header.readUInt32BE(12) + 1, 12);
  header.writeUInt32BE((header.readUInt32BE(16) + 1) >>> 0, 16);
  header.writeUInt32BE((header.readUInt32BE(20) ^ 0x5a5a5a5a) >>> 0, 20);
  const [first, second] = checksum(header, 0, HEADER_BYTES - 8, [0, 0]);
  header.writeUInt32BE(first, 24);
  header.writeUInt32BE(second, 28);
  return header;
}

/** How far a log has been committed at a moment, while somebody else writes it. */
export interface Mark {
  /** Which generation: its salts. */
  generation: string;
  frames: number;
}

/** Follows a log that somebody else writes, by the headers of its frames alone. */
export class WalFollower {
  readonly #file: string;
  #mark: Mark = { generation: "", frames: 0 };

  constructor(file: string) {
    this.#file = file;
  }

  /** The end of the last commit; what is just being written may count already. */
  mark(): Mark {
    const file = openSync(this.#file, "r");
    try {
      const header = Buffer.alloc(HEADER_BYTES);
      readSync(file, header, 0, HEADER_BYTES, 0);
      const generation = header.toString("hex", 16, 24);
      if (generation !== this.#mark.generation) this.#mark = { generation, frames: 0 };
      const frameBytes = FRAME_HEADER_BYTES + header.readUInt32BE(8);
      for (let at = this.#mark.frames; ; at++) {
        const read = readSync(file, header, 0, FRAME_HEADER_BYTES, HEADER_BYTES + at * frameBytes);
        if (read < FRAME_HEADER_BYTES || header.toString("hex", 8, 16) !== generation) return this.#mark;
        if (header.readUInt32BE(4) > 0) this.#mark = { generation, frames: at + 1 };
      }
    } finally {
      closeSync(file);
    }
  }
}

/** The frames of this generation that the database file holds already. */
export function backfilled(shm: Buffer): number {
  // In the machine's own order of bytes.
  return new Uint32Array(shm.buffer.slice(shm.byteOffset + BACKFILLED_AT, shm.byteOffset + BACKFILLED_AT + 4))[0] ?? 0;
}

function checksum(bytes: Buffer, at: number, length: number, [first, second]: [number, number]): [number, number] {
  const little = bytes.readUInt32BE(0) === MAGIC_LITTLE_ENDIAN;
  let one = first;
  let two = second;
  for (let offset = at; offset < at + length; offset += 8) {
    one = (one + (little ? bytes.readUInt32LE(offset) : bytes.readUInt32BE(offset)) + two) >>> 0;
    two = (two + (little ? bytes.readUInt32LE(offset + 4) : bytes.readUInt32BE(offset + 4)) + one) >>> 0;
  }
  return [one, two];
}

function isSum(bytes: Buffer, at: number, [first, second]: [number, number]): boolean {
  return bytes.readUInt32BE(at) === first && bytes.readUInt32BE(at + 4) === second;
}
