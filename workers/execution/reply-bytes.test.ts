import { expect, test } from "bun:test";
import { ReplyBytes } from "./reply-bytes.ts";

test("the bytes of replies are counted for their task, and given back once, whoever does it", () => {
  const bytes = new ReplyBytes(new SharedArrayBuffer(ReplyBytes.bytes(10)));
  bytes.add(3, 100);
  bytes.add(3, 20);
  bytes.add(9, 7);
  expect(bytes.total).toBe(127);
  expect([bytes.takeOver(3), bytes.takeOver(3), bytes.total]).toEqual([120, 0, 127]);
  bytes.giveBack(120);
  bytes.drop(9);
  bytes.drop(9);
  expect(bytes.total).toBe(0);
});
