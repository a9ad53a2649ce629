import { expect, test } from "bun:test";
import { HandClock } from "./clock.fixture.ts";
import { bytesOfText, lru } from "./lru.ts";

const text = (bytes: number) => "x".repeat(bytes / 2);

test("holds no more bytes than it may, keys counted, and lets go what was used longest ago", () => {
  const cache = lru({ maxBytes: 10_000, bytesOf: bytesOfText });
  for (const key of ["a", "b", "c"]) cache.set(key, text(3_000));
  expect(cache.get("a")).toBe(text(3_000));
  cache.set("d", text(3_000));
  expect(["a", "b", "c", "d"].filter((key) => cache.has(key))).toEqual(["a", "c", "d"]);
  cache.set("k".repeat(3_000), text(2));
  expect(cache.calculatedSize).toBeLessThanOrEqual(10_000);
  expect(cache.has("c")).toBe(false);
});

test("what is larger than all its room is not kept, and costs nobody a place", () => {
  const cache = lru({ maxBytes: 10_000, bytesOf: bytesOfText });
  cache.set("a", text(5_000));
  cache.set("b", text(20_000));
  cache.set("k".repeat(10_000), "");
  expect([...cache.keys()]).toEqual(["a"]);
});

test("a hundred thousand entries stay within the bytes", () => {
  const cache = lru({ maxBytes: 100_000, bytesOf: bytesOfText });
  for (let index = 0; index < 100_000; index++) cache.set(`key ${index}`, text(2 * (index % 200)));
  expect(cache.calculatedSize).toBeLessThanOrEqual(100_000);
  expect(cache.size).toBeGreaterThan(100);
});

test("an entry with a lifetime is gone after it", () => {
  const clock = new HandClock();
  const cache = lru({ maxBytes: 10_000, bytesOf: bytesOfText, lifetime: { clock, milliseconds: 50 } });
  cache.set("a", "x");
  clock.time = 49;
  expect(cache.get("a")).toBe("x");
  clock.time = 50;
  expect(cache.get("a")).toBeUndefined();
  expect(cache.calculatedSize).toBe(0);
});
