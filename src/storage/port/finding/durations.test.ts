import { expect, test } from "bun:test";
import { bucketOf, quantileOf } from "./durations.ts";

const counted = (...times: number[]) => times.map((time) => ({ bucket: bucketOf(time), count: 1 }));

test("a time is counted in one of few buckets, which never end before it", () => {
  expect([-5, Number.NaN, 0, 0.9].map(bucketOf)).toEqual([0, 0, 0, 0]);
  expect([1, 2, 4, 8, 1024].map(bucketOf)).toEqual([1, 5, 9, 13, 41]);
  let last = 0;
  for (let time = 1; time < 1e11; time *= 1.01) {
    const bucket = bucketOf(time);
    expect(bucket).toBeWithin(last, last + 2);
    last = bucket;
  }
  expect(bucketOf(Number.POSITIVE_INFINITY)).toBe(bucketOf(1e13));
});

test("a share of the runs is told to a tenth of its time", () => {
  expect(quantileOf([], 0.5)).toBeNull();
  const times = Array.from({ length: 1000 }, (_, index) => 10 + index);
  for (const [share, exact] of [
    [0.5, 510],
    [0.95, 960],
    [0.99, 1000],
  ] as const) {
    const found = quantileOf(counted(...times), share) ?? 0;
    expect(Math.abs(found / exact - 1)).toBeLessThan(0.1);
  }
  // One that took very long does not hide the others.
  expect(quantileOf(counted(...Array(99).fill(3), 1e9), 0.95)).toBeWithin(2.8, 3.4);
  expect(quantileOf(counted(0), 0.5)).toBeWithin(0, 1);
});
