import { describe, expect, test } from "bun:test";
import { ReplyBytes, ReplyRoom } from "./reply-room.ts";

const MIB = 1024 * 1024;
const LIMIT = 4 * MIB;
const LIMIT_OF_FIRST = 6 * MIB;

function room(): {
  bytes: ReplyBytes;
  room: ReplyRoom;
  waits: boolean[];
  reader(slot: number): (bytes: number) => Promise<void> | void;
} {
  const bytes = new ReplyBytes(ReplyBytes.allocate(10));
  const waits: boolean[] = [];
  const readers = new ReplyRoom(bytes);
  return { bytes, room: readers, waits, reader: (slot) => readers.reader(slot, (waiting) => waits.push(waiting)) };
}

describe("room for replies", () => {
  test("is taken at once below the limit, and a reader beyond it waits until some is given back", async () => {
    const { bytes, waits, reader } = room();
    expect(reader(0)(LIMIT)).toBeUndefined();
    const order: string[] = [];
    const waiting = Promise.resolve(reader(1)(LIMIT_OF_FIRST)).then(() => order.push("read"));
    await Bun.sleep(30);
    expect({ order, waits }).toEqual({ order: [], waits: [true] });
    order.push("given back");
    bytes.giveBack(bytes.takeOver(0));
    await waiting;
    expect({ order, waits }).toEqual({ order: ["given back", "read"], waits: [true, false] });
  });

  test("is had beyond the limit by the reply that began first, so that half-read ones do not wait for each other", async () => {
    const { bytes, room: readers, reader } = room();
    const [first, second] = [reader(0), reader(1)];
    first(LIMIT / 2);
    second(LIMIT / 2);
    const order: string[] = [];
    const later = Promise.resolve(second(2 * MIB)).then(() => order.push("second"));
    const sooner = Promise.resolve(first(2 * MIB)).then(() => order.push("first"));
    await sooner;
    expect(order).toEqual(["first"]);
    readers.drop(0);
    await later;
    expect(bytes.takeOver(1)).toBe(LIMIT / 2 + 2 * MIB);
  });

  test("of a task that is gone is given back once, whoever does it", () => {
    const { bytes, reader } = room();
    reader(3)(LIMIT);
    expect([bytes.takeOver(3), bytes.takeOver(3)]).toEqual([LIMIT, 0]);
    expect(bytes.tryTake(4, 1, LIMIT)).toBe(false);
    bytes.giveBack(LIMIT);
    expect(bytes.tryTake(4, 1, LIMIT)).toBe(true);
  });
});
