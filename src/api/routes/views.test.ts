import { expect, test } from "bun:test";
import type { LogEntry } from "../../schemas/log/log.ts";
import type { RunRecord } from "../../storage/port.ts";
import { pageText, runText } from "./views.ts";

const STARTED = "2030-01-01T00:00:00.000Z";
const CANCELLED_AT = Date.parse("2030-01-01T00:00:05.000Z");

function record(status: RunRecord["status"], entries: LogEntry[]): RunRecord {
  const run = { uuid: "u", id: "i", workflowUuid: "w", workflowVersion: 1, payload: "{}", createdAt: 0, startedAt: 0 };
  const completedAt = status === "cancelled" ? CANCELLED_AT : null;
  return {
    ...run,
    status,
    completedAt,
    error: null,
    parentRunId: null,
    rootRunId: null,
    stepResults: null,
    log: JSON.stringify(entries),
    output: null,
    errorDetails: null,
    tags: null,
    startAt: null,
    priority: null,
    control: null,
    cancelReason: null,
    retryOf: null,
  };
}

const result = { started_at: STARTED, completed_at: null, output: null, error: null };
const asleep: LogEntry[] = [
  ["0", { step_name: "a", status: "success", ...result, completed_at: STARTED, output: { value: 1 } }, null],
  ["1", { step_name: "b", status: "running", ...result, type: "block", path: "1" }, null],
  ["1/0/0", { step_name: "b.w", status: "running", ...result, type: "delay", path: "1/0/0", attempts: 2 }, 9],
];

test("a run that was cancelled while nobody held it shows the steps that it was at as skipped", () => {
  const { step_results } = JSON.parse(runText(record("cancelled", asleep)));
  const at = "2030-01-01T00:00:05.000+00:00";
  const message = "The run was cancelled";
  const details = { code: "cancelled", message, at, details: null, cause: null };
  const skipped = { status: "skipped", started_at: STARTED, completed_at: at, output: null, error: message };
  expect(step_results).toEqual({
    a: { step_name: "a", status: "success", ...result, completed_at: STARTED, output: { value: 1 } },
    b: {
      ...{ step_name: "b", ...skipped, type: "block", path: "1" },
      error_details: { ...details, step: "b", path: "1", attempts: 1 },
    },
    "b.w": {
      ...{ step_name: "b.w", ...skipped, type: "delay", path: "1/0/0", attempts: 2 },
      error_details: { ...details, step: "b.w", path: "1/0/0", attempts: 2 },
    },
  });
});

test("shows an output, an error and tags where there are some, and no field else", () => {
  const run = record("running", []);
  const given = { output: "null", errorDetails: '{"code":"c"}', tags: '["a"]' };
  expect(runText({ ...run, ...given })).toBe(
    `${runText(run).slice(0, -1)},"output":null,"error_details":{"code":"c"},"tags":["a"]}`,
  );
  expect(Object.keys(JSON.parse(runText(run)))).not.toContainAnyValues(["output", "error_details", "tags"]);
});

test("one that goes on shows them as running", () => {
  const { step_results } = JSON.parse(runText(record("running", asleep)));
  expect([step_results.b.status, step_results["b.w"].status]).toEqual(["running", "running"]);
});

test("those who are shown the same page in the same way share its text", () => {
  const page = { items: [1, 2], nextCursor: null, limit: 2 };
  const shown: string[] = [];
  const say = (word: string) => (item: number) => {
    shown.push(`${word} ${item}`);
    return `"${word} ${item}"`;
  };
  const [one, other] = [say("one"), say("other")];
  const texts = [one, other, one, other].map((how) => pageText(page, how));
  expect(texts[0]).toBe('{"items":["one 1","one 2"],"next_cursor":null,"limit":2}');
  expect(texts.slice(2)).toEqual(texts.slice(0, 2));
  expect(pageText({ ...page, limit: 3 }, one)).toEndWith('"limit":3}');
  expect(shown).toEqual(["one 1", "one 2", "other 1", "other 2", "one 1", "one 2"]);
});
