/** A step as one of its attempts left it. */
import { expect, test } from "bun:test";
import { asOf, attemptsOf, chosenOf } from "./attempts-of.ts";

const iso = (milliseconds: number) => new Date(milliseconds).toISOString();
const details = { code: "http", message: "", step: "a", path: "0", details: null, cause: null };
const failed = [
  {
    started_at: iso(0),
    status: 503,
    error: "first",
    error_details: { ...details, attempts: 1, at: iso(10) },
    next_at: iso(20),
  },
  { started_at: iso(25), error: "second", error_details: { ...details, attempts: 2, at: iso(40) }, next_at: iso(60) },
];
const step = {
  ...{ address: "a", path: "0", type: "webhook", status: "failed" as const, handled: true, attempts: 3 },
  ...{ started_at: iso(0), completed_at: iso(90), tried_at: iso(70), error: "third", output: { status_code: 402 } },
  ...{ error_details: { ...details, attempts: 3, at: iso(90) }, output_bytes: 19, input: { bytes: 2 } },
  ...{ failed_attempts: failed, last_attempt: { number: 3, started_at: iso(70), status: 402 } },
};

function chosen(choice: number | "last", of: Parameters<typeof asOf>[0] = step) {
  const attempt = chosenOf(attemptsOf(of, 100), choice);
  return attempt === null ? null : asOf(of, attempt);
}

test("of an earlier one the times, the error and the reply are its own, and no output is told", () => {
  expect(chosen(1)).toMatchObject({
    ...{ status: "failed", started_at: iso(0), completed_at: iso(10), error: "first", output: null, output_bytes: 0 },
    ...{ error_details: { attempts: 1, at: iso(10) }, last_attempt: { number: 1, started_at: iso(0), status: 503 } },
  });
  expect(chosen(1)).not.toHaveProperty("handled");
  expect(chosen(2)?.last_attempt).toEqual({ number: 2, started_at: iso(25) });
});

test("the last one is the end of the step, and began when it did", () => {
  for (const choice of [3, "last"] as const) expect(chosen(choice)).toEqual({ ...step, started_at: iso(70) });
});

test("there is none of a number that the step did not get to, or of one that has not begun", () => {
  expect(chosen(4)).toBeNull();
  expect(chosen("last", { ...step, started_at: null })).toBeNull();
});

test("while the next one is waited for, the last is the one that failed; once that is due, it is under way", () => {
  const { last_attempt: _, error_details: __, ...rest } = step;
  const waits = { ...rest, status: "running" as const, completed_at: null, error: null, handled: false, output: null };
  expect(chosen("last", { ...waits, attempts: 2, failed_attempts: [failed[0] ?? never()] })).toMatchObject({
    ...{ status: "running", error: null, started_at: iso(0) },
  });
  const later = { started_at: iso(25), error: "second", next_at: iso(200) };
  expect(chosen("last", { ...waits, attempts: 2, failed_attempts: [...failed.slice(0, 1), later] })).toMatchObject({
    ...{ status: "failed", error: "second", started_at: iso(25), completed_at: null },
  });
});

function never(): never {
  throw new Error("there is a first one");
}
