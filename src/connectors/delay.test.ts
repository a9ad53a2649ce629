import { expect, test } from "bun:test";
import delay from "./delay.ts";
import type { WaitConnector } from "./index.ts";

const NOW = Date.UTC(2030, 0, 1);
const wait: WaitConnector = delay.kind === "wait" ? delay : expect.unreachable();

test("a time that a placeholder brought is one, whatever it looks like", () => {
  expect(wait.milliseconds({ until: "2030-01-01T00:00:01Z" }, NOW)).toBe(1000);
  expect(wait.milliseconds({ until: "2029-01-01T00:00:01Z" }, NOW)).toBe(0);
  for (const until of ["${payload.send_at}", "2030-01-01T00:00:01Z${x}", "${{ soon", "soon", "2030-13-31T00:00:00Z"]) {
    expect([until, wait.milliseconds({ until }, NOW)]).toEqual([
      until,
      { path: ["until"], message: expect.stringContaining("ISO 8601") },
    ]);
  }
});

test("in a definition it may be a placeholder", () => {
  expect(delay.check?.({ until: "${payload.send_at}" })).toEqual([]);
  expect(delay.check?.({ until: "soon" })).toHaveLength(1);
});
