import { expect, test } from "bun:test";
import { stepAttempts, webhookRequests } from "../../src/metrics/table.ts";
import { publish, SharedCounts } from "./shared-counts.ts";

const TYPES = ["transform", "webhook"];

function opened(): { buffer: SharedArrayBuffer; counts: SharedCounts } {
  const buffer = new SharedArrayBuffer(SharedCounts.bytes(TYPES));
  return { buffer, counts: new SharedCounts(buffer, TYPES) };
}

test("what threads count in their lanes is one sum, over two pools, and a lane that is taken again goes on", () => {
  const [shared, alone] = [opened(), opened()];
  for (const lane of [0, 1, 255]) {
    const counts = shared.counts.lane(lane);
    counts.attempt("transform", "success", 500);
    counts.attempt("gone", "failed", 20_000);
    counts.webhook("5xx");
  }
  // Another thread, which sees the memory alone.
  const again = new SharedCounts(shared.buffer, TYPES).lane(0);
  again.attempt("transform", "success", 0);
  again.attempt("webhook", "retried", -1);
  alone.counts.lane(0).attempt("transform", "success", 1000);
  const pools = [
    { counts: shared.counts, lanesTaken: 300 },
    { counts: alone.counts, lanesTaken: 1 },
  ];
  publish(TYPES, pools);
  publish(TYPES, pools);
  const transform = stepAttempts.of({ type: "transform", outcome: "success" });
  expect([transform.counts.slice(0, 6), transform.sum]).toEqual([[1, 0, 0, 0, 3, 1], 2.5]);
  const other = stepAttempts.of({ type: "other", outcome: "failed" });
  expect([other.counts.indexOf(3), other.sum]).toEqual([9, 60]);
  const retried = stepAttempts.of({ type: "webhook", outcome: "retried" });
  expect([retried.counts[0], retried.sum]).toEqual([1, 0]);
  expect(webhookRequests.of({ outcome: "5xx" }).value).toBe(3);
  expect(webhookRequests.of({ outcome: "2xx" }).value).toBe(0);
});

test("lanes that no thread took yet are not read", () => {
  const { counts } = opened();
  counts.lane(2).webhook("4xx");
  publish(TYPES, [{ counts, lanesTaken: 2 }]);
  expect(webhookRequests.of({ outcome: "4xx" }).value).toBe(0);
  publish(TYPES, [{ counts, lanesTaken: 3 }]);
  expect(webhookRequests.of({ outcome: "4xx" }).value).toBe(1);
});
