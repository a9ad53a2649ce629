import { expect, test } from "bun:test";
import { type LogEntry, MAX_NESTED_RESULTS, stepResultsText } from "../log/log.ts";
import { summaryOf } from "./summary.ts";

const AT = "2026-11-28T08:00:00.000+00:00";

function ended(path: string, step_name: string, isFailed: boolean): LogEntry {
  const status = isFailed ? "failed" : "success";
  const result = { step_name, status, started_at: AT, completed_at: AT, output: null, error: isFailed ? "no" : null };
  return [path, { ...result, status, ...(path.includes("/") && { type: "webhook", path }) }, null];
}

test("compensations that are left out are counted, and those that failed are kept, of plain steps too", () => {
  const count = MAX_NESTED_RESULTS + 100;
  const entries = Array.from({ length: count }, (_, index) => [
    ended(`${index}`, `s${index}`, false),
    ended(`${index}/u`, `s${index}.$compensate`, index === 3),
  ]).flat();
  const text = stepResultsText(entries);
  expect(summaryOf(text)).toEqual({
    omitted: 100,
    failed: 0,
    undone: { done: count - 1, failed: ["s3.$compensate"] },
  });
});
