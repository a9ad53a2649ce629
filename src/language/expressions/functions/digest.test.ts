import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { sha256 } from "./digest.ts";

test("is what node:crypto makes, for every length around the blocks", () => {
  for (const length of [...Array(200).keys(), 1000, 4096]) {
    const bytes = Uint8Array.from({ length }, (_, index) => (index * 131 + length) % 256);
    expect(sha256(bytes)).toBe(createHash("sha256").update(bytes).digest("hex"));
  }
});
