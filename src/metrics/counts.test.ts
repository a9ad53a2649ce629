import { expect, test } from "bun:test";
import { counter, Histogram, histogram } from "./counts.ts";

test("a histogram counts a value in the first bucket whose bound it does not exceed", () => {
  const one = new Histogram([1, 2, 4]);
  for (const value of [0, 1, 1.5, 2, 4, 4.1, 100]) one.observe(value);
  expect(one.counts).toEqual([2, 2, 1, 2]);
  expect(one.sum).toBeCloseTo(112.6);
});

test("families have every combination of known labels from the start, and the others as they come", () => {
  const about = { name: "a_total", help: "h", programs: ["start"] } as const;
  const known = counter({ ...about, labels: { outcome: ["sent", "failed"], part: ["a", "b"] } });
  expect(known.series.map(({ labels, one }) => [labels, one.value])).toEqual([
    [{ outcome: "sent", part: "a" }, 0],
    [{ outcome: "sent", part: "b" }, 0],
    [{ outcome: "failed", part: "a" }, 0],
    [{ outcome: "failed", part: "b" }, 0],
  ]);
  const found = counter({ ...about, labels: { code: null, outcome: ["sent"] } });
  expect(found.series).toEqual([]);
  const one = found.of({ code: "404", outcome: "sent" });
  one.add();
  one.add(4);
  expect(found.of({ outcome: "sent", code: "404" })).toBe(one);
  expect(found.series.map(({ labels, one: { value } }) => [labels, value])).toEqual([
    [{ code: "404", outcome: "sent" }, 5],
  ]);
  expect(counter({ ...about, labels: {} }).series.map(({ one: { value } }) => value)).toEqual([0]);
  expect(histogram({ ...about, labels: {}, bounds: [1] }).bounds).toEqual([1]);
});
