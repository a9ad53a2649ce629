/** What a row tells of a step where one of its attempts is chosen. */
import { expect, test } from "bun:test";
import { barsOfAttempt } from "../timeline/bars.ts";
import { toldOf } from "./told.ts";

const iso = (milliseconds: number) => new Date(milliseconds).toISOString();
const step = {
  ...{ address: "a", path: "0", type: "webhook", status: "success" as const, output_bytes: 0, error: null },
  ...{ started_at: iso(0), completed_at: iso(90), attempts: 3, tried_at: iso(70) },
};
const details = { code: "http", message: "", step: "a", path: "0", attempts: 1, details: null, cause: null };
const failed = [
  { started_at: iso(0), error: "first", error_details: { ...details, at: iso(10) }, next_at: iso(20) },
  { started_at: iso(25), error: "second", error_details: { ...details, at: iso(40) }, next_at: iso(60) },
];
const read = { value: failed, problem: null };

test("without a choice it is the step, with how many attempts it had", () =>
  expect(toldOf(step, read, null)).toMatchObject({ status: "success", started_at: iso(0), attempts: "3" }));

test("of one that failed it is when that began and ended, and its error", () =>
  expect(toldOf(step, read, 2)).toEqual({
    ...{ status: "failed", started_at: iso(25), completed_at: iso(40), error: "second", attempts: "2 of 3", number: 2 },
  }));

test("the last one ends as the step does, and is known without the others", () => {
  const last = { status: "success", started_at: iso(70), completed_at: iso(90), error: null, attempts: "3 of 3" };
  expect(toldOf(step, read, "last")).toEqual({ ...last, number: 3 });
  expect(toldOf(step, undefined, 3)).toEqual({ ...last, number: 3 });
});

test("while the next one is waited for, the last is the one that failed", () => {
  const waits = { ...step, status: "running" as const, attempts: 2, completed_at: null };
  expect(toldOf(waits, read, "last")).toMatchObject({ status: "failed", error: "second", attempts: "2 of 2" });
});

test("one that there was not, one that is read, and one that could not be are told apart, and have no bar", () => {
  const problem = { text: "out", code: "page", requestId: null, retryAfter: null, isOutage: false };
  const all = [toldOf(step, read, 4), toldOf(step, undefined, 1), toldOf(step, { value: null, problem }, 1)];
  expect(all.map(({ attempts }) => attempts)).toEqual([null, "reading…", "not read"]);
  for (const told of all) expect(barsOfAttempt(step, told, 100)).toEqual([]);
});

test("an attempt has one bar; of what is under way it goes on to now", () => {
  expect(barsOfAttempt(step, toldOf(step, read, 1), 100)).toEqual([
    { from: 0, to: 10, isAsleep: false, status: "failed", attempt: 1 },
  ]);
  const running = { ...step, status: "running" as const, completed_at: null };
  expect(barsOfAttempt(running, toldOf(running, read, 3), 100)).toMatchObject([{ from: 70, to: 100 }]);
});
