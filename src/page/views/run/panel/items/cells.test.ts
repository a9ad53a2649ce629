import { expect, test } from "bun:test";
import { countsOf, gridOf, listed, movedTo, statusOf, wordOf } from "./cells.ts";

test("every letter has a status and words, also one of a newer server", () => {
  expect([...".sfrkz"].map((letter) => statusOf(letter))).toEqual([
    ...(["unreached", "success", "failed", "running", "skipped", "unknown"] as const),
  ]);
  expect([".", "k", "f"].map(wordOf)).toEqual(["not begun, or nothing of it is kept", "called off", "failed"]);
  expect(Object.fromEntries(countsOf("ssf.s"))).toEqual({ s: 3, f: 1, ".": 1 });
});

test("all items are listed, or those that failed", () => {
  expect([listed("sfs.f", false), listed("sfs.f", true), listed("", false)]).toEqual([[0, 1, 2, 3, 4], [1, 4], []]);
});

test("many items have smaller cells, and each has a place", () => {
  expect(gridOf(30, 300)).toEqual({ cell: 15, columns: 20, rows: 2 });
  expect(gridOf(10_000, 420)).toEqual({ cell: 7, columns: 60, rows: 167 });
  expect(gridOf(5, 3)).toEqual({ cell: 15, columns: 1, rows: 5 });
});

test("keys go from cell to cell, and among those that failed from one to the next", () => {
  const items = "sfssfsssfs";
  const keys = ["ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp", "Home", "End", "x"];
  expect(keys.map((key) => movedTo(key, 4, items, 3, false))).toEqual([5, 3, 7, 1, 0, 9, null]);
  expect(keys.map((key) => movedTo(key, 4, items, 3, true))).toEqual([8, 1, 8, 1, 1, 8, null]);
  expect([movedTo("ArrowUp", 0, items, 3, false), movedTo("ArrowLeft", 0, items, 3, true)]).toEqual([0, 0]);
  expect(movedTo("End", 2, "sss", 3, true)).toBe(2);
});
