import { describe, expect, test } from "bun:test";
import type { Retry } from "../../../language/definition/retry.ts";
import { nextAttempt, retryFor } from "./retry.ts";

const NOW = Date.UTC(2030, 0, 1);
const none = { since: NOW, counts: [] };
const after = (retry: Retry, failed: number, key = "run:0:1", retryAfter: number | null = null) =>
  (nextAttempt(retry, 0, { since: NOW, counts: [failed - 1] }, NOW, key, retryAfter) ?? Number.NaN) - NOW;

describe("the wait before the next attempt", () => {
  test("grows by its multiplier up to its bound", () => {
    const retry = { initial_interval: 2, multiplier: 3, max_interval: 20, jitter: 0 };
    expect([1, 2, 3, 4].map((failed) => after(retry, failed))).toEqual([2000, 6000, 18_000, 20_000]);
    expect([1, 2, 9].map((failed) => after({ jitter: 0 }, failed))).toEqual([1000, 2000, 60_000]);
  });

  test("is left to chance within its jitter, and the same for the same question", () => {
    const waits = Array.from({ length: 1000 }, (_, n) => after({ initial_interval: 10, jitter: 0.5 }, 1, `run:${n}:1`));
    expect(Math.min(...waits)).toBeWithin(5000, 5100);
    expect(Math.max(...waits)).toBeWithin(9900, 10_001);
    expect(new Set(waits).size).toBeGreaterThan(800);
    expect(after({}, 1, "same")).toBe(after({}, 1, "same"));
  });

  test("is as long as the receiver asks for, a day at most", () => {
    expect(after({ jitter: 0 }, 1, "", 30)).toBe(30_000);
    expect(after({ jitter: 0 }, 6, "", 30)).toBe(32_000);
    expect(after({}, 1, "", 1e9)).toBe(24 * 60 * 60 * 1000);
  });

  test("is none where it would end later than it may", () => {
    const retry = { initial_interval: 10, jitter: 0, max_elapsed: 15 };
    expect(nextAttempt(retry, 0, none, NOW + 5000, "", null)).toBe(NOW + 15_000);
    expect(nextAttempt(retry, 0, none, NOW + 5001, "", null)).toBeNull();
  });
});

describe("which retry is for an error", () => {
  const http = (status: number) => ({ code: "http", status });
  test("the first that means it and has attempts left", () => {
    const retries: Retry[] = [{ on: [429], max_attempts: 2 }, { on: ["4xx"] }, { on: ["timeout"] }, { on: ["*"] }];
    expect(retryFor(retries, [0, 0, 0, 0], http(429))).toBe(0);
    expect(retryFor(retries, [1, 0, 0, 0], http(429))).toBe(1);
    expect(retryFor(retries, [0, 0, 0, 0], { code: "timeout", status: null })).toBe(2);
    expect(retryFor(retries, [1, 2, 2, 2], http(429))).toBe(-1);
  });

  test("by default what may work the next time", () => {
    const found = (code: string, status: number | null) => retryFor([{}], [0], { code, status });
    const retried = [found("network", null), found("timeout", null), found("http", 408), found("http", 503)];
    const others = [found("http", 404), found("config", null), found("output", null), found("failed", null)];
    expect({ retried, others }).toEqual({ retried: [0, 0, 0, 0], others: [-1, -1, -1, -1] });
  });
});
