/** What a power cut may leave of a log and its database. */
import type { Random } from "../../simulation/scheduler.ts";
import { FRAME_HEADER_BYTES, HEADER_BYTES, nextHeader, type Wal } from "./file.ts";

/** What is on the disk behind the cut. */
export const TAILS = ["nothing", "zeros", "garbage", "stale", "hole"] as const;
export type Tail = (typeof TAILS)[number];

/** Frames behind a cut that are kept of what the file held before. */
const STALE_FRAMES = 6;
const SECTOR = 512;

/** The log as a cut at an offset leaves it. */
export function cutLog(wal: Wal, stale: Buffer, offset: number, tail: Tail, random: Random): Buffer {
  const whole = wal.bytes.subarray(0, wal.offset(wal.frames.length));
  const head = whole.subarray(0, offset);
  if (tail === "nothing") return Buffer.from(head);
  if (tail === "zeros") return Buffer.concat([head], whole.length);
  if (tail === "garbage") return Buffer.concat([head, garbage(whole.length - offset, random)]);
  if (tail === "stale") return Buffer.concat([head, stale.subarray(offset, offset + STALE_FRAMES * wal.frameBytes)]);
  // What was written later may have reached the disk before.
  const holed = Buffer.from(whole);
  return holed.fill(0, offset, Math.min(whole.length, offset + 1 + random.below(wal.frameBytes)));
}

/** The frames, up to a commit, that a damaged log still holds as they were. */
export function intactFrames(wal: Wal, log: Buffer): number {
  const same = (from: number, to: number) => to <= log.length && wal.bytes.compare(log, from, to, from, to) === 0;
  if (!same(0, HEADER_BYTES)) return 0;
  let count = 0;
  while (count < wal.frames.length && same(wal.offset(count), wal.offset(count + 1))) count++;
  return wal.committed(count);
}

/** Every offset that matters: each boundary, and in each frame some of its header, its middle and its last byte. */
export function everyOffset(wal: Wal, random: Random): number[] {
  const header = Array.from({ length: HEADER_BYTES }, (_, offset) => offset);
  const frames = wal.frames.flatMap((_, frame) => {
    const inHeader = 1 + random.below(FRAME_HEADER_BYTES - 1);
    const inPage = FRAME_HEADER_BYTES + random.below(wal.pageSize);
    const within = [0, inHeader, FRAME_HEADER_BYTES, FRAME_HEADER_BYTES + wal.pageSize / 2, inPage, wal.frameBytes - 1];
    return within.map((place) => wal.offset(frame) + place);
  });
  return [...header, ...frames, wal.offset(wal.frames.length)];
}

/** Each boundary of frames, and so many places at random. */
export function someOffsets(wal: Wal, count: number, random: Random): number[] {
  const end = wal.offset(wal.frames.length);
  const boundaries = [...wal.frames.map((_, frame) => wal.offset(frame)), end];
  return [0, random.below(HEADER_BYTES), ...boundaries, ...Array.from({ length: count }, () => random.below(end))];
}

/** The database file in the middle of a checkpoint: of each page of the log, some sectors are new and some are not. */
export function tornCheckpoint(database: Buffer, checkpointed: Buffer, wal: Wal, random: Random): Buffer {
  const torn = Buffer.concat([database], Math.max(database.length, checkpointed.length));
  for (const { page } of wal.frames.slice(0, wal.committed())) {
    for (let at = (page - 1) * wal.pageSize; at < page * wal.pageSize; at += SECTOR) {
      if (random.chance(0.5)) checkpointed.copy(torn, at, at, at + SECTOR);
    }
  }
  return torn;
}

/** The log while its first bytes are written anew after a checkpoint. */
export function tornHeader(wal: Wal, bytes: number): Buffer {
  const log = Buffer.from(wal.bytes.subarray(0, wal.offset(wal.frames.length)));
  nextHeader(wal).copy(log, 0, 0, bytes);
  return log;
}

function garbage(length: number, random: Random): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at + 4 <= length; at += 4) bytes.writeUInt32LE(random.below(2 ** 32), at);
  return bytes;
}
